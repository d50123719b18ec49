// @ts-check

/** *Opdatering*. */
export class UpdatesPage {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
  }

  /** What stands under a heading. @param {string} heading */
  section(heading) {
    return this.page.locator('section section').filter({
      has: this.page.getByRole('heading', { level: 2, name: heading, exact: true }),
    });
  }
}

/** *Historik* of one thing. */
export class HistoryPage {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
    this.changes = page.locator('.change');
    // Not there to see where the list stands beside.
    this.back = page.locator('.page__back');
  }
}
