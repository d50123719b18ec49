// @ts-check
// What only a browser can time: opening without a network, and the way from a tap to the contacts.
// The last line printed is JSON: [{ what, value, unit, goal, note }, …]; `cargo xtask bench` keeps it.
import { chromium } from '@playwright/test';
import { rm } from 'node:fs/promises';
import { App } from '../e2e/support/app.mjs';
import { LAUNCH, PHONE } from '../e2e/support/browser.mjs';
import { Server, WEB, temporaryFolder } from '../e2e/support/server.mjs';
import { buildEmptyPage } from './empty-page.mjs';

const RELOADS = 15;
const TAPS = 15;
const SLOW_DOWN = 4;

const browser = await chromium.launch(LAUNCH);
/** @type {object[]} */
const figures = [];
try {
  const app = await reloads(WEB, join, 'a[href^="/card/"]');
  const emptyPage = await buildEmptyPage();
  const empty = await reloads(emptyPage, open, 'h1');
  await rm(emptyPage, { recursive: true, force: true });
  const note = `median of ${RELOADS} reloads, server killed and network off; slowest `;
  figures.push(
    { what: 'reload without a network: usable card', value: app.median, unit: 'ms', note: note + app.slowest },
    { what: 'reload without a network: empty Leptos page', value: empty.median, unit: 'ms', note: note + empty.slowest },
    {
      what: 'usable card against an empty Leptos page',
      value: Math.round((100 * app.median) / empty.median) / 100,
      unit: '×',
      goal: 2,
      note: 'both from the service worker, release builds',
    },
    await tapToContacts(),
  );
} finally {
  await browser.close();
}
console.log(JSON.stringify(figures));

/** @param {number[]} times */
function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: Math.round(sorted[sorted.length >> 1]), slowest: `${Math.round(sorted[sorted.length - 1])} ms` };
}

/** @param {App} app */
function join(app) {
  return app.join(app.server.links.staff);
}

/** @param {App} app */
function open(app) {
  return app.open('/');
}

/** Milliseconds from the start of a reload until `selector` is on the screen, with no server and no network.
 * @param {string} web @param {(app: any) => Promise<unknown>} begin @param {string} selector */
async function reloads(web, begin, selector) {
  const server = await Server.start({ folder: await temporaryFolder(), web });
  const context = await browser.newContext({ ...PHONE, locale: 'da-DK' });
  // From the navigation's start to the frame after the element came to be.
  await context.addInitScript((selector) => {
    const seen = () => {
      if (!document.querySelector(selector)) return;
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(() => Object.assign(globalThis, { usableAfter: performance.now() })));
    };
    const watch = new MutationObserver(seen);
    watch.observe(document, { childList: true, subtree: true });
  }, selector);
  const app = new App(await context.newPage(), server);
  await begin(app);
  await app.keptForOffline();
  await server.kill();
  await context.setOffline(true);
  const times = [];
  // The first reload warms the browser's own caches, as the second opening of the day does.
  for (let round = 0; round <= RELOADS; round += 1) {
    await app.page.reload();
    const usable = await app.page.waitForFunction(() => /** @type {any} */ (globalThis).usableAfter);
    if (round > 0) times.push(await usable.jsonValue());
  }
  await context.close();
  await server.remove();
  return summary(times);
}

/** Milliseconds from a tap on a problem to the frame that shows whom to call, on a processor that is slowed down. */
async function tapToContacts() {
  const server = await Server.start({ folder: await temporaryFolder() });
  const context = await browser.newContext({ ...PHONE, locale: 'da-DK', reducedMotion: 'reduce' });
  const app = new App(await context.newPage(), server);
  await join(app);
  await app.card.tile('Hærværk').waitFor();
  const session = await context.newCDPSession(app.page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOW_DOWN });
  const times = [];
  for (let round = 0; round <= TAPS; round += 1) {
    const took = await app.card.tile('Hærværk').evaluate(
      (tile) =>
        new Promise((resolve) => {
          const shown = () => {
            const call = document.querySelector('a[href="tel:+4532571000"]');
            if (!call || call.getClientRects().length === 0) return;
            watch.disconnect();
            // The frame has been drawn when the task after it runs.
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
          };
          const watch = new MutationObserver(shown);
          watch.observe(document.body, { childList: true, subtree: true, attributes: true });
          const start = performance.now();
          /** @type {HTMLElement} */ (tile).click();
        }),
    );
    // The first one fetches nothing, but runs code for the first time.
    if (round > 0) times.push(Number(took));
    await app.page.getByRole('link', { name: 'Tilbage' }).click();
    await app.card.tile('Hærværk').waitFor();
  }
  await context.close();
  await server.remove();
  const { median, slowest } = summary(times);
  const note = `main thread at ${SLOW_DOWN} × slow-down, median of ${TAPS}, slowest ${slowest}`;
  return { what: 'tap on a problem to contacts on the screen', value: median, unit: 'ms', goal: 50, note };
}
