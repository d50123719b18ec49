// @ts-check
/// <reference lib="webworker" />
// Keeps a copy of the whole app on the device, so that it opens at once, without a network and without its server.
//
// The build puts the list of files, [[path, hash], …], in front of this script; the list decides the version. A new
// version is fetched beside the old one and waits there until the user takes it into use. It never touches /api.

/** @type {ServiceWorkerGlobalScope & { __PRECACHE: [string, string][] }} */
const worker = /** @type {any} */ (self);
/** @type {[string, string][]} */
const FILES = worker.__PRECACHE.map(([path, hash]) => [new URL(path, worker.location.origin).pathname, hash]);
const PREFIX = "trygkort-";
const CACHE = PREFIX + fingerprint(JSON.stringify(FILES));
/** Where a cache keeps the list it was made from. */
const LIST = "/.precache";
const INDEX = "/index.html";
const KNOWN = new Set(FILES.map(([path]) => path));

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== worker.location.origin || isServers(url.pathname)) return;
  if (event.request.mode === "navigate" && !KNOWN.has(url.pathname)) event.respondWith(answer(INDEX, event.request));
  else event.respondWith(answer(url.pathname, event.request));
});
worker.addEventListener("message", (event) => {
  if (event.data === "skipWaiting") event.waitUntil(worker.skipWaiting());
  if (event.data === "started") event.waitUntil(sweep());
});

/** @param {string} path */
function isServers(path) {
  return path.startsWith("/api/") || path === "/healthz" || path === LIST;
}

/** From the device; only what no version on the device knows goes to the network.
 * @param {string} path @param {Request} request */
async function answer(path, request) {
  const cache = await caches.open(CACHE);
  // The second look is for a page of the version before, which may still ask for its own files.
  return (await cache.match(path)) ?? (await caches.match(path)) ?? fetch(request);
}

/** Copies what did not change, fetches the rest. Fails as a whole: half a version is never taken into use. */
async function install() {
  const cache = await caches.open(CACHE);
  const kept = await keptFiles();
  await Promise.all(
    FILES.map(async ([path, hash]) => {
      if (await cache.match(path)) return; // an earlier attempt got this far
      const old = kept.get(`${path} ${hash}`);
      await cache.put(path, (await old?.match(path)) ?? (await download(path)));
    }),
  );
  await cache.put(LIST, new Response(JSON.stringify(FILES)));
}

/** The files of earlier versions by path and hash. @returns {Promise<Map<string, Cache>>} */
async function keptFiles() {
  const kept = new Map();
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX) || name === CACHE) continue;
    const cache = await caches.open(name);
    const list = await cache.match(LIST);
    for (const [path, hash] of list ? await list.json() : []) kept.set(`${path} ${hash}`, cache);
  }
  return kept;
}

/** @param {string} path @returns {Promise<Response>} */
async function download(path) {
  const response = await fetch(path, { cache: "no-cache", credentials: "same-origin" });
  const isPage = (response.headers.get("content-type") ?? "").startsWith("text/html");
  // A server that does not have the file (any more) answers with the app's page: that is not the file.
  if (!response.ok || isPage !== path.endsWith(".html")) throw new Error(`${path}: not there (${response.status})`);
  if (!response.redirected) return response;
  return new Response(await response.blob(), { headers: response.headers });
}

async function activate() {
  await sweep();
  await worker.clients.claim();
}

/** Removes earlier versions, unless a page that was opened with one of them may still be there, or a newer one waits. */
async function sweep() {
  const { installing, waiting } = worker.registration;
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (installing || waiting || pages.length > 1) return;
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
}

/** A short name for a list of files (FNV-1a, 2 × 32 bits). @param {string} text */
function fingerprint(text) {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (let index = 0; index < text.length; index += 1) {
    a = Math.imul(a ^ text.charCodeAt(index), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(index), 0x85ebca6b);
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}
