// @ts-check
// Language, light and dark, kept on the device.
import { test, expect } from './support/test.mjs';

test('the language is switched, everything with it, and kept', async ({ app }) => {
  await app.open('/more/settings');
  await app.settings.choose('Sprog', 'English');
  await expect(app.heading('Settings')).toBeVisible();
  await expect(app.page.locator('html')).toHaveAttribute('lang', 'en');
  await app.open('/card');
  await expect(app.page.getByRole('link', { name: 'Call 112, Emergency, danger to life' })).toBeVisible();
  await expect(app.card.tile('Hærværk'), 'the area’s own words stay Danish').toBeVisible();
  await app.open('/more/settings');
  await app.settings.choose('Language', 'Dansk');
  await expect(app.heading('Indstillinger')).toBeVisible();
  await expect(app.page.locator('html')).toHaveAttribute('lang', 'da');
});

test('a device that speaks English is spoken to in English', async ({ device }) => {
  const app = await device(null, { locale: 'en-GB' });
  await expect(app.heading('Welcome to Trygkort')).toBeVisible();
});

test('dark is dark, light is light, and the choice is kept', async ({ app }) => {
  const lightness = () =>
    app.page.evaluate(() => {
      const [red, green, blue] = (getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []).map(Number);
      return (red + green + blue) / 3;
    });
  await app.open('/more/settings');
  await app.settings.choose('Udseende', 'Mørkt');
  await expect.poll(lightness).toBeLessThan(60);
  await app.page.reload();
  await expect(app.heading('Indstillinger')).toBeVisible();
  expect(await lightness()).toBeLessThan(60);
  await app.settings.choose('Udseende', 'Lyst');
  await expect.poll(lightness).toBeGreaterThan(200);
  await app.settings.choose('Udseende', 'Som enheden');
  await app.page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(lightness).toBeLessThan(60);
});
