// @ts-check
// One database, several tabs: the visible one has it, and a frozen one does not keep it.
import { rm } from 'node:fs/promises';
import { test, expect } from './support/test.mjs';
import { RawBrowser, wholeDatabases } from './support/raw-browser.mjs';
import { temporaryFolder } from './support/server.mjs';

const PARKED = 'Trygkort er åben i en anden fane';

test('of two windows side by side one has the database, and the other takes over when asked', async ({ app }) => {
  const second = await app.newTab();
  await second.open('/card');
  await expect(second.heading(PARKED)).toBeVisible();
  await second.page.getByRole('button', { name: 'Brug her' }).click();
  await expect(second.card.tiles).toHaveCount(6);
  await expect(app.heading(PARKED)).toBeVisible();

  await second.page.close();
  await expect(app.card.tiles, 'the first has it again by itself').toHaveCount(6);
});

/** A button that remembers a call, and how many calls the banner says are remembered. */
const REMEMBER = `[...document.querySelectorAll('button')].find((one) => one.innerText.trim() === 'Husk opkaldet')`;
const REMEMBERED = `(() => {
  const banner = document.querySelector('.banner--call');
  return banner ? 1 + Number(/og (\\d+) opkald mere/.exec(banner.innerText)?.[1] ?? 0) : 0;
})()`;

/** Tabs of a browser that hides and freezes them. @param {(browser: RawBrowser) => Promise<void>} body */
async function withTabs(body) {
  const profile = await temporaryFolder();
  const browser = new RawBrowser(profile);
  try {
    await body(browser);
    await browser.close();
    await wholeDatabases(profile);
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

test('the tab in front has the database, and what was written in one is in the next', async ({ server }) => {
  await withTabs(async (browser) => {
    const first = await browser.open(server.links.staff);
    await first.click('button', 'Åbn området');
    await first.click('a', 'Til Actioncard');
    await first.reads('Hvad er problemet?');
    const second = await browser.open(`${server.url}/card`);
    await second.click('a', 'Hærværk');
    await second.click('button', 'Husk opkaldet');
    await second.reads('Husk opkaldet: Ejendomskontoret');
    expect(await first.run('document.visibilityState')).toBe('hidden');
    await first.show();
    await first.reads('Husk opkaldet: Ejendomskontoret');
  });
});

test('a frozen tab does not keep the database from the next, and wakes up with what was done', async ({ server }) => {
  await withTabs(async (browser) => {
    const first = await browser.open(server.links.staff);
    await first.click('button', 'Åbn området');
    await first.click('a', 'Til Actioncard');
    await first.reads('Hvad er problemet?');
    await first.run(`document.addEventListener('freeze', () => (globalThis.wasFrozen = true))`);
    // At once, while it has the database, as when a telephone is short of memory.
    await first.lifecycle('frozen');
    const second = await browser.open(`${server.url}/card`);
    await second.click('a', 'Hærværk');
    await second.click('button', 'Husk opkaldet');
    await second.reads('Husk opkaldet: Ejendomskontoret');
    await second.close();

    await first.lifecycle('active');
    await first.show();
    expect(await first.run('globalThis.wasFrozen'), 'the browser did freeze it').toBe(true);
    await first.reads('Husk opkaldet: Ejendomskontoret');
    await first.click('a', 'Mislighold');
    await first.reads('Hav klar, når du ringer');
  });
});

test('a browser that is frozen or killed while it writes has lost nothing that it said was kept', async ({ server }) => {
  test.slow();
  const PROBLEMS = ['Hærværk', 'Mislighold', 'Narkosalg', 'Dårlig belysning', 'Urolige psykisk syge og misbrugere', 'Anden utryghed'];
  const profile = await temporaryFolder();
  let browser = new RawBrowser(profile);
  let kept = 0;
  try {
    const tab = await browser.open(server.links.staff);
    await tab.click('button', 'Åbn området');
    await tab.click('a', 'Til Actioncard');
    for (const [round, problem] of PROBLEMS.entries()) {
      const page = await browser.open(`${server.url}/card`);
      await page.click('a', problem);
      await page.until(`!!(${REMEMBER})`);
      const before = await page.run(REMEMBERED);
      expect(before, `${problem}: what was said to be kept is there`).toBeGreaterThanOrEqual(kept);
      // All of them at once, each a transaction of its own; the end comes somewhere in between.
      await page.run(`document.querySelectorAll('button').forEach((one) => one.innerText.trim() === 'Husk opkaldet' && one.click())`);
      await new Promise((resolve) => setTimeout(resolve, 15 * round));
      if (round % 2 === 1) await page.lifecycle('frozen').catch(() => {});
      kept = round % 2 === 1 ? before : Math.max(before, await page.run(REMEMBERED));
      await browser.close('SIGKILL');
      await wholeDatabases(profile);
      browser = new RawBrowser(profile);
    }
    const page = await browser.open(`${server.url}/card`);
    await page.reads('Husk opkaldet:');
    expect(await page.run(REMEMBERED)).toBeGreaterThanOrEqual(kept);
  } finally {
    await browser.close('SIGKILL');
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
