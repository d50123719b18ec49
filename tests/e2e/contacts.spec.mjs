// @ts-check
// The list of contacts and its search, with Danish letters however they are typed.
import { readFile } from 'node:fs/promises';
import { test, expect } from './support/test.mjs';

test('search folds Danish letters', async ({ app }) => {
  await app.goTo('Kontakter');
  await expect(app.contacts.count('25 kontakter')).toBeVisible();
  for (const [typed, found] of [
    ['soren', ['Søren Ødegaard']],
    ['Søren', ['Søren Ødegaard']],
    ['soeren oedegaard', ['Søren Ødegaard']],
    ['aakjaer', ['Jens Åkjær']],
    ['thogersen', ['Ingrid Thøgersen']],
    ['ozdemir', ['Leyla Özdemir']],
    ['32571041', ['Søren Ødegaard']],
    ['natteravnene', ['Jens Åkjær']],
  ]) {
    await app.contacts.search.fill(String(typed));
    await expect.poll(() => app.contacts.names(), { message: String(typed) }).toEqual(found);
    await expect(app.contacts.count('1 kontakt')).toBeVisible();
  }
});

test('a search without a result says so, and clearing it brings everyone back', async ({ app }) => {
  await app.goTo('Kontakter');
  await app.contacts.search.fill('findesikke');
  await expect(app.page.getByText('Ingen kontakter passer til »findesikke«.')).toBeVisible();
  await app.page.getByRole('button', { name: 'Ryd søgningen' }).click();
  await expect(app.contacts.count('25 kontakter')).toBeVisible();
});

test('a contact has numbers, hours and when it was verified, and is shared as a vCard', async ({ app }) => {
  await app.goTo('Kontakter');
  await app.contacts.row('Ejendomskontoret').click();
  await expect(app.heading('Ejendomskontoret')).toBeVisible();
  await expect(app.contact.call('32 57 10 00')).toHaveAttribute('href', 'tel:+4532571000');
  await expect(app.contact.call('20 24 57 00')).toHaveAttribute('href', 'tel:+4520245700');
  await expect(app.page.getByText('07.00–15.00')).toHaveCount(5);
  await expect(app.page.getByText(/^Kontrolleret .* af Jørgen Aagaard$/)).toBeVisible();

  const [download] = await Promise.all([
    app.page.waitForEvent('download'),
    app.page.getByRole('button', { name: 'Del som vCard' }).click(),
  ]);
  const card = await readFile(await download.path(), 'utf8');
  expect(card).toContain('BEGIN:VCARD\r\n');
  expect(card).toContain('Ejendomskontoret');
  expect(card).toContain('+4532571000');
});

test('a duty that goes on past midnight says until when', async ({ app }) => {
  await app.goTo('Kontakter');
  await app.contacts.row('Driftsvagten').click();
  const day = (/** @type {string} */ name) => app.page.locator('.hours-table__row').filter({ hasText: new RegExp(`^${name}`) });
  await expect(day('tirsdag')).toHaveText('tirsdag15.00 – onsdag 07.00');
  await expect(day('fredag')).toHaveText('fredag15.00 – mandag 07.00');
  await expect(day('lørdag')).toHaveText('lørdagHele døgnet');
});
