// @ts-check
import { expect } from '@playwright/test';

/** The lock screen, and *Sikkerhed på enheden* where it is set. */
export class Lock {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
    this.heading = page.getByRole('heading', { level: 1, name: 'Trygkort er låst' });
    this.keys = page.getByRole('group', { name: 'Taltastatur' });
    this.open = page.getByRole('button', { name: 'Lås op' });
    this.forgot = page.getByRole('button', { name: 'Glemt PIN-kode?' });
  }

  /** What it says. @param {string | RegExp} words */
  says(words) {
    return this.page.getByRole('status').filter({ hasText: words });
  }

  /** Chooses a PIN on *Sikkerhed på enheden*. @param {string} pin */
  async choose(pin) {
    await this.page.getByRole('button', { name: 'Vælg en PIN-kode' }).click();
    await this.page.getByRole('textbox', { name: 'Ny PIN-kode', exact: true }).fill(pin);
    await this.page.getByRole('textbox', { name: 'Gentag den nye PIN-kode' }).fill(pin);
    await this.page.getByRole('button', { name: 'Gem PIN-kode' }).click();
    await expect(this.page.getByRole('button', { name: 'Skift PIN-kode' })).toBeVisible();
  }

  async now() {
    // On a desk the menu stands beside the page, and each has one.
    await this.page.getByRole('button', { name: 'Lås nu' }).filter({ visible: true }).first().click();
    await expect(this.heading).toBeVisible();
  }

  /** Presses the keys. @param {string} digits */
  async press(digits) {
    for (const digit of digits) await this.keys.getByRole('button', { name: digit, exact: true }).click();
  }

  /** @param {string} pin */
  async unlock(pin) {
    await this.press(pin);
    await this.open.click();
  }
}
