// @ts-check
// Photos of a mark: taken without a network, small and without metadata, seen by who may see the mark.
import { test, expect } from './support/test.mjs';
import { photograph } from './support/pages/photos.mjs';

const TITLE = 'Lygten ved vaskeriet';

/** @param {import('./support/app.mjs').App} app */
async function openMark(app) {
  await app.open('/map/list');
  await app.page.getByRole('link', { name: `Vis på kort: ${TITLE}` }).click();
  await expect(app.map.sheet(TITLE)).toBeVisible();
}

/** What a JPEG holds before its picture, as the second byte of each marker. @param {Buffer} jpeg */
function markers(jpeg) {
  const found = [];
  for (let at = 2; jpeg[at + 1] !== 0xda; at += 2 + jpeg.readUInt16BE(at + 2)) found.push(jpeg[at + 1]);
  return found;
}

test('a photo is taken without a network, upright, small and without where it was taken', async ({ server, app }) => {
  await app.mark(TITLE);
  await app.open('/map');
  await app.map.add.click();
  await expect(app.page.getByText('Billeder kan lægges på, når markeringen er gemt.')).toBeVisible();
  await app.page.goBack();
  await openMark(app);
  await server.kill();
  const jpeg = await photograph(app.page);
  expect(jpeg.includes('Exif')).toBe(true);
  await app.photos.add(jpeg, 'Lygten er slukket');
  await expect(app.message('Billedet er gemt')).toBeVisible();
  await expect(app.photos.tiles).toHaveCount(1);
  await expect(app.photos.tiles.first()).toContainText('Ikke sendt endnu');

  await app.photos.tiles.getByRole('button', { name: 'Vis billede 1 af 1: Lygten er slukket' }).click();
  await expect(app.photos.shown).toHaveAccessibleName('Lygten er slukket');
  const [width, height] = await app.photos.shown.evaluate((/** @type {HTMLImageElement} */ image) =>
    image.decode().then(() => [image.naturalWidth, image.naturalHeight]),
  );
  expect([width, height], 'turned and made small').toEqual([1200, 1600]);
  const kept = await app.photos.file();
  expect(kept.includes('Exif')).toBe(false);
  expect(markers(kept).filter((marker) => marker > 0xe0 && marker <= 0xef)).toEqual([]);
  await app.page.keyboard.press('Escape');
  await expect(app.photos.viewer).toBeHidden();
  await expect(app.map.sheet(TITLE), 'only the photo was closed').toBeVisible();
});

test('a photo that waits while its mark is sent stands on the page of what is not sent', async ({ app }) => {
  await app.page.context().route('**/api/v1/uploads', (route) => route.abort());
  await app.mark(TITLE);
  await app.photos.add(await photograph(app.page, 400, 300), 'Lygten er slukket');
  await app.goTo('Mere');
  await app.page.getByRole('link', { name: /^Opdatering/ }).click();
  const unsent = app.updates.section('Ikke sendt');
  await expect(unsent).toContainText('1 billede er ikke sendt endnu.');
  await expect(unsent.getByRole('listitem'), 'what was written is there').toHaveCount(0);
  await expect(unsent.getByRole('button', { name: 'Gem usendt til fil' })).toBeVisible();

  await app.page.context().unroute('**/api/v1/uploads');
  await app.page.getByRole('button', { name: 'Opdatér nu' }).click();
  await expect(unsent).toContainText('Alt, hvad du har skrevet, er sendt.');
});

test('five photos are looked through with the keyboard, one is deleted and comes back', async ({ app }) => {
  await app.mark(TITLE);
  const jpeg = await photograph(app.page, 400, 300);
  for (const number of [1, 2, 3, 4, 5]) await app.photos.add(jpeg, `Nummer ${number}`);
  await expect(app.photos.tiles).toHaveCount(5);
  await expect(app.photos.take).toHaveCount(0);
  await expect(app.page.getByText('der kan være 5')).toBeVisible();

  await app.photos.tiles.getByRole('button', { name: 'Vis billede 4 af 5: Nummer 4' }).click();
  await app.page.keyboard.press('ArrowRight');
  await expect(app.photos.shown).toHaveAccessibleName('Nummer 5');
  await expect(app.photos.viewer.getByRole('button', { name: 'Næste billede' })).toBeDisabled();
  await app.page.keyboard.press('ArrowLeft');
  await app.page.keyboard.press('ArrowLeft');
  await expect(app.photos.shown).toHaveAccessibleName('Nummer 3');
  await app.photos.viewer.getByRole('button', { name: 'Slet billedet' }).click();
  await expect(app.photos.tiles).toHaveCount(4);
  await app.undo();
  await expect(app.photos.tiles).toHaveCount(5);
});

test('a colleague sees the photo, a resident sees nothing of it', async ({ device }) => {
  const janitor = await device('staff');
  const desk = await device('coordinator');
  const resident = await device('resident');
  await janitor.mark(TITLE);
  await janitor.photos.add(await photograph(janitor.page, 400, 300), 'Lygten er slukket');

  await expect(desk.badge(/Opdateret/)).toBeVisible();
  await openMark(desk);
  await expect(desk.photos.tiles.getByRole('button', { name: 'Vis billede 1 af 1: Lygten er slukket' })).toBeVisible();
  await resident.open('/map/list');
  await expect(resident.mapList.count(/markeringer/)).toBeVisible();
  await expect(resident.page.getByText(TITLE)).toHaveCount(0);
  await resident.open('/map');
  await expect(resident.photos.take).toHaveCount(0);
});

test('what is no picture is refused in one line, and a CPR number is not kept', async ({ app }) => {
  await app.mark(TITLE);
  await app.photos.choose.setInputFiles({ name: 'brev.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('Kære alle') });
  await expect(app.message('Filen kan ikke bruges')).toBeVisible();
  await app.photos.take.setInputFiles({
    name: 'IMG_0001.JPG',
    mimeType: 'image/jpeg',
    buffer: await photograph(app.page, 400, 300),
  });
  await app.photos.describe.getByRole('textbox', { name: 'Hvad viser billedet?' }).fill('010203-1234');
  await expect(app.photos.describe.getByRole('button', { name: 'Gem', exact: true })).toBeDisabled();
});

test('a browser’s own EXIF is taken out too', async ({ app }) => {
  const jpeg = [...(await photograph(app.page, 40, 30))];
  const bare = await app.page.evaluate(async (bytes) => {
    const script = '/js/photo.js';
    return [...(await import(script)).bare(new Uint8Array(bytes))];
  }, jpeg);
  expect(markers(Buffer.from(jpeg))).toContain(0xe1);
  expect(markers(Buffer.from(bare))).not.toContain(0xe1);
  expect(bare.length).toBeGreaterThan(100);
});
