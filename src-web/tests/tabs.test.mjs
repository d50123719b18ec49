// Taking turns between real tabs of a real browser: `node --test src-web/tests/`, after `cargo xtask web`.
//
// Not with Playwright: it tells every page that it is visible and focused, and this is about pages that are not.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const DIST = process.env.TRYGKORT_DIST ?? fileURLToPath(new URL("../../dist", import.meta.url));
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const ANSWER_MS = 15_000;

/** The web app without its server: files, and the page for everything else. */
async function serve() {
  const server = createServer(({ url }, response) => {
    const asked = join(DIST, normalize(new URL(url, "http://localhost").pathname));
    const path = existsSync(asked) && statSync(asked).isFile() ? asked : join(DIST, "index.html");
    if (url.startsWith("/api/")) return response.writeHead(503).end();
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    response.end(readFileSync(path));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

/** A browser spoken to through a pipe (Chrome DevTools Protocol). */
class Browser {
  #profile = mkdtempSync(join(tmpdir(), "trygkort-tabs-"));
  #process = spawn(CHROMIUM, [...FLAGS, "--remote-debugging-pipe", `--user-data-dir=${this.#profile}`], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  #waiting = new Map();
  #lastId = 0;

  constructor() {
    let read = "";
    this.#process.stdio[4].on("data", (bytes) => {
      const messages = (read + bytes).split("\0");
      read = messages.pop();
      for (const { id, result, error } of messages.map((text) => JSON.parse(text))) {
        const { resolve, reject } = this.#waiting.get(id) ?? {};
        if (error) reject?.(new Error(error.message));
        else resolve?.(result);
      }
    });
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#lastId;
    this.#process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  async open(url) {
    const { targetId } = await this.send("Target.createTarget", { url });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const tab = new Tab((method, params) => this.send(method, params, sessionId));
    await tab.show();
    while (!(await tab.isLoaded())) await new Promise((later) => setTimeout(later, 50));
    return tab;
  }

  async close() {
    const gone = new Promise((exit) => this.#process.once("exit", exit));
    await this.send("Browser.close");
    await gone;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Tab {
  constructor(send) {
    this.send = send;
  }

  show = () => this.send("Page.bringToFront");
  freeze = () => this.send("Page.setWebLifecycleState", { state: "frozen" });
  thaw = () => this.send("Page.setWebLifecycleState", { state: "active" });

  async isLoaded() {
    const expression = `!!document.querySelector('meta[name="trygkort-worker"]')`;
    // Fails while the tab changes from the empty page to ours.
    const { result } = await this.send("Runtime.evaluate", { expression }).catch(() => ({ result: { value: false } }));
    return result.value;
  }

  /** Asks the core, as the screens do. */
  async ask(ask, fields = {}) {
    const request = JSON.stringify(JSON.stringify({ [ask]: fields }));
    const expression = `(async () => {
      const late = new Promise((_, refuse) => setTimeout(refuse, ${ANSWER_MS}, "no answer in time"));
      return Promise.race([(await import("/js/host.js")).ask(${request}), late]).catch((error) => "failed: " + error);
    })()`;
    const { result } = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    assert.ok(!String(result.value).startsWith("failed"), `${ask}: ${result.value}`);
    return JSON.parse(result.value);
  }

  keep = (word) => this.ask("save_draft", { key: "tabs-test", json: JSON.stringify(word) });
  kept = async () => JSON.parse(await this.ask("get_draft", { key: "tabs-test" }));
}

const missing = !CHROMIUM ? "no Chromium here" : !existsSync(join(DIST, "index.html")) ? "no dist/: cargo xtask web" : false;

test("tabs take turns, and a frozen one stands in nobody's way", { skip: missing, timeout: 120_000 }, async () => {
  const server = await serve();
  const browser = new Browser();
  try {
    const url = `http://127.0.0.1:${server.address().port}/`;
    const one = await browser.open(url);
    await one.ask("open_demo");
    await one.keep("first");

    const two = await browser.open(url);
    assert.equal(await two.kept(), "first", "the tab that is seen has the database");
    await two.keep("second");

    await one.show();
    assert.equal(await one.kept(), "second", "the first tab has it again, and what the second wrote");

    // Frozen in the very moment it is hidden: no time to let go in good order.
    await one.freeze();
    await two.show();
    assert.equal(await two.kept(), "second", "a frozen tab does not keep the database");
    await two.keep("third");

    await one.thaw();
    await one.show();
    assert.equal(await one.kept(), "third", "a thawed tab goes on");

    // Frozen after it was hidden for a while, as browsers do.
    await two.show();
    assert.equal(await two.kept(), "third");
    await one.freeze();
    await two.keep("fourth");
    await one.thaw();

    // What is asked while another tab has the database waits and is answered.
    const asked = one.kept();
    await new Promise((later) => setTimeout(later, 300));
    await one.show();
    assert.equal(await asked, "fourth");
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
});
