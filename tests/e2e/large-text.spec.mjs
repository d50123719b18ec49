// @ts-check
// Text at 200 %: nothing is cut off, in either language.
import { test, expect } from './support/test.mjs';
import { SCREENS, settled } from './support/screens.mjs';

/** Words that do not fit where they stand: cut off by a box, or beside the screen. What can be scrolled to is there,
 * but a page as a whole scrolls up and down only. */
function cutOff() {
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const words = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    const box = element.getBoundingClientRect();
    const drawn = element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
    if (!words || !drawn || box.width <= 1 || box.height <= 1 || !isCutOff(element, box)) continue;
    found.push(`${element.getAttribute('class') ?? element.tagName}: ${element.textContent?.trim().slice(0, 60)}`);
  }
  return found;

  /** @param {Element} element @param {DOMRect} box */
  function isCutOff(element, box) {
    let [across, down] = [true, true];
    for (let outer = /** @type {Element | null} */ (element); outer; outer = outer.parentElement) {
      const style = getComputedStyle(outer);
      // For screen readers only.
      if (style.clipPath !== 'none') return false;
      const frame = outer.getBoundingClientRect();
      const page = outer.matches('.shell__main, dialog');
      const hides = (/** @type {string} */ overflow) => overflow === 'hidden' || overflow === 'clip';
      const own = outer === element;
      const wide = own ? element.scrollWidth > element.clientWidth + 1 : beyond(box, frame, 'left', 'right');
      if (across && wide && (page || hides(style.overflowX))) return true;
      const tall = own ? element.scrollHeight > element.clientHeight + 1 : beyond(box, frame, 'top', 'bottom');
      if (down && tall && hides(style.overflowY)) return true;
      if (!page && !hides(style.overflowX) && style.overflowX !== 'visible') across = false;
      if (!hides(style.overflowY) && style.overflowY !== 'visible') down = false;
    }
    return across && (box.right > innerWidth + 1 || box.left < -1);
  }

  /** @param {DOMRect} box @param {DOMRect} frame @param {'left' | 'top'} start @param {'right' | 'bottom'} end */
  function beyond(box, frame, start, end) {
    return box[start] < frame[start] - 1 || box[end] > frame[end] + 1;
  }
}

test('a message at 200 % has its words and its buttons whole', async ({ device }) => {
  const app = await device('coordinator', { reducedMotion: 'reduce' });
  await app.open('/more/settings');
  await app.settings.choose(/Tekststørrelse/, '200 %');
  await app.goTo('Kontakter');
  await app.contacts.row('Driftsvagten').click();
  await app.page.getByRole('button', { name: 'Slet' }).click();
  const message = app.page.locator('.toast').filter({ hasText: 'Driftsvagten er slettet.' });
  await expect(message).toBeVisible();
  expect(await app.page.evaluate(cutOff)).toEqual([]);
  const parts = await message.locator('.toast__text, .button').evaluateAll((all) => all.map((part) => part.getBoundingClientRect()));
  const width = app.page.viewportSize()?.width ?? 0;
  expect(parts).toHaveLength(3);
  for (const [index, one] of parts.entries()) {
    expect(one.left >= 0 && one.right <= width, 'on the screen').toBe(true);
    for (const other of parts.slice(index + 1)) {
      const apart = one.right <= other.left || one.bottom <= other.top || other.right <= one.left || other.bottom <= one.top;
      expect(apart, 'none over another').toBe(true);
    }
  }
});

test('the name of a contact stays whole in the heading at 200 % on a small telephone', async ({ device }) => {
  const app = await device('coordinator', { viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' });
  await app.open('/more/settings');
  await app.settings.choose(/Tekststørrelse/, '200 %');
  await app.goTo('Kontakter');
  await app.contacts.row('Driftsvagten').click();
  await expect(app.heading('Driftsvagten')).toBeVisible();
  const lines = await app.heading('Driftsvagten').evaluate((heading) => {
    const words = document.createRange();
    words.selectNodeContents(heading);
    return new Set([...words.getClientRects()].map((box) => box.top)).size;
  });
  expect(lines).toBe(1);
});

for (const [language, back] of /** @type {const} */ ([['Dansk', 'da'], ['English', 'en']])) {
  test(`every screen at 200 %, ${back}`, async ({ device }) => {
    // Many screens in one sitting.
    test.setTimeout(400_000);
    const app = await device('coordinator', { reducedMotion: 'reduce' });
    await app.open('/more/settings');
    await app.settings.choose('Sprog', language);
    await app.settings.choose(/Tekststørrelse|Text size/, '200 %');
    for (const screen of SCREENS) {
      await test.step(screen.name, async () => {
        await screen.open(app);
        await settled(app);
        expect.soft(await app.page.evaluate(cutOff), screen.name).toEqual([]);
      });
    }
  });
}
