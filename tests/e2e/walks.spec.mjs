// @ts-check
// A safety walk: those who are on it see what the others mark, nobody else does, and it ends.
import { test, expect } from './support/test.mjs';

const TITLE = 'Mørkt ved cykelskuret';

/** A walk and the link to it, made on the screen. @param {import('./support/app.mjs').App} desk */
async function invite(desk) {
  await desk.open('/more/invite');
  await desk.settings.choose('Rolle', 'Deltager');
  await desk.page.getByRole('textbox', { name: 'Vandringens navn' }).fill('Aftentur i november');
  await desk.page.getByRole('button', { name: 'Lav invitation' }).click();
  await expect(desk.page.getByRole('img', { name: 'QR-kode med linket' })).toBeVisible();
  const link = /http:\/\/\S+\/i#\w+/.exec(await desk.page.getByRole('main').innerText())?.[0];
  expect(link).toBeDefined();
  return String(link);
}

/** @param {import('./support/app.mjs').App} app */
async function marks(app) {
  await app.open('/map/list');
  await expect(app.mapList.count(/marker/)).toBeVisible();
  return app.page.getByRole('heading', { level: 2, name: TITLE });
}

test('what is marked on a walk is for those on it, and for the coordinator when it is over', async ({
  device,
  server,
}) => {
  const desk = await device('coordinator');
  const link = await invite(desk);
  const [guest, other] = [await device(null), await device(null)];
  await guest.join(link, 'Amina');
  await other.join(link, 'Bo');
  const janitor = await device('staff');

  await guest.mark(TITLE);
  await expect(guest.page.getByText('Kun for jer på Aftentur i november')).toBeVisible();
  await expect(await marks(other)).toBeVisible();
  await expect(await marks(desk)).toBeVisible();
  await expect(await marks(janitor)).toHaveCount(0);
  // A colleague who opens the link comes along, and stays who they are.
  await janitor.join(link);
  await expect(await marks(janitor)).toBeVisible();

  await server.endWalk();
  await other.page.reload();
  await expect(other.page.getByText(TITLE)).toHaveCount(0);
  await janitor.page.reload();
  await expect(janitor.page.getByText(TITLE)).toHaveCount(0);
  await expect(await marks(desk)).toBeVisible();
});
