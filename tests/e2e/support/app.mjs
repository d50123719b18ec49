// @ts-check
// The app as a person knows it: pages, and what can be done there. Everything is found by its role and its name.
import { expect } from '@playwright/test';
import { CardPage, ConcernPage, ProblemPage } from './pages/card.mjs';
import { ContactForm, ContactsPage, ContactPage } from './pages/contacts.mjs';
import { MapListPage, MapPage, PinForm } from './pages/map.mjs';
import { Photos } from './pages/photos.mjs';
import { CardTablePage } from './pages/table.mjs';
import { Lock } from './pages/lock.mjs';
import { SettingsPage } from './pages/more.mjs';
import { HistoryPage, UpdatesPage } from './pages/updates.mjs';

export class App {
  /** @param {import('@playwright/test').Page} page @param {{ url: string }} server */
  constructor(page, server) {
    this.page = page;
    this.server = server;
    this.card = new CardPage(page);
    this.problem = new ProblemPage(page);
    this.concern = new ConcernPage(page);
    this.contacts = new ContactsPage(page);
    this.contact = new ContactPage(page);
    this.contactForm = new ContactForm(page);
    this.table = new CardTablePage(page);
    this.map = new MapPage(page);
    this.mapList = new MapListPage(page);
    this.pinForm = new PinForm(page);
    this.photos = new Photos(page);
    this.settings = new SettingsPage(page);
    this.updates = new UpdatesPage(page);
    this.history = new HistoryPage(page);
    this.lock = new Lock(page);
  }

  /** @param {string} path */
  open(path) {
    return this.page.goto(new URL(path, this.server.url).href);
  }

  /** The big heading of the page that is open. @param {string | RegExp} name */
  heading(name) {
    return this.page.getByRole('heading', { level: 1, name, exact: true });
  }

  /** Redeems an invitation and goes on to the card.
   * @param {string} link @param {string} [name] @param {number} [problems] how many the area has */
  async join(link, name = 'Mona', problems = 6) {
    await this.page.goto(link);
    await this.page.getByRole('textbox', { name: 'Dit navn i netværket' }).fill(name);
    await this.page.getByRole('button', { name: 'Åbn området' }).click();
    await this.page.getByRole('link', { name: 'Til Actioncard' }).click();
    await expect(this.card.tiles).toHaveCount(problems);
  }

  /** A place of the menu. @param {'Actioncard' | 'Kontakter' | 'Områdekort' | 'Mere'} place */
  async goTo(place) {
    await this.page.getByRole('navigation', { name: 'Menu' }).getByRole('link', { name: place }).click();
  }

  /** What the badge says, wherever on the page it stands. @param {string | RegExp} words */
  badge(words) {
    return this.page.getByRole('link', { name: words }).filter({ visible: true }).first();
  }

  /** A short message at the edge of the screen. @param {string | RegExp} words */
  message(words) {
    return this.page.getByRole('status').filter({ hasText: words });
  }

  /** Marks where the map is just now; the mark's sheet is open afterwards. @param {string} title */
  async mark(title) {
    await this.goTo('Områdekort');
    await this.map.add.click();
    await this.pinForm.category('Sted');
    await this.pinForm.title.fill(title);
    await expect(this.page.getByText('Stedet er valgt.')).toBeVisible();
    await this.pinForm.save.click();
    await expect(this.map.sheet(title)).toBeVisible();
  }

  async undo() {
    await this.page.getByRole('button', { name: 'Fortryd' }).last().click();
  }

  dialog() {
    return this.page.getByRole('dialog');
  }

  /** Waits until the whole app is kept on the device, so that it opens without a network. */
  async keptForOffline() {
    await this.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  }

  /** Takes the network away, or brings it back. @param {boolean} offline */
  async setOffline(offline) {
    await this.page.context().setOffline(offline);
  }

  /** One more tab of the same browser. */
  async newTab() {
    return new App(await this.page.context().newPage(), this.server);
  }
}
