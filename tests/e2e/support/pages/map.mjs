// @ts-check
import { expect } from '@playwright/test';

/** *Områdekort*. */
export class MapPage {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
    this.canvas = page.getByRole('application', { name: /^Områdekort\./ });
    this.inView = page.getByRole('region', { name: 'Markeringer på områdekortet' });
    this.pins = this.inView.getByRole('button');
    this.asList = page.getByRole('link', { name: 'Vis som liste' });
    this.add = page.getByRole('button', { name: 'Tilføj markering' });
  }

  /** @param {'Alle' | 'Ressourcer' | 'Udfordringer'} kind */
  show(kind) {
    return chooseKind(this.page, kind);
  }

  /** The sheet of a pin. @param {string} title */
  sheet(title) {
    return this.page.getByRole('region', { name: title, exact: true });
  }

  /** Opens the form of some pin. */
  async openFirst() {
    await this.page.goto(new URL('/map/list', this.page.url()).href);
    await this.page.locator('a[href^="/map?pin="]').filter({ visible: true }).first().click();
    await this.page.getByRole('link', { name: 'Rediger' }).click();
    await expect(this.page.getByRole('heading', { level: 1, name: 'Rediger markering' })).toBeVisible();
  }

  /** Titles of the pins that are in view. */
  async titles() {
    return sorted(await this.pins.allInnerTexts());
  }

  /** Where on the screen a star or a heart stands alone, found by its colour as a person would.
   * @param {'star' | 'heart'} what */
  async findPin(what) {
    await expect(this.canvas).toBeVisible();
    let place = /** @type {{ x: number, y: number } | null} */ (null);
    await expect(async () => {
      const shot = await this.canvas.screenshot();
      place = await this.page.evaluate(solidSpot, { png: shot.toString('base64'), what });
      expect(place, `a ${what} that stands alone`).not.toBeNull();
    }).toPass({ timeout: 30_000 });
    const box = await this.canvas.boundingBox();
    if (!box || !place) throw new Error('the map is not on the screen');
    return { x: box.x + place.x, y: box.y + place.y };
  }
}

/** *Områdekort som liste*. */
export class MapListPage {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
    this.items = page.getByRole('main').getByRole('article');
    this.asMap = page.getByRole('link', { name: 'Vis som kort' });
  }

  /** @param {'Alle' | 'Ressourcer' | 'Udfordringer'} kind */
  show(kind) {
    return chooseKind(this.page, kind);
  }

  /** @param {string | RegExp} words */
  count(words) {
    return this.page.getByRole('status').filter({ hasText: words });
  }

  async titles() {
    return sorted(await this.items.getByRole('heading', { level: 2 }).allInnerTexts());
  }
}

/** The form of a mark. */
export class PinForm {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
    this.title = page.getByRole('textbox', { name: 'Titel' });
    this.note = page.getByRole('textbox', { name: 'Hvad siges der om det?' });
    this.here = page.getByRole('button', { name: 'Stedet er her' });
    this.save = page.getByRole('button', { name: 'Gem' });
  }

  /** @param {string} name */
  category(name) {
    const group = this.page.getByRole('group', { name: 'Hvad er det?' });
    return group.getByRole('radio', { name, exact: true }).check({ force: true });
  }
}

/** @param {import('@playwright/test').Page} page @param {string} kind */
function chooseKind(page, kind) {
  const group = page.getByRole('group', { name: 'Vis', exact: true });
  return group.getByRole('radio', { name: kind, exact: true }).check({ force: true });
}

/** @param {string[]} titles */
function sorted(titles) {
  return titles.map((title) => title.trim()).sort();
}

/** Runs in the page: the middle of a spot that is all of the colour of a star (or heart), so not the ring of a cluster.
 * @param {{ png: string, what: string }} options */
async function solidSpot({ png, what }) {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const wanted = what === 'star' ? [194, 31, 48] : [11, 107, 67];
  const at = (x, y) => wanted.every((value, part) => Math.abs(data[4 * (y * image.width + x) + part] - value) < 24);
  const solid = (x, y) => {
    for (let dy = -4; dy <= 4; dy += 1) for (let dx = -4; dx <= 4; dx += 1) if (!at(x + dx, y + dy)) return false;
    return true;
  };
  // The chrome at the top and the buttons at the side lie over the map and may have the same colours.
  for (let y = 150; y < image.height - 150; y += 1) {
    for (let x = 30; x < image.width - 90; x += 1) if (solid(x, y)) return { x, y: y + 2 };
  }
  return null;
}
