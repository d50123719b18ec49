// @ts-check
// Every screen of the app and how to get there: for axe, and for the photographs.
import { expect } from '@playwright/test';

/** @typedef {import('./app.mjs').App} App */
/** @typedef {{ name: string, open: (app: App) => Promise<unknown> }} Screen */

/** Waits until the page that is open has its heading and is not loading. @param {App} app */
export async function settled(app) {
  await expect(app.page.getByRole('heading').filter({ visible: true }).first()).toBeVisible();
  await expect(app.page.locator('[aria-busy="true"]')).toHaveCount(0);
}

/** @param {string} name @param {string} path @returns {Screen} */
function page(name, path) {
  return { name, open: (app) => app.open(path) };
}

/** The address of the first thing in a list. @param {App} app @param {string} path @param {string} name */
async function addressOf(app, path, name) {
  await app.open(path);
  const link = app.page.getByRole('link', { name, exact: true }).first();
  return String(await link.getAttribute('href'));
}

/** Screens of a coordinator, who has them all. @type {Screen[]} */
export const SCREENS = [
  page('card', '/card'),
  { name: 'problem', open: async (app) => app.open(await addressOf(app, '/card', 'Hærværk')) },
  {
    name: 'demo-stop',
    open: async (app) => {
      await app.open(await addressOf(app, '/card', 'Hærværk'));
      await app.page.locator('a[href="tel:+4532571000"]').filter({ visible: true }).first().click();
      await expect(app.dialog()).toBeVisible();
    },
  },
  page('concern', '/card/concern'),
  page('card-table', '/card/table'),
  {
    name: 'problem-edit',
    open: async (app) => app.open((await addressOf(app, '/card', 'Hærværk')).replace('/card/', '/card/edit/')),
  },
  page('area-edit', '/card/area'),
  page('contacts', '/contacts'),
  {
    name: 'contacts-none',
    open: async (app) => {
      await app.open('/contacts');
      await app.page.getByRole('searchbox').fill('findesikke');
      await expect(app.page.getByText('»findesikke«').or(app.page.getByText('findesikke')).first()).toBeVisible();
    },
  },
  { name: 'contact', open: async (app) => app.open(await addressOf(app, '/contacts', 'Ejendomskontoret')) },
  {
    name: 'contact-edit',
    open: async (app) =>
      app.open((await addressOf(app, '/contacts', 'Ejendomskontoret')).replace('/contacts/', '/contacts/edit/')),
  },
  {
    name: 'contact-history',
    open: async (app) =>
      app.open((await addressOf(app, '/contacts', 'Ejendomskontoret')).replace('/contacts/', '/contacts/history/')),
  },
  page('contact-new', '/contacts/edit/new'),
  page('organisation-new', '/contacts/organisation/new'),
  {
    name: 'map',
    open: async (app) => {
      await app.open('/map');
      await drawn(app);
    },
  },
  {
    name: 'map-sheet',
    open: async (app) => {
      await app.open('/map/list');
      await app.page.locator('a[href^="/map?pin="]').filter({ visible: true }).nth(24).click();
      await drawn(app);
    },
  },
  page('map-list', '/map/list'),
  {
    name: 'pin-new',
    open: async (app) => {
      await app.open('/map/edit/new');
      await drawn(app);
    },
  },
  page('more', '/more'),
  page('updates', '/more/updates'),
  page('aside', '/more/aside'),
  page('areas', '/more/areas'),
  page('settings', '/more/settings'),
  page('security', '/more/security'),
  page('invite', '/more/invite'),
  page('members', '/more/members'),
  page('devices', '/more/devices'),
  page('not-this', '/more/network'),
  page('about', '/more/about'),
  page('install', '/more/install'),
  page('welcome', '/welcome'),
  page('no-such-page', '/findes-ikke'),
];

/** Waits until the map has drawn its pins. @param {App} app */
async function drawn(app) {
  await expect(app.page.getByRole('application')).toBeVisible();
  await expect(app.page.getByRole('main').getByRole('button').first()).toBeVisible();
}
