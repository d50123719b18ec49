// @ts-check
// Writing: nothing is lost, nothing is kept that must not be, and everything can be taken back.
import { test, expect } from './support/test.mjs';

/** Opens the form of the office. @param {import('./support/app.mjs').App} app */
async function officeForm(app) {
  await app.goTo('Kontakter');
  await app.contacts.row('Ejendomskontoret').click();
  await app.contact.edit.click();
  await expect(app.contactForm.name).toHaveValue('Ejendomskontoret');
}

test('a CPR number is stopped before it is drafted or saved', async ({ device }) => {
  const app = await device('coordinator');
  await officeForm(app);
  await app.contactForm.role.fill('Drift og vagt');
  await expect(async () => {
    // The draft of what is harmless is kept first, so that what follows would overwrite it.
    expect(await draftsOf(app)).toContain('Drift og vagt');
  }).toPass();
  await app.contactForm.note.fill('Spørg efter 010203-1234');
  await expect(app.contactForm.personalNumber).toBeVisible();
  await expect(app.contactForm.note).toHaveAttribute('aria-invalid', 'true');
  await app.contactForm.save.click({ force: true });
  await expect(app.heading('Ret kontakt')).toBeVisible();

  await app.page.reload();
  await expect(app.contactForm.draft).toBeVisible();
  await expect(app.contactForm.role).toHaveValue('Drift og vagt');
  expect(await app.contactForm.note.inputValue(), 'not even the draft has it').not.toContain('1234');

  await app.contactForm.note.fill('Spørg efter 010203-1234');
  await expect(app.contactForm.personalNumber).toBeVisible();
  await app.contactForm.note.fill('Spørg efter vagten');
  await expect(app.contactForm.personalNumber).toHaveCount(0);
  await app.contactForm.save.click();
  await expect(app.heading('Ejendomskontoret')).toBeVisible();
  await expect(app.page.getByText('Spørg efter vagten')).toBeVisible();
});

test('a draft survives a reload, and is dropped when it is not wanted', async ({ device }) => {
  const app = await device('coordinator');
  await officeForm(app);
  await app.contactForm.note.fill('Ring på døren ved siden af');
  await expect(async () => expect(await draftsOf(app)).toContain('Ring på døren')).toPass();
  await app.page.reload();
  await expect(app.contactForm.draft).toBeVisible();
  await expect(app.contactForm.note).toHaveValue('Ring på døren ved siden af');
  await app.contactForm.dropDraft.click();
  await expect(app.contactForm.note).not.toHaveValue('Ring på døren ved siden af');
  await expect(app.contactForm.draft).toHaveCount(0);
  await app.page.reload();
  await expect(app.contactForm.name).toHaveValue('Ejendomskontoret');
  await expect(app.contactForm.draft).toHaveCount(0);
});

test('after a draft is dropped the next one is kept', async ({ device }) => {
  const app = await device('coordinator');
  await officeForm(app);
  await app.contactForm.note.fill('Første forsøg');
  await expect(async () => expect(await draftsOf(app)).toContain('Første forsøg')).toPass();
  await app.page.reload();
  await app.contactForm.dropDraft.click();
  await expect(app.contactForm.draft).toHaveCount(0);
  await app.contactForm.note.fill('Andet forsøg');
  await expect(async () => expect(await draftsOf(app)).toContain('Andet forsøg')).toPass();
});

test('what is typed is kept when the page goes away a moment later', async ({ device }) => {
  const app = await device('coordinator');
  await officeForm(app);
  await app.contactForm.note.pressSequentially('Skrevet i ét stræk, uden pause', { delay: 40 });
  await app.page.waitForTimeout(300);
  await app.page.reload();
  await expect(app.contactForm.note).toHaveValue(/Skrevet i ét stræk, uden pause$/);
});

test('a page that is late to take the focus leaves it with who writes already', async ({ device }) => {
  const app = await device('coordinator');
  await app.page.evaluate(() => {
    const soon = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (run) => window.setTimeout(() => soon(run), 1_500);
  });
  await officeForm(app);
  await app.contactForm.note.pressSequentially('Skrevet straks, uden at vente på siden', { delay: 50 });
  await app.page.waitForTimeout(1_000);
  await expect(app.contactForm.note).toHaveValue(/Skrevet straks, uden at vente på siden$/);
  await expect(app.contactForm.note).toBeFocused();
});

test('a device without room says so, and what was written stays', async ({ device, server }) => {
  const app = await device('coordinator');
  await officeForm(app);
  const { usage } = await app.page.evaluate(() => navigator.storage.estimate());
  const devtools = await app.page.context().newCDPSession(app.page);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize: Number(usage) });
  await app.contactForm.role.fill('Står her endnu');
  await app.contactForm.save.click();
  await expect(app.page.getByText('Der er ikke mere plads på enheden.')).toBeVisible();
  await expect(app.contactForm.role).toHaveValue('Står her endnu');

  await devtools.send('Storage.overrideQuotaForOrigin', { origin: server.url });
  await app.contactForm.save.click();
  await expect(app.page.getByText('Bøgeparkens Boligforening · Står her endnu')).toBeVisible();
});

test('a contact is edited, and the edit is taken back', async ({ device }) => {
  const app = await device('coordinator');
  await officeForm(app);
  await app.contactForm.role.fill('Vagt døgnet rundt');
  await app.contactForm.save.click();
  await expect(app.page.getByText('Bøgeparkens Boligforening · Vagt døgnet rundt')).toBeVisible();
  await app.undo();
  await expect(app.page.getByText('Bøgeparkens Boligforening · Drift og vedligehold')).toBeVisible();
});

test('a wrong telephone number is said at its field, and what was written stays', async ({ device }) => {
  const app = await device('coordinator');
  await officeForm(app);
  await app.contactForm.number(0).fill('12');
  await app.contactForm.role.fill('Står her endnu');
  await app.contactForm.save.click();
  await expect(app.page.getByText('Det er ikke et telefonnummer.')).toBeVisible();
  await expect(app.contactForm.role).toHaveValue('Står her endnu');
});

test('a new problem is on the card, and gone again when it is undone', async ({ device }) => {
  const app = await device('coordinator');
  await app.page.getByRole('link', { name: 'Nyt problem' }).click();
  await app.page.getByRole('textbox', { name: 'Navn' }).fill('Knallertkørsel');
  await app.page.getByRole('button', { name: 'Gem' }).click();
  await expect(app.message('Gemt')).toBeVisible();
  await app.goTo('Actioncard');
  await expect(app.card.tile('Knallertkørsel')).toBeVisible();
  await app.undo();
  await expect(app.card.tiles).toHaveCount(6);
});

/** The drafts as the device keeps them, asked for through the same door as the screens.
 * @param {import('./support/app.mjs').App} app */
function draftsOf(app) {
  return app.page.evaluate(async () => {
    const host = await import(/** @type {any} */ ('/js/host.js'));
    const key = `contact/${location.pathname.split('/').pop()}`;
    return String(JSON.parse(await host.ask(JSON.stringify({ get_draft: { key } }))));
  });
}
