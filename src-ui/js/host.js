// @ts-check
// The bridge between the screens and whatever hosts the core: the browser's worker or the desktop window.
//
// The screens know only the functions exported here. In a browser they talk to a dedicated worker (src-web), in the
// window to Tauri's commands (src-tauri). This file decides nothing about the product: it carries messages and wraps
// what only a page may do (install prompt, camera, pictures, sharing).

/** @typedef {{ message: object, resolve: (value: any) => void, reject: (reason: string) => void }} Waiter */
/** @typedef {"app" | "installed" | "prompt" | "ios" | "manual" | "insecure"} InstallState */
/** @type {any} The browser's globals, including those that TypeScript does not know yet. */
const page = globalThis;

const inTauri = "__TAURI_INTERNALS__" in page;
const UPDATE_READY = JSON.stringify("update_ready");
/** This tab has the database again: load everything anew. */
const BACK = JSON.stringify({ parked: { parked: false } });
const SYNC_NOW = JSON.stringify({ sync_now: {} });
const HOUR_MS = 3_600_000;
/** A worker that crashed this often is left alone. */
const CRASHES_MAX = 4;

// ---- Requests and events -----------------------------------------------------------------------------------------

/** Carries a request to the core. Rejects with the JSON of an `IpcError`.
 * @param {string} requestJson @returns {Promise<string>} */
export async function ask(requestJson) {
  const reply = await (inTauri ? invoke("ask", { request: requestJson }) : post({ request: requestJson }));
  if (worthKeeping.test(requestJson)) void requestPersistence();
  return reply;
}

/** The open area's base map as PMTiles, or null. @returns {Promise<Uint8Array | null>} */
export async function basemap() {
  const bytes = await (inTauri ? invoke("basemap") : post({ basemap: true }));
  return bytes && bytes.byteLength > 0 ? new Uint8Array(bytes) : null;
}

/** Calls back for every event of the host; those that came before the first callback are handed over at once.
 * @param {(eventJson: string) => void} callback */
export function onEvent(callback) {
  listeners.add(callback);
  for (const event of early.splice(0)) callback(event);
}

export function isTauri() {
  return inTauri;
}

/** Asks the window that has the database to let this one have it (*Brug her*). */
export function takeOver() {
  tell({ take_over: true });
}

/** @type {Set<(eventJson: string) => void>} */
const listeners = new Set();
/** @type {string[]} */
const early = [];

/** @param {string} eventJson */
function emit(eventJson) {
  if (listeners.size === 0) early.push(eventJson);
  for (const listener of listeners) listener(eventJson);
}

// ---- The browser's worker ------------------------------------------------------------------------------------------

/** @type {Worker | null} */
let worker = null;
let crashes = 0;
/** Whether the worker listens. */
let ready = false;
/** Whether the worker has the database. */
let leads = false;
let nextId = 1;
/** The IpcError that answers everything once the worker cannot be started. @type {string | null} */
let failure = null;
/** What was asked and is not answered, oldest first. @type {Map<number, Waiter>} */
const waiting = new Map();

function startWorker() {
  const name = /** @type {HTMLMetaElement | null} */ (document.querySelector('meta[name="trygkort-worker"]'))?.content;
  if (!name || !page.Worker) return giveUp("the page names no worker, or the browser has none");
  worker = new Worker(new URL(name, location.origin + "/"), { type: "module", name: "trygkort" });
  worker.onmessage = ({ data }) => receive(data);
  worker.onerror = (event) => crashed(event.message || "the worker's script could not be loaded");
}

function stopWorker() {
  worker?.terminate();
  worker = null;
  ready = leads = false;
}

/** @param {any} data */
function receive(data) {
  if (data.ready) {
    ready = true;
    reportVisible();
    for (const { message } of waiting.values()) tell(message);
  } else if ("leads" in data) {
    leads = data.leads;
  } else if (data.event) {
    emit(data.event);
  } else if (data.failed) {
    giveUp(data.failed);
  } else {
    const waiter = waiting.get(data.id);
    waiting.delete(data.id);
    if ("err" in data) waiter?.reject(data.err);
    else waiter?.resolve("bytes" in data ? data.bytes : data.ok);
  }
}

/** A crash loses what was being asked, never what was saved: the worker is started again over the same files.
 * @param {string} why */
function crashed(why) {
  const hopeless = !ready || ++crashes >= CRASHES_MAX;
  stopWorker();
  if (hopeless) return giveUp(why);
  refuseAll(internal(why));
  startWorker();
}

/** @param {string} why */
function giveUp(why) {
  failure = internal(why);
  refuseAll(failure);
}

/** @param {string} error */
function refuseAll(error) {
  for (const waiter of waiting.values()) waiter.reject(error);
  waiting.clear();
}

/** @param {string} detail */
function internal(detail) {
  return JSON.stringify({ code: "internal", detail, field: null });
}

/** @param {object} question @returns {Promise<any>} */
function post(question) {
  if (failure) return Promise.reject(failure);
  return new Promise((resolve, reject) => {
    const id = nextId++;
    const message = { id, ...question };
    waiting.set(id, { message, resolve, reject });
    tell(message);
  });
}

/** @param {object} message */
function tell(message) {
  if (ready) worker?.postMessage(message);
}

function isVisible() {
  return document.visibilityState === "visible";
}

function reportVisible() {
  tell({ visible: isVisible() });
}

function followPage() {
  document.addEventListener("visibilitychange", reportVisible);
  document.addEventListener("freeze", suspend);
  document.addEventListener("resume", wake);
  addEventListener("pagehide", ({ persisted }) => persisted && suspend());
  addEventListener("pageshow", ({ persisted }) => persisted && wake());
  addEventListener("online", () => tell({ online: true }));
}

/** From now on nothing runs here, the worker included. One that has not let the database go yet would keep it from
 * every other tab, so it ends now: what was saved is saved, what was asked is asked again afterwards. */
function suspend() {
  if (leads) stopWorker();
  else tell({ visible: false });
}

function wake() {
  if (worker) return reportVisible();
  if (failure) return;
  startWorker();
  // Another tab may have written meanwhile: the screens ask again, and their questions wait until the worker is ready.
  emit(BACK);
}

// ---- The desktop window ----------------------------------------------------------------------------------------------

const LINK_SCHEMES = /^(tel|sms|mailto|https):/i;

/** @param {string} command @param {object} [args] @returns {Promise<any>} */
function invoke(command, args) {
  return page.__TAURI__.core.invoke(command, args);
}

function joinWindow() {
  void page.__TAURI__.event.listen("trygkort", (/** @type {any} */ { payload }) => emit(payload));
  const sync = () => void invoke("ask", { request: SYNC_NOW }).catch(() => {});
  addEventListener("online", sync);
  document.addEventListener("visibilitychange", () => isVisible() && sync());
  // Bubbling to the window, after the screens: a link they stopped (the demo's numbers) stays stopped.
  addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    const href = link?.getAttribute("href") ?? "";
    if (event.defaultPrevented || !LINK_SCHEMES.test(href)) return;
    event.preventDefault();
    void openExternal(href);
  });
}

/** Opens a telephone, SMS, mail or web link with the system. @param {string} url */
export async function openExternal(url) {
  if (inTauri) await invoke("open_link", { url });
  else if (/^https?:/i.test(url)) open(url, "_blank", "noopener");
  else location.href = url;
}

/** Saves a file, in the window alone: it downloads nothing by itself. Resolves with where the file lies.
 * @param {string} name @param {string} content in base 64 @returns {Promise<string>} */
export function saveFile(name, content) {
  return invoke("save_file", { name, content });
}

// ---- Installing and updating -----------------------------------------------------------------------------------------

/** @type {any} The browser's own offer to install, kept until the screen asks for it. */
let installPrompt = null;
/** @type {Set<() => void>} */
const installListeners = new Set();

function followInstalling() {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    setInstallPrompt(event);
  });
  addEventListener("appinstalled", () => setInstallPrompt(null));
}

/** @param {any} prompt */
function setInstallPrompt(prompt) {
  installPrompt = prompt;
  for (const listener of installListeners) listener();
}

/** How this device can have the app on its home screen. @returns {InstallState} */
export function installState() {
  if (inTauri) return "app";
  if (matchMedia("(display-mode: standalone)").matches || page.navigator.standalone) return "installed";
  if (!isSecureContext) return "insecure";
  if (installPrompt) return "prompt";
  const touchMac = navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1;
  return touchMac || /iPhone|iPad|iPod/.test(navigator.userAgent) ? "ios" : "manual";
}

export function canInstall() {
  return installState() === "prompt";
}

/** Calls back when {@link installState} may have changed. @param {() => void} callback */
export function onInstallChange(callback) {
  installListeners.add(callback);
}

/** Shows the browser's own question. @returns {Promise<boolean>} whether the user said yes */
export async function promptInstall() {
  const prompt = installPrompt;
  if (!prompt) return false;
  setInstallPrompt(null);
  await prompt.prompt();
  return (await prompt.userChoice).outcome === "accepted";
}

/** Whether the page has what installing and offline use need (https or localhost). */
export function isSecure() {
  return inTauri || isSecureContext;
}

/** Takes the newer version into use: what is open is loaded again. Only ever called because the user said so. */
export async function applyUpdate() {
  const registration = await navigator.serviceWorker?.getRegistration();
  if (!registration?.waiting) return location.reload();
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration.waiting.postMessage("skipWaiting");
}

async function registerServiceWorker() {
  const registration = await navigator.serviceWorker.register("/service-worker.js", { updateViaCache: "none" });
  const offer = () => registration.waiting && navigator.serviceWorker.controller && emit(UPDATE_READY);
  offer();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", offer);
  });
  navigator.serviceWorker.controller?.postMessage("started");
  let checkedAt = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (!isVisible() || Date.now() - checkedAt < HOUR_MS) return;
    checkedAt = Date.now();
    registration.update().catch(() => {});
  });
}

// ---- Storage ---------------------------------------------------------------------------------------------------------

/** Requests after which there is something on this device that must not be thrown away. */
const worthKeeping = /^\{"(redeem|save_|add_photo|set_cell|remember_call)/;
let persistenceAsked = false;

/** Asks the browser not to empty this app's storage by itself. @returns {Promise<boolean>} */
export async function requestPersistence() {
  if (inTauri) return true;
  if (!navigator.storage?.persist) return false;
  if (persistenceAsked) return navigator.storage.persisted();
  persistenceAsked = true;
  return navigator.storage.persist().catch(() => false);
}

/** @returns {Promise<string | null>} JSON `{persisted, usage, quota}`; bytes, null where the browser does not say. Nothing in
 * the window, whose files no browser empties. */
export async function storageState() {
  if (inTauri) return null;
  const estimate = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  const persisted = (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
  return JSON.stringify({ persisted, usage: estimate.usage ?? null, quota: estimate.quota ?? null });
}

// ---- Forgetting this device ------------------------------------------------------------------------------------------

/** The worker's folder in the origin's private file system (src-web/src/storage.rs). */
const STORAGE_FOLDER = "trygkort";
/** A worker that was ended lets its files go a moment later. */
const FOLDER_TRIES = 20;

/** Other tabs hear here that the device is being forgotten (`false`), and that it is (`true`). */
const forgotten = inTauri ? null : new BroadcastChannel("trygkort-forgotten");
/** A tab that hears nothing more begins anew after this. */
const ANEW_MS = 15_000;

forgotten?.addEventListener("message", ({ data: done }) => {
  // What stands on the screen goes at once, and nobody else opens the files while they are removed.
  document.body.hidden = true;
  giveUp("this device was forgotten");
  stopWorker();
  setTimeout(() => location.replace("/"), done ? 0 : ANEW_MS);
});

/** Removes what the page keeps besides the database: the look of last time, the app's own files, the service worker. */
export async function forgetTraces() {
  localStorage.clear();
  sessionStorage.clear();
  if (inTauri) return;
  forgotten?.postMessage(false);
  const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  await Promise.all(registrations.map((registration) => registration.unregister()));
  const names = (await page.caches?.keys()) ?? [];
  await Promise.all(names.map((/** @type {string} */ name) => page.caches.delete(name)));
}

/** Ends the worker and removes its folder. In the window the core has done both. */
export async function forgetStorage() {
  if (inTauri) return;
  giveUp("this device was forgotten");
  stopWorker();
  const root = await navigator.storage.getDirectory();
  for (let tries = 1; ; tries++) {
    try {
      await root.removeEntry(STORAGE_FOLDER, { recursive: true });
      return forgotten?.postMessage(true);
    } catch (error) {
      const name = /** @type {any} */ (error)?.name;
      if (name === "NotFoundError") return forgotten?.postMessage(true);
      if (tries === FOLDER_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

// ---- Camera, sharing ---------------------------------------------------------------------------------------------------

/** Whether this device can read a QR code inside the app. */
export function canScan() {
  return "BarcodeDetector" in page && !!navigator.mediaDevices?.getUserMedia;
}

/** Shows the camera in `video` until a QR code is read. Rejects when the camera is refused.
 * @param {HTMLVideoElement} video @returns {Promise<string | null>} its text, or null when {@link stopScan} came first */
export async function scanQr(video) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.srcObject = stream;
  try {
    await video.play();
    const detector = new page.BarcodeDetector({ formats: ["qr_code"] });
    while (video.srcObject === stream) {
      const [code] = await detector.detect(video);
      if (code) return code.rawValue;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    if (video.srcObject === stream) video.srcObject = null;
  }
}

/** @param {HTMLVideoElement} video */
export function stopScan(video) {
  video.srcObject = null;
}

/** A picture as it is sent; null when it is none that this browser reads. See photo.js.
 * @param {Blob} file @returns {Promise<object | null>} */
export async function preparePhoto(file) {
  const script = "/js/photo.js";
  const here = () => import(script).then(({ prepare }) => prepare(file)).catch(() => null);
  if (!("OffscreenCanvas" in page)) return here();
  const worker = new Worker(script, { type: "module", name: "photo" });
  try {
    return await new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      // Not every window starts a worker.
      worker.onerror = () => resolve(here());
      worker.postMessage(file);
    });
  } finally {
    worker.terminate();
  }
}

/** Shares with the system's sheet, or copies where there is none.
 * @param {string} title @param {string} text @returns {Promise<"shared" | "copied" | "cancelled">} */
export async function shareText(title, text) {
  if (navigator.share) return shared(navigator.share({ title, text }));
  await navigator.clipboard.writeText(text);
  return "copied";
}

/** Shares a file with the system's sheet, or saves it where there is none.
 * @param {string} name @param {string} mime @param {string} text @returns {Promise<"shared" | "saved" | "cancelled">} */
export async function shareFile(name, mime, text) {
  const file = new File([text], name, { type: mime });
  if (navigator.canShare?.({ files: [file] })) return shared(navigator.share({ files: [file], title: name }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return "saved";
}

/** @param {Promise<void>} sharing @returns {Promise<"shared" | "cancelled">} */
async function shared(sharing) {
  try {
    await sharing;
    return "shared";
  } catch (error) {
    if (/** @type {any} */ (error)?.name === "AbortError") return "cancelled";
    throw error;
  }
}

// ---- Start -------------------------------------------------------------------------------------------------------------

if (inTauri) {
  joinWindow();
} else {
  startWorker();
  followPage();
  followInstalling();
  if (isSecureContext && "serviceWorker" in navigator) {
    const register = () => registerServiceWorker().catch(() => {});
    if (document.readyState === "complete") void register();
    else addEventListener("load", () => void register(), { once: true });
  }
}
