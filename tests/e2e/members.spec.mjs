// @ts-check
// *Medlemmer*: a coordinator takes somebody's access away.
import { test, expect } from './support/test.mjs';

test('a coordinator locks a member out, and the member is told', async ({ device }) => {
  const desk = await device('coordinator');
  const janitor = await device('staff');
  await desk.open('/more/members');
  const entries = desk.page.getByRole('main').getByRole('listitem');
  const staff = entries.filter({ hasText: 'Fagperson' });
  await expect(staff).toContainText('1 enhed');
  const own = entries.filter({ hasText: 'Dig' });
  await expect(own).toContainText('Koordinator');
  await expect(own.getByRole('button')).toHaveCount(0);

  await staff.getByRole('button', { name: 'Luk adgang: Mona' }).click();
  await expect(desk.dialog()).toContainText('Det kan ikke fortrydes');
  await desk.dialog().getByRole('button', { name: 'Annuller' }).click();
  await expect(janitor.badge(/Opdateret/)).toBeVisible();

  await staff.getByRole('button', { name: 'Luk adgang: Mona' }).click();
  await desk.dialog().getByRole('button', { name: 'Luk adgang' }).click();
  await expect(desk.message('Adgangen er lukket')).toBeVisible();
  await expect(staff).toHaveCount(0);
  await janitor.open('/contacts');
  await expect(janitor.badge('Enheden er låst ude')).toBeVisible();
  await expect(janitor.contacts.count(/\d+ kontakter/), 'it holds nothing any more').toHaveCount(0);
  for (const place of /** @type {const} */ (['Kontakter', 'Områdekort', 'Actioncard'])) {
    await janitor.goTo(place);
    await expect(janitor.page.getByText('Denne enhed har ikke længere adgang til Bøgeparken.')).toBeVisible();
    await expect(janitor.page.getByText('Bed en koordinator i området')).toBeVisible();
    await expect(janitor.page.getByText(/Ingen (kontakter|problemer|markeringer) endnu/)).toHaveCount(0);
  }
  await expect(janitor.page.getByRole('link', { name: 'Ring 112' }).first(), 'danger is no matter of access').toBeVisible();
  await janitor.open('/more/updates');
  await expect(janitor.page.getByRole('button', { name: 'Opdatér nu' })).not.toHaveClass(/button--primary/);
});

test('what a locked-out device had not sent is kept aside, and a coordinator takes it in', async ({ device }) => {
  const desk = await device('coordinator');
  const janitor = await device('staff');
  await janitor.keptForOffline();
  await janitor.setOffline(true);
  await janitor.goTo('Områdekort');
  await janitor.map.add.click();
  await janitor.pinForm.category('Sted');
  await janitor.pinForm.title.fill('Lygten ved vaskeriet');
  await janitor.pinForm.save.click();
  await expect(janitor.message('Markeringen »Lygten ved vaskeriet« er gemt')).toBeVisible();
  await desk.open('/more/members');
  await desk.page.getByRole('button', { name: 'Luk adgang: Mona' }).click();
  await desk.dialog().getByRole('button', { name: 'Luk adgang' }).click();
  await expect(desk.message('Adgangen er lukket')).toBeVisible();
  await janitor.setOffline(false);
  await expect(janitor.badge('Enheden er låst ude')).toBeVisible({ timeout: 30_000 });

  await desk.open('/more/updates');
  await desk.page.getByRole('link', { name: 'Se, hvad der er lagt til side' }).click();
  await expect(desk.heading('Lagt til side')).toBeVisible();
  const kept = desk.page.getByRole('listitem').filter({ hasText: 'Lygten ved vaskeriet' });
  await expect(kept).toHaveCount(1);
  await expect(kept).toContainText('Mona skrev');
  await expect(kept).toContainText('Enheden var lukket ude');
  await kept.getByRole('button', { name: 'Skriv i Lygten ved vaskeriet ind, hvad Mona skrev' }).click();
  await expect(desk.message('Skrevet ind.')).toBeVisible();
  await expect(desk.page.getByText('Der er ikke lagt noget til side.')).toBeVisible();
  await desk.open('/map/list');
  await expect(desk.mapList.items.filter({ hasText: 'Lygten ved vaskeriet' })).toHaveCount(1);
});

test('a coordinator gives a member another role, and the device follows', async ({ device }) => {
  const desk = await device('coordinator');
  const phone = await device('resident');
  await phone.open('/contacts');
  await expect(phone.page.getByText('Hjemmeplejen').first()).toHaveCount(0);
  await desk.open('/more/members');
  const member = desk.page.getByRole('main').getByRole('listitem').filter({ hasText: 'Beboer' });
  await member.getByRole('button', { name: /^Skift rolle/ }).click();
  const change = desk.dialog().getByRole('button', { name: 'Skift rolle' });
  await expect(change, 'it is the role they have').toBeDisabled();
  await desk.dialog().getByRole('radio', { name: 'Koordinator' }).check();
  await expect(desk.dialog()).toContainText('Læser og retter alt.');
  await change.click();
  await expect(desk.message('Rollen er skiftet')).toBeVisible();
  await phone.open('/more');
  await expect(phone.page.getByRole('link', { name: /^Medlemmer/ })).toBeVisible();
});

test('only coordinators see who has access', async ({ app }) => {
  await app.goTo('Mere');
  await expect(app.page.getByRole('link', { name: /^Medlemmer/ })).toHaveCount(0);
  await app.open('/more/members');
  await expect(app.page.getByText('Det har du ikke adgang til.')).toBeVisible();
});
