// @ts-check
// Chromium without Playwright, which keeps every tab visible: here tabs are hidden and frozen as they are for people.
// Spoken to over the DevTools pipe: one JSON message after the other, a zero byte between them.
import { execFile, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EXECUTABLE, LAUNCH } from './browser.mjs';
import { PROGRAM } from './server.mjs';

/** Says whether the databases of a profile are whole (`tests/examples/check_profile.rs`); it lies beside the server. */
const CHECKER = join(dirname(PROGRAM), 'check_profile');
/** How long something may take to appear; only a failing test waits so long. */
const PATIENCE_MS = 30_000;

/** Fails when a database in a profile is damaged, or there is none. @param {string} profile */
export async function wholeDatabases(profile) {
  await promisify(execFile)(CHECKER, [profile]);
}

export class RawBrowser {
  #nextId = 1;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();

  /** @param {string} profile a folder of its own */
  constructor(profile) {
    const args = [...LAUNCH.args, '--headless', '--remote-debugging-pipe', '--accept-lang=da', `--user-data-dir=${profile}`];
    this.process = spawn(EXECUTABLE, [...args, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    let rest = '';
    const answers = /** @type {import('node:stream').Readable} */ (this.process.stdio[4]);
    answers.setEncoding('utf8').on('data', (text) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop() ?? '';
      for (const message of messages) this.#receive(JSON.parse(message));
    });
  }

  /** @param {any} message */
  #receive({ id, result, error }) {
    const waiter = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiter?.reject(new Error(error.message));
    else waiter?.resolve(result);
  }

  /** @param {string} method @param {object} [params] @param {string} [sessionId] @returns {Promise<any>} */
  send(method, params = {}, sessionId) {
    const id = this.#nextId++;
    const questions = /** @type {import('node:stream').Writable} */ (this.process.stdio[3]);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      questions.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  /** Opens a tab in front of the others. @param {string} url */
  async open(url) {
    const { targetId } = await this.send('Target.createTarget', { url });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    return new RawTab(this, targetId, sessionId);
  }

  /** Ends it; more than once is no harm. @param {NodeJS.Signals} [signal] */
  async close(signal = 'SIGTERM') {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill(signal);
    await ended;
  }
}

export class RawTab {
  /** @param {RawBrowser} browser @param {string} target @param {string} session */
  constructor(browser, target, session) {
    this.browser = browser;
    this.target = target;
    this.session = session;
  }

  /** @param {string} method @param {object} [params] */
  send(method, params) {
    return this.browser.send(method, params, this.session);
  }

  /** The value of an expression in the page. @param {string} expression */
  async run(expression) {
    const { result } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    return result.value;
  }

  /** Waits until an expression is true in the page. @param {string} expression */
  async until(expression) {
    const deadline = Date.now() + PATIENCE_MS;
    // A page that is being loaded has nothing to ask.
    while (!(await this.run(expression).catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`waited for ${expression}; on the screen: ${await this.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Waits until these words can be read. @param {string} words */
  reads(words) {
    return this.until(`document.body?.innerText.includes(${JSON.stringify(words)})`);
  }

  text() {
    return this.run('document.body?.innerText');
  }

  /** Clicks what has this name. @param {'a' | 'button'} kind @param {string} name */
  async click(kind, name) {
    const element = `[...document.querySelectorAll('${kind}')].find((element) => element.getClientRects().length > 0
      && (element.getAttribute('aria-label') ?? element.innerText).trim() === ${JSON.stringify(name)})`;
    await this.until(`!!${element}`);
    await this.run(`${element}.click()`);
  }

  /** What a browser does to a tab in the background. @param {'frozen' | 'active'} state */
  lifecycle(state) {
    return this.send('Page.setWebLifecycleState', { state });
  }

  /** Brings it to the front. */
  show() {
    return this.browser.send('Target.activateTarget', { targetId: this.target });
  }

  close() {
    return this.browser.send('Target.closeTarget', { targetId: this.target });
  }
}
