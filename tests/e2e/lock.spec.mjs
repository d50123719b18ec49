// @ts-check
// The PIN, and forgetting this device.
import { test, expect } from './support/test.mjs';

const PIN = '2468';

/** What the browser keeps of this app. @param {import('./support/app.mjs').App} app */
function kept(app) {
  return app.page.evaluate(async () => {
    const folders = [];
    // @ts-expect-error: TypeScript does not know that a folder can be listed.
    for await (const name of (await navigator.storage.getDirectory()).keys()) folders.push(name);
    const workers = await navigator.serviceWorker.getRegistrations();
    const local = Object.keys(localStorage);
    return { folders, caches: await caches.keys(), local, workers: workers.length };
  });
}

test('a PIN locks the screen, also after a reload, and 112 and 114 stay', async ({ app }) => {
  await app.open('/more/security');
  await expect(app.page.getByText('er ikke krypteret af Trygkort')).toBeVisible();
  await app.lock.choose(PIN);
  await app.goTo('Mere');
  await app.lock.now();
  await expect(app.page.getByText('Bøgeparken'), 'nothing of the area is on the page').toHaveCount(0);
  for (const number of ['112', '114']) {
    const call = app.page.getByRole('link', { name: `Ring ${number}` });
    await expect(call).toHaveAttribute('href', `tel:${number}`);
    await call.click();
    await expect(app.dialog(), 'a demo never dials').toContainText('Der blev ikke ringet op');
    await app.page.keyboard.press('Escape');
  }

  await app.open('/contacts');
  await expect(app.lock.heading).toBeVisible();
  await app.lock.unlock('1357');
  await expect(app.lock.says('Forkert PIN-kode. Du har 4 forsøg')).toBeVisible();
  await app.lock.unlock(PIN);
  await expect(app.contacts.count('25 kontakter'), 'the page that was asked for').toBeVisible();
});

test('the keyboard types it, and too many wrong ones must wait, also after a reload', async ({ app }) => {
  await app.open('/more/security');
  await app.lock.choose(PIN);
  await app.lock.now();
  await app.page.keyboard.type('246');
  await expect(app.lock.says('3 tal tastet')).toBeAttached();
  await app.page.keyboard.press('Enter');
  await expect(app.lock.says('En PIN-kode er på 4 til 8 tal.')).toBeVisible();
  await app.page.keyboard.press('Backspace');
  await app.page.keyboard.type('11');
  await app.page.keyboard.press('Enter');
  await expect(app.lock.says('Du har 4 forsøg')).toBeVisible();
  for (const left of ['3 forsøg', '2 forsøg', '1 forsøg', 'For mange forkerte forsøg']) {
    await app.page.keyboard.type('1111');
    await app.page.keyboard.press('Enter');
    await expect(app.lock.says(left)).toBeVisible();
  }
  await app.page.reload();
  await expect(app.page.getByRole('timer')).toContainText(/Prøv igen om \d+ sekund/);
  await expect(app.lock.open).toBeDisabled();
});

test('it locks by itself when nobody uses it', async ({ device }) => {
  const app = await device('staff');
  await app.page.clock.install();
  await app.open('/more/security');
  await app.lock.choose(PIN);
  const oneMinute = app.page.getByRole('radio', { name: '1 min', exact: true });
  // The message that the PIN was chosen stays for as long as the clock stands still, and covers no choice.
  const message = await app.message('PIN-koden er gemt').boundingBox();
  const page = await app.page.getByRole('main').boundingBox();
  expect(message && page && message.y >= page.y + page.height, 'it stands beside the page').toBe(true);
  await oneMinute.check({ force: true });
  await expect(oneMinute).toBeChecked();
  await app.page.clock.runFor(50_000);
  await app.page.mouse.click(5, 5);
  await app.page.clock.runFor(50_000);
  await expect(app.heading('Sikkerhed på enheden')).toBeVisible();
  await app.page.clock.runFor(15_000);
  await expect(app.lock.heading).toBeVisible();
  await app.lock.unlock(PIN);
  await expect(app.heading('Sikkerhed på enheden')).toBeVisible();
});

test('it locks by itself while others write and what was clicked is drawn anew', async ({ device }) => {
  const desk = await device('coordinator');
  const janitor = await device('staff');
  await desk.page.clock.install();
  await desk.open('/more/security');
  await desk.lock.choose(PIN);
  await desk.page.getByRole('radio', { name: '1 min', exact: true }).check({ force: true });
  await desk.open('/contacts');
  const reported = desk.page.getByText('Nummer meldt som forkert');
  // The last that a person does here.
  await desk.contacts.count('25 kontakter').click();
  await janitor.goTo('Kontakter');
  await janitor.contacts.row('Driftsvagten').click();
  await janitor.page.getByRole('button', { name: 'Nummeret virker ikke' }).click();
  await expect(reported).toBeVisible();
  // What a redraw does to the selection that a click left behind.
  const select = (/** @type {number} */ at) =>
    desk.page.evaluate((at) => getSelection()?.collapse(document.querySelector('main'), at), at);
  await select(0);
  await desk.page.clock.runFor(40_000);
  await expect(desk.lock.heading).toHaveCount(0);
  await janitor.undo();
  await expect(reported).toHaveCount(0);
  await select(1);
  await desk.page.clock.runFor(25_000);
  await expect(desk.lock.heading).toBeVisible();
});

test('the PIN is changed and taken away by who knows it', async ({ app }) => {
  await app.open('/more/security');
  await app.lock.choose(PIN);
  const field = (/** @type {string} */ name) => app.page.getByRole('textbox', { name, exact: true });
  await app.page.getByRole('button', { name: 'Skift PIN-kode' }).click();
  await field('Nuværende PIN-kode').fill('1111');
  await field('Ny PIN-kode').fill('135790');
  await field('Gentag den nye PIN-kode').fill('135791');
  await app.page.getByRole('button', { name: 'Gem PIN-kode' }).click();
  await expect(app.page.getByText('De to er ikke ens.')).toBeVisible();
  await field('Gentag den nye PIN-kode').fill('135790');
  await app.page.getByRole('button', { name: 'Gem PIN-kode' }).click();
  await expect(app.page.getByText('Forkert PIN-kode. Du har 4 forsøg')).toBeVisible();
  await field('Nuværende PIN-kode').fill(PIN);
  await app.page.getByRole('button', { name: 'Gem PIN-kode' }).click();
  await expect(app.message('PIN-koden er gemt')).toBeVisible();
  await app.page.getByRole('button', { name: 'Fjern PIN-koden' }).click();
  await field('Nuværende PIN-kode').fill('135790');
  await app.dialog().getByRole('button', { name: 'Fjern PIN-koden' }).click();
  await expect(app.page.getByRole('button', { name: 'Vælg en PIN-kode' })).toBeVisible();
});

test('a PIN that is easy to guess is said to be, and taken', async ({ app }) => {
  await app.open('/more/security');
  await app.page.getByRole('button', { name: 'Vælg en PIN-kode' }).click();
  const field = app.page.getByRole('textbox', { name: 'Ny PIN-kode', exact: true });
  const warning = app.dialog().getByText('Koden er let at gætte.');
  await field.fill('1234');
  await expect(warning).toBeVisible();
  await field.fill(PIN);
  await expect(warning).toHaveCount(0);
  await app.page.keyboard.press('Escape');
  await app.lock.choose('1111');
});

test('another tab of the same browser is locked too', async ({ app }) => {
  await app.open('/more/security');
  await app.lock.choose(PIN);
  const other = await app.newTab();
  await other.open('/card');
  await other.page.getByRole('button', { name: 'Brug her' }).click();
  await expect(other.card.tiles).toHaveCount(6);
  await other.goTo('Mere');
  await other.lock.now();
  await app.page.getByRole('button', { name: 'Brug her' }).click();
  await expect(app.lock.heading).toBeVisible();
});

test('a forgotten device keeps nothing, and the server locks it out', async ({ app, device }) => {
  await app.keptForOffline();
  await app.open('/more/security');
  await app.page.getByRole('button', { name: 'Glem denne enhed' }).click();
  await expect(app.dialog()).toContainText('Alt, hvad du har skrevet, er sendt.');
  await app.dialog().getByRole('button', { name: 'Glem enheden' }).click();
  await expect(app.heading('Enheden er glemt')).toBeVisible();
  await expect(app.page.getByText('Serveren har lukket enheden ude.')).toBeVisible();
  await expect.poll(() => kept(app)).toEqual({ folders: [], caches: [], local: [], workers: 0 });
  await app.page.getByRole('button', { name: 'Begynd forfra' }).click();
  await expect(app.heading('Velkommen til Trygkort')).toBeVisible();
});

test('who forgot the PIN hears what is lost, and forgets the device without a network', async ({ server, app }) => {
  await app.open('/more/security');
  await app.lock.choose(PIN);
  await server.kill();
  await app.goTo('Actioncard');
  await app.card.tile('Hærværk').click();
  const contact = app.problem.contact('Ejendomskontoret');
  await contact.getByRole('button', { name: 'Nummeret virker ikke', exact: true }).click();
  await expect(app.badge(/1 ikke sendt/)).toBeVisible();
  await app.goTo('Mere');
  await app.lock.now();
  await app.page.reload();
  await app.lock.forgot.click();
  await expect(app.dialog()).toContainText('Ingen kan finde en glemt PIN-kode frem.');
  await expect(app.dialog()).toContainText('1 ændring er ikke sendt og går tabt.');
  await expect(app.dialog().getByRole('button', { name: 'Gem usendt til fil' }), 'it is locked').toHaveCount(0);
  await app.dialog().getByRole('button', { name: 'Glem enheden' }).click();
  await expect(app.page.getByText('Serveren fik ikke besked.')).toBeVisible();
  await expect.poll(() => kept(app)).toEqual({ folders: [], caches: [], local: [], workers: 0 });
});

test('another tab forgets as well, and shows nothing of what was there', async ({ app }) => {
  await app.goTo('Kontakter');
  await expect(app.page.getByText('Ejendomskontoret').first()).toBeVisible();
  const other = await app.newTab();
  await other.open('/more/security');
  await other.page.getByRole('button', { name: 'Brug her' }).click();
  await other.page.getByRole('button', { name: 'Glem denne enhed' }).click();
  await other.dialog().getByRole('button', { name: 'Glem enheden' }).click();
  await expect(other.heading('Enheden er glemt')).toBeVisible();
  await app.page.bringToFront();
  await expect(app.heading('Velkommen til Trygkort')).toBeVisible();
  await expect(app.page.getByText('Ejendomskontoret')).toHaveCount(0);
});

test('what is not sent can be saved to a file before the device is forgotten', async ({ server, app }) => {
  await app.keptForOffline();
  await server.kill();
  await app.card.tile('Hærværk').click();
  const contact = app.problem.contact('Ejendomskontoret');
  await contact.getByRole('button', { name: 'Nummeret virker ikke', exact: true }).click();
  await expect(app.badge(/1 ikke sendt/)).toBeVisible();
  await app.open('/more/security');
  await app.page.getByRole('button', { name: 'Glem denne enhed' }).click();
  const saved = app.page.waitForEvent('download');
  await app.dialog().getByRole('button', { name: 'Gem usendt til fil' }).click();
  expect((await saved).suggestedFilename()).toBe('usendt.trygkort');
  await expect(app.dialog()).toContainText('Lad en anden enhed sende filen først');
});
