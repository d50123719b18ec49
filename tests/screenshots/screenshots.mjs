// @ts-check
// A photograph of every screen: telephone and desk, light and dark, Danish and English.
//
//   node tests/screenshots/screenshots.mjs [FOLDER] [--only NAME]…   every screen, into FOLDER
//   node tests/screenshots/screenshots.mjs --readme                  the two pictures of the README
//
// `cargo xtask screenshots` builds what is needed and runs it with the same arguments.
import { chromium } from '@playwright/test';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { App } from '../e2e/support/app.mjs';
import { DESKTOP, LAUNCH, PHONE } from '../e2e/support/browser.mjs';
import { SCREENS, settled } from '../e2e/support/screens.mjs';
import { Server, temporaryFolder } from '../e2e/support/server.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const FOLDER = resolve(HERE, '../e2e/screenshots');
const README = resolve(HERE, '../../docs/screenshots');
const SIZES = { phone: PHONE, desktop: DESKTOP };
const SCHEMES = /** @type {const} */ (['light', 'dark']);
const LANGUAGES = { da: 'Dansk', en: 'English' };
/** A screen that never comes to rest is photographed as it is. */
const RESTLESS = 40;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { readme: { type: 'boolean', default: false }, only: { type: 'string', multiple: true, default: [] } },
});
const only = values.only;
const folder = positionals[0] ? resolve(positionals[0]) : FOLDER;

const server = await Server.start({ folder: await temporaryFolder() });
const browser = await chromium.launch(LAUNCH);
try {
  if (values.readme) await photographForReadme();
  else await photographEverything();
} finally {
  await browser.close();
  await server.remove();
}

/** A coordinator's device. @param {keyof typeof SIZES} size @param {object} [options] */
async function openDevice(size, options) {
  const zone = { locale: 'da-DK', timezoneId: 'Europe/Copenhagen', reducedMotion: /** @type {const} */ ('reduce') };
  const context = await browser.newContext({ ...SIZES[size], ...zone, ...options });
  const app = new App(await context.newPage(), server);
  await app.join(server.links.coordinator, 'Mona, ejendomskontoret');
  return app;
}

async function photographEverything() {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  let count = 0;
  for (const size of /** @type {(keyof typeof SIZES)[]} */ (Object.keys(SIZES))) {
    const app = await openDevice(size);
    for (const [language, name] of Object.entries(LANGUAGES)) {
      await app.open('/more/settings');
      await app.settings.choose(/^(Sprog|Language)$/, name);
      for (const colorScheme of SCHEMES) {
        await app.page.emulateMedia({ colorScheme });
        for (const screen of SCREENS.filter(({ name }) => only.length === 0 || only.includes(name))) {
          await screen.open(app);
          await photograph(app, join(folder, `${screen.name}-${size}-${colorScheme}-${language}.png`));
          count += 1;
        }
      }
    }
    await app.page.context().close();
  }
  console.log(`${count} photographs in ${folder}`);
}

/** Sharp on a screen with many pixels. */
async function photographForReadme() {
  await mkdir(README, { recursive: true });
  const phone = await openDevice('phone', { deviceScaleFactor: 2 });
  await phone.open('/card');
  await photograph(phone, join(README, 'phone.png'));
  const desk = await openDevice('desktop', { deviceScaleFactor: 1.5 });
  await desk.open('/card/table');
  await photograph(desk, join(README, 'desktop.png'));
  console.log(`phone.png and desktop.png in ${README}`);
}

/** Waits until two looks show the same, then keeps the second. @param {App} app @param {string} path */
async function photograph(app, path) {
  await settled(app);
  await app.page.evaluate(async () => void (await document.fonts.ready));
  let before = Buffer.alloc(0);
  for (let look = 0; look < RESTLESS; look += 1) {
    const now = await app.page.screenshot();
    if (now.equals(before)) break;
    before = now;
  }
  await app.page.screenshot({ path });
}
