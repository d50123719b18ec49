// @ts-check
import { expect } from '@playwright/test';

/** The photos of a mark, in its sheet and in its form. */
export class Photos {
  /** @param {import('@playwright/test').Page} page */
  constructor(page) {
    this.page = page;
    this.tiles = page.getByRole('list', { name: 'Billeder' }).getByRole('listitem');
    this.take = page.getByLabel('Tag billede');
    this.choose = page.getByLabel('Vælg billede');
    this.describe = page.getByRole('dialog', { name: 'Nyt billede' });
    this.viewer = page.getByRole('dialog', { name: /^Billede \d+ af \d+$/ });
    this.shown = this.viewer.getByRole('img');
  }

  /** Takes a photo and says what it shows. @param {Buffer} jpeg @param {string} caption */
  async add(jpeg, caption) {
    await this.take.setInputFiles({ name: 'IMG_0001.JPG', mimeType: 'image/jpeg', buffer: jpeg });
    await this.describe.getByRole('textbox', { name: 'Hvad viser billedet?' }).fill(caption);
    await this.describe.getByRole('button', { name: 'Gem', exact: true }).click();
    await expect(this.describe).toBeHidden();
  }

  /** The file of the photo that is open. */
  async file() {
    const address = String(await this.shown.getAttribute('src'));
    return Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
  }
}

/** A photo as a phone makes it: lying on its side, with the place in its EXIF.
 * @param {import('@playwright/test').Page} page @param {number} [width] @param {number} [height] */
export async function photograph(page, width = 2400, height = 1800) {
  const base64 = await page.evaluate(drawing, { width, height });
  const jpeg = Buffer.from(base64, 'base64');
  return Buffer.concat([jpeg.subarray(0, 2), exif(), jpeg.subarray(2)]);
}

/** Runs in the page. @param {{ width: number, height: number }} size */
function drawing({ width, height }) {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  for (let x = 0; x < width; x += 40) {
    context.fillStyle = `hsl(${(x / width) * 360} 60% 50%)`;
    context.fillRect(x, 0, 40, height);
  }
  return canvas.toDataURL('image/jpeg').split(',')[1];
}

/** An APP1 segment: to be turned by a quarter, and taken at 55° 38′ N. */
function exif() {
  const [short, long, text, rational] = [3, 4, 2, 5];
  /** @param {number} tag @param {number} kind @param {number} count @param {Buffer} value */
  const entry = (tag, kind, count, value) => {
    const head = Buffer.alloc(8);
    head.writeUInt16BE(tag, 0);
    head.writeUInt16BE(kind, 2);
    head.writeUInt32BE(count, 4);
    return Buffer.concat([head, value, Buffer.alloc(4 - value.length)]);
  };
  const number = (/** @type {number} */ value) => Buffer.from([value >> 24, value >> 16, value >> 8, value]);
  const directory = (/** @type {Buffer[]} */ ...entries) =>
    Buffer.concat([Buffer.from([0, entries.length]), ...entries, number(0)]);
  const gpsAt = 8 + 2 + 2 * 12 + 4;
  const latitudeAt = gpsAt + 2 + 2 * 12 + 4;
  const tiff = Buffer.concat([
    Buffer.from('MM\0*\0\0\0\b', 'latin1'),
    directory(entry(0x0112, short, 1, Buffer.from([0, 6])), entry(0x8825, long, 1, number(gpsAt))),
    directory(entry(1, text, 2, Buffer.from('N\0')), entry(2, rational, 3, number(latitudeAt))),
    ...[55, 1, 38, 1, 0, 1].map(number),
  ]);
  const content = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  return Buffer.concat([Buffer.from([0xff, 0xe1, (content.length + 2) >> 8, content.length + 2]), content]);
}
