// @ts-check
// No network: in the cellar, and with the server switched off.
import { chromium } from '@playwright/test';
import { rm } from 'node:fs/promises';
import { test, expect } from './support/test.mjs';
import { App } from './support/app.mjs';
import { LAUNCH } from './support/browser.mjs';
import { temporaryFolder } from './support/server.mjs';

test('with the server killed and the network down the app opens and works', async ({ server, app }) => {
  await app.keptForOffline();
  await server.kill();
  await app.setOffline(true);
  await app.page.reload();

  await expect(app.card.tiles).toHaveCount(6);
  await app.card.tile('Hærværk').click();
  await expect(app.problem.contact('Ejendomskontoret').getByRole('link', { name: 'Ring 32 57 10 00' })).toBeVisible();
  await app.goTo('Kontakter');
  await expect(app.contacts.count('25 kontakter')).toBeVisible();
  await app.goTo('Områdekort');
  await expect(app.map.pins).not.toHaveCount(0);
  await app.goTo('Mere');
  await app.page.getByRole('link', { name: 'Opdatering' }).click();
  await expect(app.page.getByText('Serveren kan ikke nås lige nu.')).toBeVisible();
});

test('every page can be the first one to be opened without a network', async ({ server, app }) => {
  await app.keptForOffline();
  await server.kill();
  await app.setOffline(true);
  for (const [path, heading] of [
    ['/contacts', 'Kontakter'],
    ['/map/list', 'Områdekort som liste'],
    ['/more/settings', 'Indstillinger'],
  ]) {
    await app.open(path);
    await expect(app.heading(heading)).toBeVisible();
  }
});

test('the browser is closed and opened again, and everything is there', async ({ server, contextOptions }) => {
  const profile = await temporaryFolder();
  const open = async () => {
    const context = await chromium.launchPersistentContext(profile, { ...LAUNCH, ...contextOptions, locale: 'da-DK' });
    return { context, app: new App(context.pages()[0], server) };
  };
  const before = await open();
  await before.app.join(server.links.staff);
  await before.app.keptForOffline();
  await before.context.close();
  await server.kill();

  const after = await open();
  await after.app.open('/');
  await expect(after.app.card.tiles).toHaveCount(6);
  await after.context.close();
  await rm(profile, { recursive: true, force: true });
});

test('Husk opkaldet: remembered without a signal, reminded upstairs', async ({ app }) => {
  await app.setOffline(true);
  await app.card.tile('Hærværk').click();
  await app.problem.contact('Ejendomskontoret').getByRole('button', { name: 'Husk opkaldet' }).click();
  await expect(app.message('Opkaldet til Ejendomskontoret er husket.')).toBeVisible();

  await app.setOffline(false);
  await app.open('/contacts');
  const banner = app.page.getByRole('region', { name: 'Husk opkaldet' });
  await expect(banner).toContainText('Husk opkaldet: Ejendomskontoret');
  await expect(banner.getByRole('link', { name: 'Ring 32 57 10 00' })).toHaveAttribute('href', 'tel:+4532571000');
  await banner.getByRole('button', { name: 'Færdig' }).click();
  await expect(banner).toHaveCount(0);
  await app.page.reload();
  await expect(app.heading('Kontakter')).toBeVisible();
  await expect(banner).toHaveCount(0);
});

test('what is done while the server is down is sent when it is back, and nobody presses anything', async ({
  server,
  device,
}) => {
  const janitor = await device('staff');
  const desk = await device('coordinator');
  await server.kill();
  await janitor.card.tile('Hærværk').click();
  await janitor.problem
    .contact('Ejendomskontoret')
    .getByRole('button', { name: 'Nummeret virker ikke', exact: true })
    .click();
  await expect(janitor.badge(/1 ikke sendt/)).toBeVisible();
  await janitor.page.reload();
  await expect(janitor.badge(/1 ikke sendt/)).toBeVisible();

  await server.startAgain();
  await expect(janitor.badge(/^Opdateret kl\. [\d.]+$/)).toBeVisible({ timeout: 60_000 });
  await desk.goTo('Kontakter');
  await expect(desk.page.getByText('Nummer meldt som forkert')).toBeVisible({ timeout: 60_000 });
});
