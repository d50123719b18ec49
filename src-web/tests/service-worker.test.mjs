// The service worker against an in-memory browser: `node --test src-web/tests/`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const SOURCE = readFileSync(new URL("../service-worker.js", import.meta.url), "utf8");
const ORIGIN = "https://trygkort.example";

/** A server, a network that can be cut, and the part of the browser that outlives a version of the worker. */
class Browser {
  files = new Map();
  fetched = [];
  online = true;
  pages = 1;
  stores = new Map();

  publish(files) {
    this.files = new Map(Object.entries(files));
    const list = Object.entries(files).map(([path, body]) => [path, `hash of ${body}`]);
    return new Version(this, list);
  }

  fetch = async (input) => {
    const path = new URL(typeof input === "string" ? input : input.url, ORIGIN).pathname;
    if (!this.online) throw new TypeError("network down");
    this.fetched.push(path);
    const found = this.files.get(path);
    // As the real server: what is no file is answered with the app's page.
    const [body, type] = found === undefined ? [this.files.get("/index.html"), "text/html"] : [found, typeOf(path)];
    return new Response(body, { headers: { "content-type": type } });
  };

  caches = {
    open: async (name) => {
      if (!this.stores.has(name)) this.stores.set(name, new MemoryCache());
      return this.stores.get(name);
    },
    keys: async () => [...this.stores.keys()],
    delete: async (name) => this.stores.delete(name),
    match: async (path) => {
      for (const store of this.stores.values()) {
        const found = await store.match(path);
        if (found) return found;
      }
      return undefined;
    },
  };
}

class MemoryCache {
  kept = new Map();
  match = async (path) => this.kept.get(path)?.clone();
  put = async (path, response) => void this.kept.set(path, response);
}

/** One version of the script, as the browser runs it. */
class Version {
  handlers = {};
  claimed = false;
  skipped = false;

  constructor(browser, list) {
    this.browser = browser;
    this.registration = { installing: null, waiting: null };
    const self = {
      __PRECACHE: list,
      location: new URL(ORIGIN + "/service-worker.js"),
      registration: this.registration,
      clients: {
        claim: async () => void (this.claimed = true),
        matchAll: async () => Array.from({ length: browser.pages }, () => ({})),
      },
      skipWaiting: async () => void (this.skipped = true),
      addEventListener: (type, handler) => (this.handlers[type] = handler),
    };
    const { caches, fetch } = browser;
    vm.runInNewContext(SOURCE, { self, caches, fetch, URL, Response, Map, Set });
  }

  async run(type, fields = {}) {
    let work = Promise.resolve();
    this.handlers[type]({ ...fields, waitUntil: (promise) => (work = promise) });
    await work;
  }

  async start() {
    await this.run("install");
    await this.run("activate");
    return this;
  }

  /** The body that a page gets, or `null` when the worker leaves the request to the network. */
  async get(path, { mode = "no-cors", method = "GET" } = {}) {
    let answer = null;
    const request = { url: new URL(path, ORIGIN).href, method, mode };
    this.handlers.fetch({ request, respondWith: (promise) => (answer = promise) });
    return answer && (await answer).text();
  }
}

function typeOf(path) {
  if (path.endsWith(".html")) return "text/html; charset=utf-8";
  return path.endsWith(".js") ? "text/javascript" : "application/octet-stream";
}

const ONE = { "/index.html": "page 1", "/app-1.js": "code 1", "/fonts/plex.woff2": "font" };
const TWO = { "/index.html": "page 2", "/app-2.js": "code 2", "/fonts/plex.woff2": "font" };

test("after the first visit everything opens without network, at any address", async () => {
  const browser = new Browser();
  const version = await browser.publish(ONE).start();
  assert.ok(version.claimed, "the page that installed it is served by it from now on");
  browser.online = false;
  assert.equal(await version.get("/", { mode: "navigate" }), "page 1");
  assert.equal(await version.get("/card/0190?x=1", { mode: "navigate" }), "page 1");
  assert.equal(await version.get("/i", { mode: "navigate" }), "page 1");
  assert.equal(await version.get("/app-1.js"), "code 1");
});

test("the server's own addresses, other origins and writes are left alone", async () => {
  const browser = new Browser();
  const version = await browser.publish(ONE).start();
  browser.fetched = [];
  assert.equal(await version.get("/api/v1/basemap"), null);
  assert.equal(await version.get("/api/openapi.json", { mode: "navigate" }), null);
  assert.equal(await version.get("/healthz", { mode: "navigate" }), null);
  assert.equal(await version.get("https://elsewhere.example/app-1.js"), null);
  assert.equal(await version.get("/app-1.js", { method: "POST" }), null);
  assert.deepEqual(browser.fetched, []);
});

test("a new version fetches only what changed and waits", async () => {
  const browser = new Browser();
  const one = await browser.publish(ONE).start();
  browser.fetched = [];
  const two = browser.publish(TWO);
  await two.run("install");
  assert.deepEqual(browser.fetched.sort(), ["/app-2.js", "/index.html"]);
  assert.equal(two.skipped, false, "never by itself");
  browser.online = false;
  assert.equal(await one.get("/", { mode: "navigate" }), "page 1");
  assert.equal(await one.get("/app-1.js"), "code 1");

  await two.run("message", { data: "skipWaiting" });
  assert.ok(two.skipped);
  await two.run("activate");
  assert.equal(await two.get("/", { mode: "navigate" }), "page 2");
  assert.equal(await two.get("/fonts/plex.woff2"), "font");
  assert.equal(browser.stores.size, 1, "the old version is gone");
});

test("a page of the old version keeps its files until it is the last one's turn", async () => {
  const browser = new Browser();
  await browser.publish(ONE).start();
  browser.pages = 2;
  const two = await browser.publish(TWO).start();
  browser.online = false;
  assert.equal(await two.get("/app-1.js"), "code 1");
  browser.pages = 1;
  await two.run("message", { data: "started" });
  await assert.rejects(two.get("/app-1.js"), /network down/);
});

test("clearing up spares the version that waits", async () => {
  const browser = new Browser();
  const one = await browser.publish(ONE).start();
  await browser.publish(TWO).run("install");
  one.registration.waiting = {};
  await one.run("message", { data: "started" });
  assert.equal(browser.stores.size, 2);
});

test("a version with a missing file is not installed, and the next attempt goes on where it stopped", async () => {
  const browser = new Browser();
  const one = browser.publish(ONE);
  browser.files.delete("/app-1.js");
  await assert.rejects(one.run("install"), /app-1\.js/);
  browser.files.set("/app-1.js", "code 1");
  browser.fetched = [];
  await one.run("install");
  assert.deepEqual(browser.fetched, ["/app-1.js"]);
  assert.equal(await one.get("/app-1.js"), "code 1");
});
