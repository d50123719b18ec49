// @ts-check
// Several devices: what one writes the others have, and nobody presses anything.
import { test, expect } from './support/test.mjs';

test('a number corrected on one profile is on the other, which nobody touched', async ({ device }) => {
  const janitor = await device('staff');
  const desk = await device('coordinator');
  await janitor.card.tile('Hærværk').click();
  const office = janitor.problem.contact('Ejendomskontoret');
  await expect(office.getByRole('link', { name: 'Ring 32 57 10 00' })).toBeVisible();

  await desk.goTo('Kontakter');
  await desk.contacts.row('Ejendomskontoret').click();
  await desk.contact.edit.click();
  await desk.contactForm.number(0).fill('32 57 19 99');
  await desk.contactForm.save.click();
  await expect(desk.contact.call('32 57 19 99')).toBeVisible();

  await expect(office.getByRole('link', { name: 'Ring 32 57 19 99' })).toHaveAttribute('href', 'tel:+4532571999');
  await expect(office.getByRole('link', { name: 'Ring 32 57 10 00' })).toHaveCount(0);

  await desk.undo();
  await expect(office.getByRole('link', { name: 'Ring 32 57 10 00' })).toBeVisible();
});

test('what is long goes packed, and arrives as it was written', async ({ device }) => {
  const desk = await device('coordinator');
  const janitor = await device('staff');
  /** @type {(string | undefined)[]} */
  const packed = [];
  desk.page.context().on('request', (request) => {
    if (request.url().endsWith('/api/v1/sync')) packed.push(request.headers()['content-encoding']);
  });
  const note = 'Ring først til vagten, når porten er låst efter lukketid. '.repeat(10).trim();
  await desk.goTo('Kontakter');
  await desk.contacts.row('Driftsvagten').click();
  await desk.contact.edit.click();
  await desk.contactForm.note.fill(note);
  await desk.contactForm.save.click();

  await janitor.goTo('Kontakter');
  await janitor.contacts.row('Driftsvagten').click();
  await expect(janitor.page.getByText(note)).toBeVisible();
  expect(packed).toContain('deflate');
});

test('a number that does not work is told to the coordinator, who says that it works again', async ({ device }) => {
  const janitor = await device('staff');
  const desk = await device('coordinator');
  await desk.goTo('Kontakter');
  await expect(desk.contacts.count('25 kontakter')).toBeVisible();
  await janitor.goTo('Kontakter');
  await janitor.contacts.row('Driftsvagten').click();
  await janitor.page.getByRole('button', { name: 'Nummeret virker ikke' }).click();
  await expect(janitor.message('Koordinatoren får besked om, at nummeret ikke virker.')).toBeVisible();

  await expect(desk.page.getByText('Nummer meldt som forkert')).toBeVisible();
  await desk.contacts.row('Driftsvagten').click();
  await expect(desk.page.getByText(/^Meldt som forkert/)).toBeVisible();
  await desk.page.getByRole('button', { name: 'Nummeret virker igen' }).click();
  await expect(desk.page.getByText(/^Meldt som forkert/)).toHaveCount(0);
  await expect(janitor.page.getByText(/^Meldt som forkert/)).toHaveCount(0);
});

test('a coordinator invites a colleague on the screen', async ({ device }) => {
  const desk = await device('coordinator');
  await desk.open('/more/invite');
  await desk.settings.choose('Rolle', 'Fagperson');
  await desk.page.getByRole('button', { name: 'Lav invitation' }).click();
  await expect(desk.page.getByRole('img', { name: 'QR-kode med linket' })).toBeVisible();
  const link = /http:\/\/\S+\/i#\w+/.exec(await desk.page.getByRole('main').innerText())?.[0];
  expect(link).toBeDefined();

  const colleague = await device(null);
  await colleague.join(String(link));
  await colleague.goTo('Mere');
  await expect(colleague.page.getByText('Du er fagperson')).toBeVisible();
});

test('my other device is handed the area, and locked out when it is gone', async ({ device }) => {
  const phone = await device('staff');
  await phone.open('/more/devices');
  await phone.page.getByRole('button', { name: 'Tilføj min anden enhed' }).click();
  await expect(phone.page.getByRole('img', { name: 'QR-kode med linket' })).toBeVisible();
  const link = /http:\/\/\S+\/i#\w+/.exec(await phone.page.getByRole('main').innerText())?.[0];

  const tablet = await device(null);
  await tablet.page.goto(String(link));
  await tablet.page.getByRole('button', { name: 'Åbn området' }).click();
  await tablet.page.getByRole('link', { name: 'Til Actioncard' }).click();
  await expect(tablet.card.tiles).toHaveCount(6);

  await phone.open('/more/devices');
  const devices = phone.page.getByRole('listitem').filter({ has: phone.page.getByRole('button', { name: /^Luk ude/ }) });
  await expect(devices).toHaveCount(2);
  const other = devices.filter({ hasNotText: 'Denne enhed' });
  await other.getByRole('button', { name: /^Luk ude/ }).click();
  await phone.dialog().getByRole('button', { name: /^Luk ude/ }).click();
  await expect(devices).toHaveCount(1);

  await tablet.open('/more/updates');
  await expect(tablet.page.getByText('Enheden er låst ude af området.')).toBeVisible();
  await tablet.goTo('Actioncard');
  await expect(tablet.card.tiles, 'a device that was locked out keeps nothing').toHaveCount(0);
});
