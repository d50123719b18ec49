// @ts-check
// What every test begins with: a server of its own, and devices (browser profiles) that have joined its area.
import { test as base, expect } from '@playwright/test';
import { rm } from 'node:fs/promises';
import { App } from './app.mjs';
import { Server, makeSeed, temporaryFolder } from './server.mjs';

/** Said by the browser itself, where the network is gone or the address is not secure: many of these tests are about it. */
const EXPECTED = /Failed to load resource|net::ERR_|GPU stall|GL Driver|origin was untrustworthy/i;

/** @typedef {import('./server.mjs').Role} Role */
/** @typedef {(role: Role | null, options?: object) => Promise<App>} OpenDevice */

/** @type {import('@playwright/test').TestType<
 *   import('@playwright/test').PlaywrightTestArgs & import('@playwright/test').PlaywrightTestOptions
 *     & { server: Server, device: OpenDevice, app: App },
 *   import('@playwright/test').PlaywrightWorkerArgs & import('@playwright/test').PlaywrightWorkerOptions
 *     & { seed: string }>} */
export const test = base.extend({
  seed: [
    async ({}, use) => {
      const seed = await makeSeed();
      await use(seed);
      await rm(seed, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],

  /** A server with the demo area, and nothing that another test did. */
  server: async ({ seed }, use) => {
    const server = await Server.start({ folder: await temporaryFolder(), seed });
    await use(server);
    await server.remove();
  },

  /** Opens one more device: a browser profile of its own that has joined as `role`, or has joined nothing. */
  device: async ({ browser, server }, use) => {
    /** @type {import('@playwright/test').BrowserContext[]} */
    const contexts = [];
    /** @type {string[]} */
    const complaints = [];
    await use(async (role, options = {}) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      listen(context, complaints);
      const app = new App(await context.newPage(), server);
      if (role) await app.join(server.links[role]);
      else await app.open('/');
      return app;
    });
    for (const context of contexts) await context.close();
    expect(complaints, 'the console and the page are without errors').toEqual([]);
  },

  /** A janitor's device. */
  app: async ({ device }, use) => {
    await use(await device('staff'));
  },
});

/** @param {import('@playwright/test').BrowserContext} context @param {string[]} complaints */
export function listen(context, complaints) {
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !EXPECTED.test(text)) complaints.push(text);
  });
}

export { expect };
