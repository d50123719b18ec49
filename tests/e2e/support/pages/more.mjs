// @ts-check

/** *Indstillinger*; the words are those of the language that is chosen. */
export class SettingsPage {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
  }

  /** @param {string | RegExp} group @param {string} value */
  choose(group, value) {
    const choices = this.page.getByRole('group', { name: group });
    return choices.getByRole('radio', { name: value, exact: true }).check({ force: true });
  }
}
