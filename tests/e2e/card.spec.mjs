// @ts-check
// The action card: 30 seconds, gloves, sun on the glass.
import { test, expect } from './support/test.mjs';

const PROBLEMS = [
  'Narkosalg',
  'Hærværk',
  'Mislighold',
  'Dårlig belysning',
  'Urolige psykisk syge og misbrugere',
  'Anden utryghed',
];

/** How far the page is wider than the screen. @param {import('@playwright/test').Page} page */
function overhang(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

test('112, 114 and all six problems are on the screen without scrolling', async ({ app, page }) => {
  void page;
  const menu = await app.page.getByRole('navigation', { name: 'Menu' }).boundingBox();
  const { width, height } = app.page.viewportSize() ?? { width: 0, height: 0 };
  // At the bottom on a telephone, at the side on a desk.
  const bottom = menu && menu.width >= width ? menu.y : height;
  for (const link of [app.card.alarm, app.card.police]) await expect(link).toBeInViewport({ ratio: 1 });
  for (const [index, name] of PROBLEMS.entries()) {
    await expect(app.card.tile(name)).toBeVisible();
    const box = await app.card.tiles.nth(index).boundingBox();
    expect(box && box.y >= 0 && box.y + box.height, name).toBeLessThanOrEqual(bottom);
    expect(box?.height, `${name} is big enough for a glove`).toBeGreaterThanOrEqual(56);
  }
});

test('two taps from the card to the telephone', async ({ app }) => {
  await app.card.tile('Hærværk').click();
  const call = app.problem.contact('Ejendomskontoret').getByRole('link', { name: 'Ring 32 57 10 00' });
  await expect(call).toBeInViewport({ ratio: 1 });
  await expect(call).toHaveAttribute('href', 'tel:+4532571000');
  await call.click();
  // In a demo area the second tap ends at a sentence instead of in the dialler.
  await expect(app.dialog()).toContainText('Numrene er opdigtede');
  await expect(app.dialog()).toContainText('Der blev ikke ringet op');
  await expect(app.dialog()).toContainText('32 57 10 00');
  await app.page.keyboard.press('Escape');
  await expect(app.dialog()).toHaveCount(0);
  await expect(call).toBeFocused();
});

test('112 and 114 are telephone links on the card and on every problem', async ({ app }) => {
  await expect(app.card.alarm).toHaveAttribute('href', 'tel:112');
  await expect(app.card.police).toHaveAttribute('href', 'tel:114');
  await app.card.alarm.click();
  await expect(app.dialog()).toContainText('Er du i fare, så ring 112 fra telefonens egen app.');
  await app.dialog().getByRole('button', { name: 'Luk' }).last().click();

  await app.card.tile('Narkosalg').click();
  await expect(app.page.getByRole('link', { name: /^Ring 112, hvis / })).toHaveAttribute('href', 'tel:112');
  await expect(app.page.getByRole('link', { name: /^Ring 114, hvis / })).toHaveAttribute('href', 'tel:114');
});

test('a problem says who, what and when, in the agreed order', async ({ app }) => {
  await app.card.tile('Hærværk').click();
  await expect(app.heading('Hærværk')).toBeFocused();
  await expect(app.page).toHaveTitle('Hærværk · Bøgeparken · Trygkort');
  const acute = app.page.getByRole('link', { name: /^Ring 11[24], hvis / });
  await expect(acute).toHaveCount(2);
  const otherwise = await app.page.getByRole('heading', { name: 'Ellers' }).boundingBox();
  for (const link of await acute.all()) expect((await link.boundingBox())?.y).toBeLessThan(otherwise?.y ?? 0);
  const sections = ['Ellers', 'Hav klar, når du ringer', 'Læg mærke til', 'Skal ikke meldes'];
  const headings = await app.page.getByRole('heading', { level: 2 }).filter({ visible: true }).allInnerTexts();
  expect(headings.filter((heading) => sections.includes(heading))).toEqual(sections);

  const office = app.problem.contact('Ejendomskontoret');
  await expect(office).toContainText(/Åbent til|Lukket, åbner/);
  await expect(office.getByRole('link', { name: 'Mail' })).toHaveAttribute('href', /^mailto:ejendomskontoret@/);
});

test('a text message is in Danish whatever the language of the screen', async ({ app }) => {
  await app.open('/more/settings');
  await app.settings.choose('Sprog', 'English');
  await expect(app.heading('Settings')).toBeVisible();
  await app.open('/card');
  await app.card.tile('Hærværk').click();
  const text = app.problem.contact('Ejendomskontoret').getByRole('link', { name: 'Text' });
  const href = decodeURIComponent((await text.getAttribute('href')) ?? '');
  expect(href).toMatch(/^sms:\+4520245700\?&?body=Hærværk, Bøgeparken, 2640 Hedelyng\. Hvor:/);
});

test('a worry about a person is a telephone call, and nothing can be written', async ({ app }) => {
  await app.card.concern.click();
  await expect(app.heading('Bekymret for en person?')).toBeVisible();
  await expect(app.concern.call).toHaveAttribute('href', 'tel:+4532571090');
  await expect(app.concern.writable).toHaveCount(0);
});

test('320 px: one column, nothing sticks out', async ({ app }) => {
  await app.page.setViewportSize({ width: 320, height: 640 });
  expect(await overhang(app.page)).toBe(0);
  const boxes = await Promise.all(PROBLEMS.map((_, index) => app.card.tiles.nth(index).boundingBox()));
  expect(new Set(boxes.map((box) => box?.x)).size, 'the tiles stand in one column').toBe(1);
  await app.card.tile('Anden utryghed').click();
  await expect(app.heading('Anden utryghed')).toBeVisible();
  for (const path of ['/contacts', '/map/list', '/more', '/more/settings', '/more/devices']) {
    await app.open(path);
    await expect(app.page.getByRole('heading', { level: 1 }).filter({ visible: true }).first()).toBeVisible();
    expect(await overhang(app.page), path).toBe(0);
  }
});

test('text of 200 per cent scrolls, and nothing is cut off or lost', async ({ app }) => {
  await app.open('/more/settings');
  const size = () => app.page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize));
  const before = await size();
  await app.settings.choose('Tekststørrelse', '200 %');
  await expect.poll(size).toBe(2 * before);
  await app.goTo('Actioncard');
  expect(await overhang(app.page)).toBe(0);
  for (const name of PROBLEMS) {
    const tile = app.card.tile(name);
    await tile.scrollIntoViewIfNeeded();
    await expect(tile).toBeInViewport();
    const cut = await tile.evaluate((link) => link.scrollWidth - link.clientWidth);
    expect(cut, `${name} is not cut off`).toBeLessThanOrEqual(1);
  }
  await app.page.reload();
  await expect(app.card.tiles).toHaveCount(6);
  expect(await size(), 'kept').toBe(2 * before);
});
