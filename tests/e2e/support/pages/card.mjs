// @ts-check

/** *Actioncard*: 112, 114 and a tile for each problem. */
export class CardPage {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
    this.tiles = page.getByRole('list', { name: 'Hvad er problemet?' }).getByRole('listitem');
    this.alarm = page.getByRole('link', { name: 'Ring 112, Akut udrykning og livsfare' });
    this.police = page.getByRole('link', { name: 'Ring 114, Politi, ikke akut' });
    this.concern = page.getByRole('link', { name: 'Bekymret for en person?' });
  }

  /** @param {string} problem */
  tile(problem) {
    return this.page.getByRole('link', { name: problem, exact: true });
  }
}

/** A problem: who to call, and what to have ready. */
export class ProblemPage {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
  }

  /** @param {string} name */
  contact(name) {
    return this.page.getByRole('listitem', { name, exact: true });
  }
}

/** *Bekymret for en person?* */
export class ConcernPage {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.call = page.getByRole('link', { name: 'Ring 32 57 10 90' });
    this.writable = page.getByRole('main').getByRole('textbox').filter({ visible: true });
  }
}
