// @ts-check
// The desktop window with a real server: join, go offline, call.
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { Server } from '../e2e/support/server.mjs';
import { AppWindow, until } from './support/window.mjs';

/** @type {string} */
let folder;
/** @type {Server} */
let server;
/** The windows of one test, closed after it whatever happens. @type {AppWindow[]} */
let windows = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trygkort-window-'));
});

after(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  server = await Server.start({ folder: await mkdtemp(join(folder, 'server-')) });
});

afterEach(async () => {
  for (const window of windows.splice(0)) await window.close();
  await server.remove();
});

/** @param {{ data?: string, path?: string }} options */
async function open({ data, path } = {}) {
  const window = await AppWindow.open({ data: data ?? (await mkdtemp(join(folder, 'data-'))), path });
  windows.push(window);
  return window;
}

test('an invitation is redeemed in the window', { timeout: 180_000 }, async () => {
  const window = await open();
  await window.find('heading', 'Velkommen til Trygkort');
  await window.join(await server.invite('coordinator'));
  await window.find('heading', 'Bøgeparken');
  for (const problem of ['Narkosalg', 'Hærværk', 'Mislighold', 'Dårlig belysning', 'Anden utryghed']) {
    await window.find('link', problem);
  }
  await window.find('link', 'Nyt problem');
  await window.click('link', 'Områdekort');
  await window.find('button', 'Ressource: Bøgeskolen, Institution');
});

test('with the server killed and the window opened anew, everything is there', { timeout: 180_000 }, async () => {
  const data = await mkdtemp(join(folder, 'data-'));
  const first = await open({ data });
  await first.join(await server.invite('staff'));
  await first.find('link', 'Hærværk');
  await first.click('link', 'Kontakter');
  await first.reads('25 kontakter');
  await first.close();
  await server.kill();

  const again = await open({ data });
  await again.find('heading', 'Bøgeparken');
  await again.click('link', 'Kontakter');
  await again.reads('25 kontakter');
  await again.click('link', 'Områdekort');
  await again.find('button', 'Ressource: Bøgeskolen, Institution');
});

test('two taps from the card to the telephone', { timeout: 180_000 }, async () => {
  const window = await open();
  await window.join(await server.invite('staff'));
  await window.click('link', 'Hærværk');
  assert.equal(await window.attribute('link', 'Ring 32 57 10 00', 'href'), 'tel:+4532571000');
  await window.click('link', 'Ring 32 57 10 00');
  await window.reads('Numrene er opdigtede');
  await window.reads('Der blev ikke ringet op');
});

test('outside the demo a telephone link goes to the system', { timeout: 180_000 }, async () => {
  // The system's opener, replaced by one that writes down what it is asked to open.
  const path = join(folder, 'bin');
  const opened = join(folder, 'opened');
  await mkdir(path);
  for (const name of ['xdg-open', 'gio', 'gnome-open', 'kde-open', 'wslview']) {
    await writeFile(join(path, name), `#!/bin/sh\necho "$@" >> '${opened}'\n`);
    await chmod(join(path, name), 0o755);
  }
  await server.createArea('Prøveparken');
  const window = await open({ path });
  await window.join(await server.invite('staff', 1, 'Prøveparken'));
  await window.click('link', 'Ring 112, Akut udrykning og livsfare');
  await until('the system is asked to dial', async () => assert.match(await readFile(opened, 'utf8'), /tel:112/));
});

test('what is not sent is saved to a file where downloads lie', { timeout: 180_000 }, async () => {
  const data = await mkdtemp(join(folder, 'data-'));
  const window = await open({ data });
  await window.join(await server.invite('staff'));
  await window.click('link', 'Hærværk');
  await server.kill();
  await window.click('button', 'Nummeret virker ikke');
  await window.click('link', 'Mere');
  await window.click('link', /^Opdatering/);
  await window.click('button', 'Gem usendt til fil');
  await window.reads(`Gemt her: ${join(data, 'downloads', 'usendt.trygkort')}`);
  const file = await readFile(join(data, 'downloads', 'usendt.trygkort'));
  assert.ok(file.length > 100, `${file.length} bytes`);
});

/** The databases of a window's folder and all that belongs to them, by name. @param {string} data */
async function databases(data) {
  const names = (await readdir(data)).filter((name) => /^(device|area-|lock)/.test(name));
  return new Map(await Promise.all(names.map(async (name) => /** @type {const} */ ([name, await readFile(join(data, name))]))));
}

test('the files are encrypted, a PIN opens them after a restart, and forgetting leaves none', { timeout: 300_000 }, async () => {
  const data = await mkdtemp(join(folder, 'data-'));
  const first = await open({ data });
  await first.join(await server.invite('staff'));
  await first.find('link', 'Hærværk');
  for (const [name, bytes] of await databases(data)) {
    for (const text of ['SQLite format', 'Ejendomskontoret', '32571000', 'Bøgeparken']) {
      assert.ok(!bytes.includes(text), `${name} holds ${text}`);
    }
  }
  const key = await stat(join(data, 'database.key'));
  assert.equal(key.mode & 0o777, 0o600);

  await first.click('link', 'Mere');
  await first.click('link', /^Sikkerhed på enheden/);
  await first.reads('computerens nøglelager kunne ikke bruges');
  await first.click('button', 'Vælg en PIN-kode');
  await first.fill('Ny PIN-kode', '24680');
  await first.fill('Gentag den nye PIN-kode', '24680');
  await first.click('button', 'Gem PIN-kode');
  await first.find('button', 'Skift PIN-kode');
  await first.close();

  const again = await open({ data });
  await again.find('heading', 'Trygkort er låst');
  for (const digit of '24680') await again.click('button', digit);
  await again.click('button', 'Lås op');
  await again.find('link', 'Hærværk');

  await again.click('link', 'Mere');
  await again.click('button', 'Lås nu');
  await again.find('heading', 'Trygkort er låst');
  await again.click('button', 'Glemt PIN-kode?');
  await again.click('button', 'Glem enheden');
  await again.find('heading', 'Enheden er glemt');
  const left = [...(await databases(data)).keys()].filter((name) => !/^device\.db(-wal|-shm)?$/.test(name));
  assert.deepEqual(left, []);
  await again.click('button', 'Begynd forfra');
  // In the language of the machine: the setting was forgotten, too.
  await again.find('heading', /^(Velkommen til|Welcome to) Trygkort$/);
});
