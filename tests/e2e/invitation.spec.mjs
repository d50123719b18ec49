// @ts-check
// How a person gets in: by invitation, or to look around without one.
import { test, expect } from './support/test.mjs';
import { AREA, ROLES } from './support/server.mjs';

const WORDS = { coordinator: 'Koordinator', staff: 'Fagperson', participant: 'Deltager', resident: 'Beboer' };
/** What each role reads: contacts and marks of the demo. */
const READS = {
  coordinator: { contacts: 25, pins: 35 },
  staff: { contacts: 25, pins: 32 },
  participant: { contacts: 4, pins: null },
  resident: { contacts: 4, pins: null },
};

for (const role of ROLES) {
  test(`an invitation for a ${role} is redeemed`, async ({ server, device }) => {
    const app = await device(null);
    await app.page.goto(await server.invite(role));
    await expect(app.heading('Du er inviteret')).toBeVisible();
    expect(app.page.url(), 'the secret does not stay in the address').not.toContain('#');
    await app.page.getByRole('textbox', { name: 'Dit navn i netværket' }).fill('Mona, ejendomskontoret');
    await app.page.getByRole('button', { name: 'Åbn området' }).click();

    await expect(app.heading(`Velkommen til ${AREA}`)).toBeVisible();
    await expect(app.page.getByText(`Du er med som ${WORDS[role]}.`)).toBeVisible();
    await expect(app.page.getByRole('heading', { name: 'Læg Trygkort på hjemmeskærmen' })).toBeVisible();
    await app.page.getByRole('link', { name: 'Til Actioncard' }).click();
    await expect(app.card.tiles).toHaveCount(6);
    await expect(app.page.getByRole('link', { name: 'Nyt problem' })).toHaveCount(role === 'coordinator' ? 1 : 0);

    await app.goTo('Kontakter');
    await expect(app.contacts.count(`${READS[role].contacts} kontakter`)).toBeVisible();
    await app.open('/map/list');
    if (READS[role].pins) await expect(app.mapList.count(`${READS[role].pins} markeringer`)).toBeVisible();
    else await expect(app.page.getByText('Netværket', { exact: true })).toHaveCount(0);
  });
}

test('an invitation that is used up, mistyped or gone says so', async ({ server, device }) => {
  const link = await server.invite('staff');
  const first = await device(null);
  await first.join(link);
  const second = await device(null);
  await second.page.goto(link);
  await second.page.getByRole('button', { name: 'Åbn området' }).click();
  await expect(second.page.getByText('Invitationen er brugt, trukket tilbage eller udløbet.')).toBeVisible();

  await second.open('/welcome');
  await second.page.getByRole('textbox', { name: 'Link' }).fill('https://trygkort.example/hej');
  await second.page.getByRole('button', { name: 'Brug linket' }).click();
  // Said at the field, before anything is asked of a server.
  await expect(second.page.getByText('Sæt linket fra invitationen ind.')).toBeVisible();
});

test('a link can be pasted on the first page', async ({ server, device }) => {
  const app = await device(null);
  await expect(app.heading('Velkommen til Trygkort')).toBeVisible();
  await app.page.getByRole('textbox', { name: 'Link' }).fill(await server.invite('resident'));
  await app.page.getByRole('button', { name: 'Brug linket' }).click();
  await app.page.getByRole('button', { name: 'Åbn området' }).click();
  await expect(app.heading(`Velkommen til ${AREA}`)).toBeVisible();
});

test('without an invitation the demo opens on this device, and needs no server', async ({ server, device }) => {
  const app = await device(null);
  await expect(app.heading('Velkommen til Trygkort')).toBeVisible();
  await app.keptForOffline();
  await server.kill();
  await app.page.getByRole('button', { name: 'Åbn demoen' }).click();
  await expect(app.card.tiles).toHaveCount(6);
  await expect(app.badge('Kun på denne enhed')).toBeVisible();

  await app.goTo('Områdekort');
  await expect(app.map.pins).not.toHaveCount(0);
  await app.page.reload();
  await expect(app.map.pins).not.toHaveCount(0);
  await app.goTo('Kontakter');
  await expect(app.contacts.count('25 kontakter')).toBeVisible();
});

test('an address that is not secure says what to do', async ({ server, device }) => {
  const app = await device(null);
  await app.page.goto(server.links.staff.replace('127.0.0.1', 'trygkort.test'));
  await expect(app.heading('Adressen er ikke sikker nok')).toBeVisible();
  await expect(app.page.getByText('Har du fået en invitation, så er den ikke brugt')).toBeVisible();
});
