// @ts-check
// The real server program with a demo area, in a folder that goes when the test ends.
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = process.env.TRYGKORT_ROOT ?? resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const PROGRAM = process.env.TRYGKORT_SERVER ?? join(ROOT, 'target/xtask/bin/trygkort');
export const WEB = process.env.TRYGKORT_WEB ?? join(ROOT, 'dist');
/** The name of the demo area. */
export const AREA = 'Bøgeparken';
/** @typedef {'coordinator' | 'staff' | 'participant' | 'resident'} Role */
/** @type {Role[]} */
export const ROLES = ['coordinator', 'staff', 'participant', 'resident'];

const run = promisify(execFile);

/** A folder for a test. */
export function temporaryFolder() {
  return mkdtemp(join(tmpdir(), 'trygkort-e2e-'));
}

/** A data folder with the demo area, made once and copied for each test. @returns {Promise<string>} */
export async function makeSeed() {
  const folder = await temporaryFolder();
  const server = await Server.start({ folder });
  await server.stop();
  return folder;
}

export class Server {
  /** @type {import('node:child_process').ChildProcess | null} */
  #process = null;
  /** Links that the server printed when it started, by role. @type {Record<string, string>} */
  links = {};

  /** @param {{ folder: string, web: string, port: number }} options */
  constructor({ folder, web, port }) {
    this.folder = folder;
    this.web = web;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** @param {{ folder: string, seed?: string, web?: string }} options `seed`: data to begin with */
  static async start({ folder, seed, web = WEB }) {
    if (seed) await cp(seed, folder, { recursive: true });
    const server = new Server({ folder, web, port: await freePort() });
    await server.startAgain();
    return server;
  }

  get data() {
    return join(this.folder, 'data');
  }

  /** Starts it on the data and the port it had. */
  async startAgain() {
    const listen = `127.0.0.1:${this.port}`;
    const program = spawn(PROGRAM, ['serve', '--demo', '--data', this.data, '--listen', listen, '--web', this.web], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, RUST_LOG: 'warn' },
    });
    this.#process = program;
    let [printed, complaints] = ['', ''];
    program.stderr.on('data', (text) => (complaints += text));
    await new Promise((started, failed) => {
      program.stdout.on('data', (text) => {
        printed += text;
        if (/^listening on /m.test(printed)) started(null);
      });
      program.on('error', failed);
      program.on('exit', (code) => failed(new Error(`the server ended with ${code}: ${complaints}`)));
    });
    for (const role of ROLES) {
      this.links[role] = new RegExp(`^${role}\\s+(\\S+/i#\\S+)$`, 'm').exec(printed)?.[1] ?? '';
    }
  }

  /** A fresh invitation from the command line, as a municipality's IT makes one.
   * @param {Role} role @param {number} [uses] @param {string} [area] */
  async invite(role, uses = 1, area = AREA) {
    const options = ['--data', this.data, '--area', area, '--role', role, '--uses', String(uses)];
    const { stdout } = await run(PROGRAM, ['invite', ...options]);
    const link = /(\S+\/i#\S+)/.exec(stdout)?.[1];
    if (!link) throw new Error('`trygkort invite` printed no link');
    return link;
  }

  /** Makes an area that has nothing in it, and no base map. @param {string} name */
  async createArea(name) {
    const options = ['--data', this.data, '--name', name, '--bbox', '12.15,55.63,12.18,55.65'];
    await run(PROGRAM, ['area', 'create', ...options]);
  }

  /** Ends the area's only walk on the command line. */
  async endWalk() {
    await run(PROGRAM, ['walk', 'end', '--data', this.data, '--area', AREA, '1']);
  }

  /** Ends it in order, as systemd does. */
  stop() {
    return this.#end('SIGTERM');
  }

  /** Ends it as a power cut does. */
  kill() {
    return this.#end('SIGKILL');
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const program = this.#process;
    this.#process = null;
    if (!program || program.exitCode !== null) return;
    const ended = new Promise((resolve) => program.once('exit', resolve));
    program.kill(signal);
    await ended;
  }

  /** Ends it and removes its data. */
  async remove() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
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
