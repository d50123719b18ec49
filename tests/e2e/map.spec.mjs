// @ts-check
// The area map, and the same things as a list.
import { test, expect } from './support/test.mjs';

/** Taps or clicks, as the device does. @param {import('./support/app.mjs').App} app @param {{x: number, y: number}} at */
async function touch(app, at) {
  const phone = await app.page.evaluate(() => matchMedia('(pointer: coarse)').matches);
  if (phone) await app.page.touchscreen.tap(at.x, at.y);
  else await app.page.mouse.click(at.x, at.y);
}

test('tapping a star on the map opens what was said about it', async ({ app }) => {
  await app.goTo('Områdekort');
  await app.map.show('Udfordringer');
  const star = await app.map.findPin('star');
  await touch(app, star);
  await expect(app.page).toHaveURL(/\/map\?.*pin=/);
  const pressed = app.map.inView.getByRole('button', { pressed: true });
  const title = (await pressed.innerText()).trim();
  await expect(app.map.sheet(title)).toContainText(/Sted|Social udfordring|Gruppe eller miljø/);
  await app.map.sheet(title).getByRole('button', { name: 'Luk' }).click();
  await expect(app.map.sheet(title)).toHaveCount(0);
});

test('the pins are reached and read with the keyboard alone', async ({ app }) => {
  await app.goTo('Områdekort');
  const pin = app.map.inView.getByRole('button', { name: 'Ressource: Bøgeskolen, Institution' });
  await pin.focus();
  await app.page.keyboard.press('Enter');
  const sheet = app.map.sheet('Bøgeskolen');
  await expect(sheet.getByRole('heading', { name: 'Bøgeskolen' })).toBeFocused();
  await expect(sheet).toContainText('Skolen låner lokaler ud om aftenen');
  await app.page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
});

test('the list has what the map has, with the same filter', async ({ app }) => {
  await app.goTo('Områdekort');
  await expect(app.map.pins).toHaveCount(32);
  for (const [kind, words, count] of /** @type {const} */ ([
    ['Udfordringer', /^12 af 32 markeringer$/, 12],
    ['Ressourcer', /^20 af 32 markeringer$/, 20],
    ['Alle', /^32 markeringer$/, 32],
  ])) {
    await app.map.show(kind);
    await expect(app.map.pins).toHaveCount(count);
    const onTheMap = await app.map.titles();
    await app.map.asList.click();
    await expect(app.mapList.count(words)).toBeVisible();
    expect(await app.mapList.titles()).toEqual(onTheMap);
    await expect(app.page.getByRole('radio', { name: kind, exact: true })).toBeChecked();
    await app.mapList.asMap.click();
    await expect(app.map.canvas).toBeVisible();
  }
});

test('categories are filtered in the list and on the map alike', async ({ app }) => {
  await app.open('/map/list');
  await app.page.getByRole('button', { name: 'Kategorier' }).click();
  await app.page.getByRole('checkbox', { name: 'Ildsjæl' }).check({ force: true });
  await app.page.keyboard.press('Escape');
  await expect(app.mapList.count(/ af 32 markeringer$/)).toBeVisible();
  const inTheList = await app.mapList.titles();
  expect(inTheList).toContain('Birgit og gåholdet');
  await app.mapList.asMap.click();
  await expect(app.map.pins).toHaveCount(inTheList.length);
  expect(await app.map.titles()).toEqual(inTheList);
});

test('from the list to the place on the map', async ({ app }) => {
  await app.open('/map/list');
  await app.page.getByRole('link', { name: 'Vis på kort: Stien bag skolen' }).click();
  await expect(app.map.sheet('Stien bag skolen')).toContainText('Mørkt efter kl. 17');
});

test('a mark is added, is on the coordinator’s map, and is taken back', async ({ device }) => {
  const janitor = await device('staff');
  const desk = await device('coordinator');
  await desk.open('/map/list');
  await expect(desk.mapList.count('35 markeringer')).toBeVisible();

  await janitor.goTo('Områdekort');
  await janitor.map.add.click();
  await expect(janitor.heading('Ny markering')).toBeVisible();
  await janitor.pinForm.category('Sted');
  await janitor.pinForm.title.fill('Lygten ved vaskeriet');
  await janitor.pinForm.note.fill('Slukket siden mandag');
  // The place is the middle of what the map showed.
  await expect(janitor.page.getByText('Stedet er valgt.')).toBeVisible();
  await janitor.pinForm.save.click();
  await expect(janitor.message('Markeringen »Lygten ved vaskeriet« er gemt')).toBeVisible();

  await expect(desk.mapList.count('36 markeringer')).toBeVisible();
  await expect(desk.mapList.items.filter({ hasText: 'Lygten ved vaskeriet' })).toContainText('Slukket siden mandag');
  await janitor.undo();
  await expect(desk.mapList.count('35 markeringer')).toBeVisible();
});

test('a mark needs a title and a place, and stops at a CPR number', async ({ app }) => {
  await app.open('/map/edit/new');
  await app.pinForm.category('Sted');
  await app.pinForm.save.click();
  await expect(app.page.getByText('Skriv en titel.')).toBeVisible();
  await app.pinForm.title.fill('Døren 010203-1234');
  await expect(app.page.getByText('Det ligner et CPR-nummer')).toBeVisible();
});

test('pressing long on the map begins a mark there', async ({ app }) => {
  await app.goTo('Områdekort');
  await expect(app.map.pins).toHaveCount(32);
  const box = await app.map.canvas.boundingBox();
  if (!box) throw new Error('no map');
  await app.page.mouse.click(box.x + box.width / 2, box.y + box.height - 180, { button: 'right' });
  await expect(app.heading('Ny markering')).toBeVisible();
  await expect(app.page.getByText('Stedet er valgt.')).toBeVisible();
});

test('without WebGL there is the list, and a sentence why', async ({ app }) => {
  await app.page.addInitScript(() => {
    for (const canvas of [HTMLCanvasElement, OffscreenCanvas]) {
      const get = canvas.prototype.getContext;
      /** @param {any} kind @param {any[]} rest */
      canvas.prototype.getContext = function (kind, ...rest) {
        return String(kind).startsWith('webgl') ? null : get.call(/** @type {any} */ (this), kind, ...rest);
      };
    }
  });
  await app.open('/map');
  await expect(app.page.getByText('Denne browser kan ikke tegne Områdekort')).toBeVisible();
  await expect(app.mapList.items).toHaveCount(32);
});

test('my position is shown where the device has it', async ({ app }) => {
  await app.page.context().grantPermissions(['geolocation']);
  await app.page.context().setGeolocation({ latitude: 55.638, longitude: 12.165, accuracy: 20 });
  await app.goTo('Områdekort');
  await expect(app.map.pins).toHaveCount(32);
  await app.page.getByRole('button', { name: 'Min position' }).click();
  await expect.poll(() => app.map.pins.count(), { message: 'the map has come closer' }).toBeLessThan(32);
});

test('a position far away says so and leaves the map where it is', async ({ app }) => {
  await app.page.context().grantPermissions(['geolocation']);
  await app.page.context().setGeolocation({ latitude: 56.5, longitude: 10, accuracy: 20 });
  await app.goTo('Områdekort');
  await expect(app.map.pins).toHaveCount(32);
  await app.page.getByRole('button', { name: 'Min position' }).click();
  await expect(app.page.getByText('Du er uden for området lige nu.')).toBeVisible();
  await expect(app.map.pins).toHaveCount(32);
});
