// @ts-check
// *Opdatering* and *Historik*: who did what, before and after, and what to do where two disagree.
import { test, expect } from './support/test.mjs';
import { readFile } from 'node:fs/promises';

/** Opens a contact's form, changes the remark and saves. @param {import('./support/app.mjs').App} app @param {string} note */
async function writeNote(app, note, name = 'Ejendomskontoret') {
  await app.goTo('Kontakter');
  await app.contacts.row(name).click();
  await app.contact.edit.click();
  await app.contactForm.note.fill(note);
  await app.contactForm.save.click();
  await expect(app.page.getByText(note, { exact: true })).toBeVisible();
}

test('a contact has a history, and what stood there before is put back', async ({ device }) => {
  const office = await device('coordinator');
  const desk = await device('coordinator');
  await writeNote(office, 'Ring på døren');
  await writeNote(office, 'Brug bagdøren');

  await desk.goTo('Kontakter');
  await desk.contacts.row('Ejendomskontoret').click();
  await expect(desk.page.getByText('Brug bagdøren', { exact: true })).toBeVisible();
  await desk.page.getByRole('link', { name: 'Historik' }).click();
  await expect(desk.heading('Historik: Ejendomskontoret')).toBeVisible();
  const newest = desk.history.changes.first();
  await expect(newest).toContainText('Kontakt rettet');
  await expect(newest).toContainText('Mona');
  await expect(newest.locator('del')).toHaveText('Ring på døren');
  await expect(newest.locator('ins')).toHaveText('Brug bagdøren');
  await newest.getByRole('button', { name: /^Gendan/ }).click();
  await expect(desk.message('Det, der stod før, er gendannet.')).toBeVisible();
  await expect(desk.history.changes.first().locator('ins')).toHaveText('Ring på døren');

  await expect(office.page.getByText('Ring på døren', { exact: true })).toBeVisible();
  await desk.undo();
  await expect(office.page.getByText('Brug bagdøren', { exact: true })).toBeVisible();
});

test('a deleted contact is restored long after the message about it is gone', async ({ device }) => {
  const desk = await device('coordinator');
  const janitor = await device('staff');
  await desk.goTo('Kontakter');
  await desk.contacts.row('Driftsvagten').click();
  await expect(desk.page.getByRole('button', { name: 'Slet' })).toBeVisible();
  const address = new URL(desk.page.url()).pathname;
  await desk.page.getByRole('button', { name: 'Slet' }).click();
  await expect(desk.message('Driftsvagten er slettet.')).toBeVisible();

  await desk.open('/more/updates');
  const deleted = desk.updates.section('Sendt og modtaget').getByRole('listitem').first();
  await expect(deleted).toContainText('Kontakt slettet');
  await deleted.getByRole('link', { name: 'Driftsvagten' }).click();
  await expect(desk.heading('Historik: Driftsvagten')).toBeVisible();

  await desk.open(address);
  await expect(desk.page.getByText('Det findes ikke længere på denne enhed.')).toBeVisible();
  await desk.page.getByRole('main').getByRole('link', { name: 'Historik' }).click();
  await expect(desk.history.changes.first()).toContainText('Kontakt slettet');
  await desk.history.changes.first().getByRole('button', { name: /^Gendan/ }).click();
  await expect(desk.message('Det, der stod før, er gendannet.')).toBeVisible();
  await janitor.open(address);
  await expect(janitor.heading('Driftsvagten')).toBeVisible();
});

test('a deleted mark leads from its address to its history', async ({ device }) => {
  const desk = await device('coordinator');
  await desk.mark('Stien bag skolen');
  const address = desk.page.url();
  await desk.map.sheet('Stien bag skolen').getByRole('button', { name: 'Slet' }).click();
  await expect(desk.message('er slettet')).toBeVisible();
  await desk.page.goto(address);
  await expect(desk.page.getByText('Det findes ikke længere på denne enhed.')).toBeVisible();
  await desk.page.getByRole('link', { name: 'Historik' }).click();
  await desk.history.changes.first().getByRole('button', { name: /^Gendan/ }).click();
  await expect(desk.message('Det, der stod før, er gendannet.')).toBeVisible();
  await desk.page.goto(address);
  await expect(desk.map.sheet('Stien bag skolen')).toBeVisible();
});

test('opening hours in a history read as people say them', async ({ device }) => {
  const desk = await device('coordinator');
  await desk.goTo('Kontakter');
  await desk.contacts.row('Driftsvagten').click();
  await desk.page.getByRole('link', { name: 'Historik' }).click();
  const made = desk.history.changes.last();
  await expect(made).toContainText('mandag–fredag 15.00–24.00, 0.00–7.00; lørdag, søndag hele døgnet');
  await expect(made).toContainText('helligdage hele døgnet');
  await expect(made).not.toContainText('Mo-Fr');
});

test('marks and cells of the card have a history too', async ({ device }) => {
  const desk = await device('coordinator');
  await desk.open('/card/table');
  await desk.page.getByRole('link', { name: 'Historik', exact: true }).first().click();
  await expect(desk.history.changes.first()).toContainText(/Actioncard|Problem/);
  await expect(desk.history.changes.filter({ hasText: 'Sat på Actioncard' }).first()).toBeVisible();

  await desk.open('/map/list');
  await desk.page.locator('a[href^="/map?pin="]').filter({ visible: true }).first().click();
  await desk.page.getByRole('link', { name: 'Historik' }).click();
  await expect(desk.history.changes.last()).toContainText('Markering tilføjet');
});

test('whoever reads a problem reads who was put on it, and comes back to it', async ({ device }) => {
  const desk = await device('coordinator');
  const janitor = await device('staff');
  await janitor.card.tile('Dårlig belysning').click();
  await expect(janitor.heading('Dårlig belysning')).toBeVisible();
  const problem = new URL(janitor.page.url()).pathname;
  await desk.open('/card/table');
  await desk.table.showWhole();
  await desk.table.cell('Helhedsplanen', 'Dårlig belysning').check({ force: true });
  await expect(janitor.problem.contact('Helhedsplanen')).toBeVisible();

  await janitor.page.getByRole('link', { name: 'Historik' }).click();
  await expect(janitor.heading('Historik: Dårlig belysning')).toBeVisible();
  await expect(janitor.history.changes.first()).toContainText('Sat på Actioncard');
  await expect(janitor.history.changes.first()).toContainText('Mona');
  await expect(janitor.history.back).toHaveAttribute('href', problem);

  await janitor.open('/more/updates');
  const ticked = janitor.updates.section('Sendt og modtaget').getByRole('listitem').first();
  await ticked.getByRole('link', { name: 'Helhedsplanen · Dårlig belysning' }).click();
  await expect(janitor.history.changes).toHaveCount(1);
  await expect(janitor.history.back, 'from one cell too').toHaveAttribute('href', problem);
});

test('what is not sent, what came and what is disputed stand on one page', async ({ device }) => {
  const office = await device('coordinator');
  const desk = await device('coordinator');
  const resident = await device('resident');
  await office.keptForOffline();
  await office.setOffline(true);
  await writeNote(office, 'Ring på døren');
  await office.goTo('Mere');
  await office.page.getByRole('link', { name: /^Opdatering/ }).click();
  await expect(office.heading('Opdatering')).toBeVisible();
  const unsent = office.updates.section('Ikke sendt');
  await expect(unsent.getByRole('listitem')).toHaveCount(1);
  await expect(unsent).toContainText('Ring på døren');

  await writeNote(desk, 'Brug bagdøren');
  await office.setOffline(false);
  const dispute = office.updates.section('Kræver et blik').getByRole('listitem');
  await expect(dispute).toHaveCount(1, { timeout: 30_000 });
  await expect(unsent).toContainText('Alt, hvad du har skrevet, er sendt.');
  await expect(office.badge(/1 ting kræver et blik/), 'said wherever they are').toBeVisible();
  await expect(dispute).toContainText('Du skrev');
  await expect(dispute).toContainText('Der står nu');
  await dispute.getByRole('link', { name: 'Ejendomskontoret' }).click();
  await expect(office.contact.edit, 'what it is about is a tap away').toBeVisible();
  await office.page.goBack();
  const came = office.updates.section('Sendt og modtaget');
  await expect(came).toContainText('Brug bagdøren');

  await resident.open('/more/updates');
  await expect(resident.updates.section('Sendt og modtaget')).toContainText('Brug bagdøren');
  await expect(resident.updates.section('Kræver et blik'), 'a resident cannot settle it').toHaveCount(0);

  await dispute.getByRole('button', { name: /^Gendan/ }).click();
  await expect(office.updates.section('Kræver et blik')).toHaveCount(0);
  await expect(desk.page.getByText('Ring på døren', { exact: true }).first()).toBeVisible();
});

test('an edit stands beside the deletion that it met, and the history says who decided', async ({ device }) => {
  const office = await device('coordinator');
  const desk = await device('coordinator');
  await office.keptForOffline();
  await office.setOffline(true);
  await writeNote(office, 'Ring på døren', 'Driftsvagten');
  const address = new URL(office.page.url()).pathname;
  await desk.open(address);
  await desk.page.getByRole('button', { name: 'Slet' }).click();
  await expect(desk.message('Driftsvagten er slettet.')).toBeVisible();
  await office.setOffline(false);

  await desk.open('/more/updates');
  const dispute = desk.updates.section('Kræver et blik').getByRole('listitem');
  await expect(dispute).toHaveCount(1, { timeout: 30_000 });
  await expect(dispute.locator('.sides__side').first()).toContainText(/skrev.*Ring på døren/);
  await expect(dispute.locator('.sides__side').last()).toContainText('Slettet af dig');
  await expect(dispute.getByRole('button', { name: /^Gendan Driftsvagten med det/ })).toBeVisible();
  await dispute.getByRole('button', { name: 'Behold slettet' }).click();
  await expect(desk.message('Det er stadig slettet.')).toBeVisible();
  await expect(desk.updates.section('Kræver et blik')).toHaveCount(0);
  const kept = desk.updates.section('Sendt og modtaget').getByRole('listitem').first();
  await expect(kept).toContainText('Det forblev slettet.');
  await kept.getByRole('link', { name: 'Driftsvagten' }).click();
  await expect(desk.history.changes.first()).toContainText('Det forblev slettet.');
  await expect(desk.history.changes.first()).toContainText('Du ·');
});

test('what one device cannot send, another sends for it', async ({ device }) => {
  const phone = await device('coordinator');
  const desk = await device('coordinator');
  await phone.keptForOffline();
  await phone.setOffline(true);
  await writeNote(phone, 'Skrevet uden net');
  await phone.goTo('Mere');
  await phone.page.getByRole('link', { name: /^Opdatering/ }).click();
  const saving = phone.page.waitForEvent('download');
  await phone.page.getByRole('button', { name: 'Gem usendt til fil' }).click();
  const file = await saving;
  expect(file.suggestedFilename()).toBe('usendt.trygkort');

  await desk.open('/more/updates');
  await desk.page.locator('summary', { hasText: 'Send en fil for en anden' }).click();
  const handOver = async () => desk.page.locator('input[type="file"]').setInputFiles({
    name: 'usendt.trygkort',
    mimeType: 'application/vnd.trygkort.unsent+cbor',
    buffer: await readFile(await file.path()),
  });
  await handOver();
  await expect(desk.message('1 ændring fra filen er hos serveren.')).toBeVisible();
  await expect(desk.updates.section('Sendt og modtaget')).toContainText('Skrevet uden net');
  const first = await desk.page.locator('.toast').elementHandle();
  await handOver();
  await first?.waitForElementState('hidden');
  await expect(desk.message('1 ændring fra filen er hos serveren.'), 'said once, though it came twice').toHaveCount(1);
});
