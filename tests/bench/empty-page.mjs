// @ts-check
// An empty Leptos page, built and served as the app is: what opening costs before the app does anything.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { WEB, temporaryFolder } from '../e2e/support/server.mjs';

const run = promisify(execFile);
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'trygkort');
const TARGET = join(process.env.CARGO_TARGET_DIR || join(CACHE, 'target'), 'wasm');
const EXAMPLE = 'empty_page';

/** Builds it and answers with the folder to be served. @returns {Promise<string>} */
export async function buildEmptyPage() {
  const folder = await temporaryFolder();
  const wasm = ['--target', 'wasm32-unknown-unknown', '--profile', 'wasm-release'];
  await run('cargo', ['build', '--package', 'trygkort-tests', '--example', EXAMPLE, ...wasm], {
    cwd: ROOT,
    env: { ...process.env, CARGO_TARGET_DIR: TARGET },
    maxBuffer: 1 << 26,
  });
  const module = join(TARGET, 'wasm32-unknown-unknown/wasm-release/examples', `${EXAMPLE}.wasm`);
  const bindgen = join(CACHE, 'tools/bin/wasm-bindgen');
  await run(bindgen, [module, '--target', 'web', '--no-typescript', '--out-dir', folder, '--out-name', 'app']);
  await optimise(join(folder, 'app_bg.wasm'));
  // As in the app's page: what the browser may fetch early is named in the head.
  const page = `<!doctype html><html lang="da"><head><meta charset="utf-8"><title>Tom</title>
<link rel="preload" as="fetch" type="application/wasm" href="/app_bg.wasm" crossorigin>
<script type="module" src="/start.js"></script></head><body></body></html>`;
  await writeFile(join(folder, 'index.html'), page);
  await writeFile(join(folder, 'start.js'), START);
  await writeFile(join(folder, 'service-worker.js'), await serviceWorker(folder));
  return folder;
}

const START = `import init from '/app.js';
await init();
await navigator.serviceWorker.register('/service-worker.js');
`;

/** As small as the app's own modules. @param {string} file */
async function optimise(file) {
  const wasmOpt = join(ROOT, 'node_modules/binaryen/bin/wasm-opt');
  const features = ['--enable-bulk-memory', '--enable-nontrapping-float-to-int', '--enable-sign-ext'];
  const more = ['--enable-mutable-globals', '--enable-reference-types', '--enable-multivalue'];
  await run('node', [wasmOpt, '-Oz', ...features, ...more, file, '-o', file]);
}

/** The app's own service worker, with the list of this page's files. @param {string} folder */
async function serviceWorker(folder) {
  const files = ['index.html', 'start.js', 'app.js', 'app_bg.wasm'];
  const list = await Promise.all(
    files.map(async (name) => {
      const hash = createHash('sha256').update(await readFile(join(folder, name))).digest('hex');
      return [`/${name}`, hash.slice(0, 12)];
    }),
  );
  const ours = await readFile(join(WEB, 'service-worker.js'), 'utf8');
  return ours.replace(/^self\.__PRECACHE = .*$/m, `self.__PRECACHE = ${JSON.stringify(list)};`);
}
