// @ts-check
// The desktop window, driven over the WebDriver protocol: tauri-driver in front of WebKit's own driver.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = process.env.TRYGKORT_ROOT ?? resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const PROGRAM = process.env.TRYGKORT_WINDOW ?? join(ROOT, 'target/xtask/bin/trygkort-app');
const DRIVER = process.env.TRYGKORT_TAURI_DRIVER ?? join(homedir(), '.cache/trygkort/tools/bin/tauri-driver');
const NATIVE_DRIVER = '/usr/bin/WebKitWebDriver';

/** How long something may take to appear; only a failing test waits so long. */
const PATIENCE_MS = 40_000;
const LOOK_EVERY_MS = 100;

/** What carries each role that the tests look for. */
const SELECTORS = {
  link: 'a[href]',
  button: 'button',
  heading: 'h1, h2, h3',
  textbox: 'input:not([type=radio], [type=checkbox]), textarea',
  dialog: 'dialog[open]',
};

/** @typedef {keyof typeof SELECTORS} Role */
/** @typedef {{ [key: string]: string }} Element */

export class AppWindow {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #driver;
  #url = '';
  #session = '';

  /** Opens the window on this folder's data. @param {{ data: string, path?: string }} options `path`: where the window
   * looks for the system's programs first */
  static async open({ data, path }) {
    assert.ok(process.env.DISPLAY, 'a display is needed: `xvfb-run node --test tests/desktop/`, or `cargo xtask test`');
    const window = new AppWindow();
    const [port, nativePort] = [await freePort(), await freePort()];
    const ports = ['--port', String(port), '--native-port', String(nativePort)];
    window.#driver = spawn(DRIVER, [...ports, '--native-driver', NATIVE_DRIVER], {
      stdio: ['ignore', 'ignore', 'inherit'],
      // A group of its own, so that nothing it started outlives it: a window whose session could not begin is nobody's,
      // and as long as it has our standard error the test run does not end.
      detached: true,
      env: {
        ...process.env,
        PATH: path ? `${path}:${process.env.PATH}` : process.env.PATH,
        LANG: 'da_DK.UTF-8',
        TRYGKORT_DATA: data,
        // The person's own key store would ask to be opened.
        TRYGKORT_KEY_STORE: 'none',
        WEBKIT_DISABLE_DMABUF_RENDERER: '1',
        WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      },
    });
    window.#url = `http://127.0.0.1:${port}`;
    try {
      await window.#begin();
      await window.#speakDanish();
    } catch (error) {
      await window.close();
      throw error;
    }
    return window;
  }

  /** Chooses the language as *Indstillinger* does: which one the window begins with depends on the machine. */
  async #speakDanish() {
    const settings = { language: 'da', theme: 'system', text_percent: 100 };
    const request = JSON.stringify({ set_settings: { settings } });
    const script = `const [request, done] = arguments;
      __TAURI__.core.invoke('ask', { request }).then(() => { location.reload(); done(null); }, done);`;
    await until('the window is there', () => this.run('return document.querySelector("h1").innerText;'));
    const refused = await this.#call('POST', `${this.#session}/execute/async`, { script, args: [request] });
    // A locked window speaks as it did before it was locked.
    assert.ok(refused === null || String(refused).includes('"locked"'), String(refused));
    await until('Danish', async () => assert.equal(await this.run('return document.documentElement.lang;'), 'da'));
  }

  async #begin() {
    const capabilities = { alwaysMatch: { browserName: 'wry', 'tauri:options': { application: PROGRAM } } };
    const { sessionId } = await until('the driver answers and the window opens', async () => {
      assert.equal(this.#driver?.exitCode, null, 'tauri-driver runs');
      return this.#call('POST', '/session', { capabilities });
    });
    this.#session = `/session/${sessionId}`;
  }

  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  async #call(method, path, body) {
    const request = { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) };
    const response = await fetch(this.#url + path, request);
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value?.error}: ${value?.message}`);
    return value;
  }

  /** Runs a script in the page. @param {string} script @param {...unknown} args */
  run(script, ...args) {
    return this.#call('POST', `${this.#session}/execute/sync`, { script, args });
  }

  /** What is visible with this role and name, as soon as it is there. @param {Role} role @param {string | RegExp} name
   * @returns {Promise<Element>} */
  find(role, name) {
    return until(`a ${role} called ${name}`, async () => {
      const found = await this.#look(role, name);
      assert.ok(found, `on the screen: ${await this.text()}`);
      return found;
    });
  }

  /** Waits until nothing visible has this role and name. @param {Role} role @param {string | RegExp} name */
  gone(role, name) {
    return until(`no ${role} called ${name}`, async () => assert.equal(await this.#look(role, name), null));
  }

  /** @param {Role} role @param {string | RegExp} name @returns {Promise<Element | null>} */
  #look(role, name) {
    const pattern = name instanceof RegExp ? name.source : `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
    return this.run(
      `const [selector, pattern] = arguments;
       const heard = (element) => {
         const copy = element.cloneNode(true);
         for (const silent of copy.querySelectorAll('[aria-hidden=true]')) silent.remove();
         return [...copy.childNodes].map((node) => node.textContent).join(' ');
       };
       const nameOf = (element) => element.getAttribute('aria-label')
         ?? document.getElementById(element.getAttribute('aria-labelledby'))?.innerText
         ?? element.labels?.[0]?.innerText ?? heard(element);
       const wanted = new RegExp(pattern);
       return [...document.querySelectorAll(selector)].find((element) =>
         element.getClientRects().length > 0 && wanted.test(nameOf(element).trim().replace(/\\s+/g, ' '))) ?? null;`,
      SELECTORS[role],
      pattern,
    );
  }

  /** @param {Role} role @param {string | RegExp} name */
  async click(role, name) {
    const [id] = Object.values(await this.find(role, name));
    await this.#call('POST', `${this.#session}/element/${id}/click`, {});
  }

  /** @param {string} name @param {string} text */
  async fill(name, text) {
    const [id] = Object.values(await this.find('textbox', name));
    await this.#call('POST', `${this.#session}/element/${id}/value`, { text });
  }

  /** @param {Role} role @param {string | RegExp} name @param {string} attribute */
  async attribute(role, name, attribute) {
    return this.run('return arguments[0].getAttribute(arguments[1]);', await this.find(role, name), attribute);
  }

  /** Everything that can be read. @returns {Promise<string>} */
  text() {
    return this.run('return document.body.innerText;');
  }

  /** Waits until these words can be read. @param {string} words */
  reads(words) {
    return until(`the words "${words}"`, async () => assert.ok((await this.text()).includes(words), await this.text()));
  }

  /** Joins an area as a person does: pastes the link on the first page. @param {string} link */
  async join(link) {
    await this.fill('Link', link);
    await this.click('button', 'Brug linket');
    await this.fill('Dit navn i netværket', 'Mona, ejendomskontoret');
    await this.click('button', 'Åbn området');
    await this.click('link', 'Til Actioncard');
  }

  /** Closes the window and the driver. */
  async close() {
    const driver = this.#driver;
    if (!driver) return;
    this.#driver = undefined;
    if (this.#session) await this.#call('DELETE', this.#session).catch(() => {});
    const ended = new Promise((resolve) => driver.once('exit', resolve));
    driver.kill('SIGTERM');
    await ended;
    try {
      process.kill(-Number(driver.pid), 'SIGKILL');
    } catch {
      // Nobody is left.
    }
  }
}

/** Tries again until it works. @template T @param {string} what @param {() => Promise<T>} attempt @returns {Promise<T>} */
export async function until(what, attempt) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`waited for ${what}`, { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.on('error', reject);
    listener.listen(0, '127.0.0.1', () => {
      const address = /** @type {import('node:net').AddressInfo} */ (listener.address());
      listener.close(() => resolve(address.port));
    });
  });
}
