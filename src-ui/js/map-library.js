// What the map is made of: the two libraries, fetched when a map is first opened, the base map's bytes, the style.

import { PALETTES, themeName } from './map-draw.js';

const LIBRARY = '/vendor/maplibre-gl.mjs';
const LIBRARY_WORKER = '/vendor/maplibre-gl-worker.mjs';
const PMTILES = '/vendor/pmtiles.js';
const STYLES = { light: '/map-style/light.json', dark: '/map-style/dark.json' };

/** Whether this browser draws with WebGL 2. */
export function hasWebGl() {
    const context = document.createElement('canvas').getContext('webgl2');
    context?.getExtension('WEBGL_lose_context')?.loseContext(); // browsers allow only a few contexts at a time
    return Boolean(context);
}

/** MapLibre, and the base maps it may ask for by `pmtiles://KEY`. */
export async function loadLibraries() {
    const [gl] = await Promise.all([import(LIBRARY), loadScript(PMTILES)]);
    gl.setWorkerUrl(new URL(LIBRARY_WORKER, location.href).href);
    const archives = new Map();
    gl.addProtocol('pmtiles', async ({ url, type }) => {
        const [, key, z, x, y] = /^pmtiles:\/\/([^/]+)(?:\/(\d+)\/(\d+)\/(\d+))?/.exec(url) ?? [];
        const archive = archives.get(key);
        if (!archive) throw new Error(`no base map ${key}`);
        if (type === 'json') return { data: await archive.getTileJson(`pmtiles://${key}`) };
        const tile = await archive.getZxy(Number(z), Number(x), Number(y));
        return { data: tile?.data ?? new ArrayBuffer(0) };
    });
    return { gl, archives };
}

function loadScript(url) {
    return new Promise((resolve, reject) => {
        const script = document.createElement('script');
        script.src = url;
        script.onload = resolve;
        script.onerror = () => reject(new Error(`${url} could not be loaded`));
        document.head.append(script);
    });
}

/** The area's map style; where it cannot be fetched, a plain background in the screen's colour. */
export async function baseStyle(dark) {
    try {
        const response = await fetch(STYLES[themeName(dark)]);
        if (response.ok) return await response.json();
    } catch (error) {
        console.warn('map: no style:', error?.message);
    }
    const background = { id: 'background', type: 'background', paint: { 'background-color': PALETTES[themeName(dark)].ground } };
    return { version: 8, sources: {}, layers: [background] };
}

/** A PMTiles archive that lies in memory. */
export class BytesSource {
    constructor(key, bytes) {
        this.key = key;
        this.bytes = bytes;
    }
    getKey() {
        return this.key;
    }
    async getBytes(offset, length) {
        return { data: this.bytes.slice(offset, offset + length).buffer };
    }
}

/** Whether two base maps are the same one. */
export function sameBytes(one, other) {
    if (!one || !other) return !one && !other;
    return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
