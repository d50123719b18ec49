// @ts-check

/** *Kontakter*: the list with its search. */
export class ContactsPage {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
    this.search = page.getByRole('searchbox', { name: 'Søg i kontakter' });
    this.calls = page.getByRole('link', { name: /^Ring til / });
  }

  /** @param {string} words */
  count(words) {
    return this.page.getByRole('status').filter({ hasText: words });
  }

  /** @param {string} name */
  row(name) {
    return this.page.getByRole('link', { name, exact: true });
  }

  /** The names that are listed, from top to bottom. */
  async names() {
    const labels = await this.calls.evaluateAll((links) => links.map((link) => link.getAttribute('aria-label') ?? ''));
    return labels.map((label) => label.replace(/^Ring til (.*), [\d +]+$/, '$1'));
  }
}

/** One contact. */
export class ContactPage {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
    this.edit = page.getByRole('link', { name: 'Ret kontakten' });
  }

  /** @param {string} number */
  call(number) {
    return this.page.getByRole('link', { name: `Ring ${number}`, exact: true });
  }
}

/** The form of a contact. */
export class ContactForm {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
    this.name = page.getByRole('textbox', { name: 'Navn' });
    this.role = page.getByRole('textbox', { name: 'Opgave' });
    this.note = page.getByRole('textbox', { name: 'Bemærkning' });
    this.save = page.getByRole('button', { name: 'Gem' });
    this.cancel = page.getByRole('button', { name: 'Annuller' });
    this.draft = page.getByText('Du har en kladde');
    this.dropDraft = page.getByRole('button', { name: 'Kassér kladden' });
    this.personalNumber = page.getByText('Det ligner et CPR-nummer');
  }

  /** @param {number} index */
  number(index) {
    return this.page.getByRole('textbox', { name: 'Telefonnummer' }).nth(index);
  }
}
