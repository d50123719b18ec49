// @ts-check
// axe on every screen, light and dark: WCAG 2.2 AA without a single violation.
import AxeBuilder from '@axe-core/playwright';
import { test, expect } from './support/test.mjs';
import { photograph } from './support/pages/photos.mjs';
import { SCREENS, settled } from './support/screens.mjs';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe found, short enough to read. @param {import('./support/app.mjs').App} app */
async function violations(app) {
  // Legacy mode stays in this page: a second tab would take the database.
  const axe = new AxeBuilder({ page: app.page }).withTags(RULES).setLegacyMode(true);
  const found = (await axe.analyze()).violations;
  return found.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target.join(' ')).join(', ')})`);
}

for (const scheme of /** @type {const} */ (['light', 'dark'])) {
  test.describe(scheme, () => {
    // Many screens in one sitting: joining once for each of them would take longer than looking at them.
    test.setTimeout(400_000);

    test(`every screen of the app, ${scheme}`, async ({ device }) => {
      const app = await device('coordinator', { colorScheme: scheme, reducedMotion: 'reduce' });
      for (const screen of SCREENS) {
        await test.step(screen.name, async () => {
          await screen.open(app);
          await settled(app);
          expect.soft(await violations(app), screen.name).toEqual([]);
        });
      }
    });

    test(`before an area is there, ${scheme}`, async ({ server, device }) => {
      const app = await device(null, { colorScheme: scheme, reducedMotion: 'reduce' });
      await expect(app.heading('Velkommen til Trygkort')).toBeVisible();
      expect.soft(await violations(app), 'welcome').toEqual([]);
      await app.page.goto(server.links.staff);
      await expect(app.heading('Du er inviteret')).toBeVisible();
      expect.soft(await violations(app), 'invitation').toEqual([]);
      await app.page.getByRole('button', { name: 'Åbn området' }).click();
      await expect(app.heading('Velkommen til Bøgeparken')).toBeVisible();
      expect.soft(await violations(app), 'joined').toEqual([]);
    });

    test(`what only shows at times, ${scheme}`, async ({ device }) => {
      const app = await device('coordinator', { colorScheme: scheme, reducedMotion: 'reduce' });
      await app.card.tile('Hærværk').click();
      await app.problem.contact('Ejendomskontoret').getByRole('button', { name: 'Husk opkaldet' }).click();
      await expect(app.page.getByRole('region', { name: 'Husk opkaldet' })).toBeVisible();
      expect.soft(await violations(app), 'reminder and message').toEqual([]);

      await app.open('/contacts/edit/new');
      await app.contactForm.note.fill('010203-1234');
      await expect(app.contactForm.personalNumber).toBeVisible();
      expect.soft(await violations(app), 'a CPR number in a form').toEqual([]);

      await app.map.openFirst();
      await app.photos.take.setInputFiles({
        name: 'IMG_0001.JPG',
        mimeType: 'image/jpeg',
        buffer: await photograph(app.page, 400, 300),
      });
      await expect(app.photos.describe).toBeVisible();
      expect.soft(await violations(app), 'a new photo').toEqual([]);
      await app.photos.describe.getByRole('button', { name: 'Gem', exact: true }).click();
      await expect(app.photos.tiles).toHaveCount(1);
      expect.soft(await violations(app), 'a mark with a photo').toEqual([]);
      await app.photos.tiles.getByRole('button').click();
      await expect(app.photos.shown).toBeVisible();
      expect.soft(await violations(app), 'a photo over the whole screen').toEqual([]);

      await app.open('/more/invite');
      await app.page.getByRole('button', { name: 'Lav invitation' }).click();
      await expect(app.page.getByRole('img', { name: 'QR-kode med linket' })).toBeVisible();
      expect.soft(await violations(app), 'an invitation with its code').toEqual([]);

      await app.open('/more/security');
      await app.lock.choose('2468');
      expect.soft(await violations(app), 'a PIN is chosen').toEqual([]);
      await app.lock.now();
      expect.soft(await violations(app), 'locked').toEqual([]);
      await app.lock.unlock('1357');
      await expect(app.lock.says('Forkert PIN-kode')).toBeVisible();
      expect.soft(await violations(app), 'a wrong PIN').toEqual([]);
      await app.lock.unlock('2468');
      await expect(app.heading('Sikkerhed på enheden')).toBeVisible();

      const second = await app.newTab();
      await second.open('/card');
      await expect(second.heading('Trygkort er åben i en anden fane')).toBeVisible();
      expect.soft(await violations(second), 'a second tab').toEqual([]);
    });
  });
}
