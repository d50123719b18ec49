// @ts-check
import { expect } from '@playwright/test';

/** *Actioncard som skema*. */
export class CardTablePage {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
    this.whole = page.getByRole('radio', { name: 'Hele skemaet' });
    this.table = page.getByRole('table');
  }

  /** The whole table, which a telephone shows only when asked. */
  async showWhole() {
    await expect(this.table.or(this.whole).first()).toBeVisible();
    if (await this.whole.count()) await this.whole.check({ force: true });
    await expect(this.table).toBeVisible();
  }

  /** Chooses the problem whose order is shown: in a list on a telephone, in the heading of the table on a desk.
   * @param {string} problem */
  async chooseProblem(problem) {
    await expect(this.table.or(this.whole).first()).toBeVisible();
    const choice = this.page.getByRole('radio', { name: problem, exact: true });
    if (await choice.count()) await choice.check({ force: true });
    else await this.table.getByRole('button', { name: problem, exact: true }).click();
  }

  /** A cell of the whole table. @param {string} contact @param {string} problem */
  cell(contact, problem) {
    return this.page.getByRole('checkbox', { name: new RegExp(`^${contact} tager ${problem}(, nummer \\d+)?$`) });
  }
}
