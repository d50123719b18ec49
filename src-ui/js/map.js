// The map on the screen: MapLibre GL JS over the area's PMTiles bytes, behind the Rust type `MapRenderer`
// (src/map/mod.rs), which is the only caller. Both libraries are fetched when a map is first opened and never before;
// `vendor.txt` lists their files. Pins are known here by their index in the last `setPins` call and nothing else.

import { HEART, PIN_LAYERS, addImage, circle, overlayLayers, pinFilter, themeName } from './map-draw.js';
import { BytesSource, baseStyle, hasWebGl, loadLibraries, sameBytes } from './map-library.js';

/** Beyond this zoom every pin stands alone. */
const CLUSTER_MAX_ZOOM = 16;
const CLUSTER_RADIUS = 36;
const MAX_ZOOM = 20;
/** How close the map comes to a single pin or to the user's position. */
const CLOSE_ZOOM = 17;
/** Pins are this easy to hit: a square of twice this many pixels, the size of a primary target. */
const HIT_PX = 24;
/** How often the pointer's shape is looked up. */
const POINT_EVERY_MS = 80;
/** The filter floats over this much of the map's upper edge. */
const TOP_CHROME_PX = 76;

const EMPTY = { type: 'FeatureCollection', features: [] };

/** The libraries, loaded once. */
let libraries = null;

/**
 * Opens the map. Rejects with a word that Rust acts on: `no_webgl` or `library`.
 * @param {Float64Array} bbox west, south, east, north
 * @param {boolean} dark
 * @param {string} title what a screen reader calls the map
 */
export async function openMap(bbox, dark, title) {
    if (!hasWebGl()) throw 'no_webgl';
    libraries ??= loadLibraries();
    let loaded;
    try {
        loaded = await libraries;
    } catch (error) {
        libraries = null; // offline without the files: the next attempt may find them
        throw 'library';
    }
    const style = await baseStyle(dark);
    try {
        return new AreaMap(loaded, style, bbox, dark, title);
    } catch (error) {
        throw 'no_webgl';
    }
}

/** Whether this browser can say where the device is. */
export function canLocate() {
    return Boolean(navigator.geolocation);
}

/** Latitude, longitude and accuracy in metres, asked once; rejects with `denied` or `unavailable`. */
export function locate() {
    return new Promise((resolve, reject) => {
        navigator.geolocation.getCurrentPosition(
            ({ coords }) => resolve(new Float64Array([coords.latitude, coords.longitude, coords.accuracy])),
            (error) => reject(error.code === error.PERMISSION_DENIED ? 'denied' : 'unavailable'),
            { enableHighAccuracy: true, timeout: 15_000, maximumAge: 10_000 },
        );
    });
}

/** One map, made once and moved between the screens that show it. */
export class AreaMap {
    #gl;
    #map;
    #host;
    #archives;
    #dark;
    #bbox;
    #fitted = false;
    #bytes = null;
    #archive = null;
    #attribution = '';
    #archiveCount = 0;
    #coordinates = new Float64Array();
    #kinds = new Uint8Array();
    #pins = EMPTY;
    #selected = -1;
    #position = null;
    #listeners = {};
    #styleRun = 0;
    #pointedAt = 0;

    constructor({ gl, archives }, style, bbox, dark, title) {
        this.#gl = gl;
        this.#archives = archives;
        this.#dark = dark;
        this.#bbox = bbox;
        this.#host = document.createElement('div');
        this.#host.className = 'map-host';
        this.#map = new gl.Map({
            container: this.#host,
            style: this.#compose(style),
            attributionControl: false,
            dragRotate: false,
            pitchWithRotate: false,
            touchPitch: false,
            maxPitch: 0,
            minZoom: 5,
            maxZoom: MAX_ZOOM,
            renderWorldCopies: false,
            fadeDuration: 0,
            locale: { 'Map.Title': title },
        });
        this.#map.touchZoomRotate.disableRotation();
        this.#map.keyboard.disableRotation();
        // Arrow keys and + and − belong to the map while it has the focus, so a screen reader must hand them on.
        this.#map.getCanvas().setAttribute('role', 'application');
        this.#map.setMissingStyleImageResolver((id) => addImage(this.#map, id));
        this.#map.on('style.load', () => this.#refill());
        this.#map.on('click', (event) => this.#clicked(event));
        this.#map.on('contextmenu', (event) => this.#listeners.press?.(event.lngLat.lat, event.lngLat.lng));
        this.#map.on('moveend', (event) => this.#tellView(Boolean(event.originalEvent)));
        this.#map.on('resize', () => this.#tellView(false));
        this.#map.on('idle', () => this.#listeners.idle?.());
        // Errors of single tiles must not end up as unhandled; the map stays usable without them.
        this.#map.on('error', (event) => console.warn('map:', event.error?.message ?? 'unknown error'));
        this.#map.on('mousemove', (event) => this.#point(event));
    }

    /** Puts the canvas into `element` and calls these functions from now on. */
    mount(element, pin, blank, press, view, idle) {
        element.append(this.#host);
        this.#listeners = { pin, blank, press, view, idle };
        this.#map.resize();
        if (!this.#fitted) {
            this.#fitted = true;
            this.fitArea(false);
        }
        this.#tellView(false);
        this.#map.triggerRepaint();
    }

    /** Takes the canvas off the screen; the map lives on with its position. */
    unmount() {
        this.#listeners = {};
        this.#map.stop();
        this.#host.remove();
    }

    /** What a screen reader calls the map from now on. */
    setTitle(title) {
        this.#map.getCanvas().setAttribute('aria-label', title);
    }

    /**
     * The area's frame and base map: `bytes` is a PMTiles archive or null. What is shown already is left alone.
     * Answers the attribution, or null when no base map is shown.
     */
    async setArea(bbox, bytes) {
        const moved = bbox.some((degree, index) => degree !== this.#bbox[index]);
        this.#bbox = bbox;
        if (!sameBytes(bytes, this.#bytes)) {
            this.#bytes = bytes;
            await this.#openArchive();
            await this.#restyle();
        }
        if (moved && this.#fitted) this.fitArea(false);
        return this.#archive ? this.#attribution : null;
    }

    async setTheme(dark) {
        if (dark === this.#dark) return;
        this.#dark = dark;
        await this.#restyle();
    }

    /** Shows these pins and no others: longitude and latitude in turn, and a kind for each. */
    setPins(coordinates, kinds) {
        this.#coordinates = coordinates;
        this.#kinds = kinds;
        const features = Array.from(kinds, (kind, index) => ({
            type: 'Feature',
            properties: { index, kind },
            geometry: { type: 'Point', coordinates: this.#at(index) },
        }));
        this.#pins = { type: 'FeatureCollection', features };
        this.#selected = -1;
        this.#map.getSource('pins')?.setData(this.#pins);
        this.#showSelected();
    }

    /** Draws this pin larger and above the others; a negative index: none. */
    select(index) {
        this.#selected = index;
        this.#showSelected();
    }

    /** Moves the map just enough that the selected pin stands clear of `cover`, an element that lies over the map. */
    reveal(cover) {
        if (this.#selected < 0) return;
        const place = this.#at(this.#selected);
        const { top, right, bottom, left, width, height } = this.#uncovered(cover);
        const { x, y } = this.#map.project(place);
        const margin = Math.min(2 * HIT_PX, width / 4, height / 4);
        const clear = x > left + margin && x < right - margin && y > top + margin && y < bottom - margin;
        if (clear) return;
        const container = this.#map.getContainer();
        const offset = [(left + right - container.clientWidth) / 2, (top + bottom - container.clientHeight) / 2];
        this.#map.easeTo({ center: place, offset, duration: 300 });
    }

    /** Goes to a place and comes close enough to see where it is. */
    flyTo(lat, lon) {
        this.#map.easeTo({ center: [lon, lat], zoom: Math.max(this.#map.getZoom(), CLOSE_ZOOM), duration: 500 });
    }

    /** Goes to a place at once: a form's map starts where the form's position is. */
    jumpTo(lat, lon) {
        this.#map.jumpTo({ center: [lon, lat], zoom: Math.max(this.#map.getZoom(), CLOSE_ZOOM) });
    }

    zoomBy(steps) {
        this.#map.zoomTo(this.#map.getZoom() + steps, { duration: 200 });
    }

    fitArea(animate) {
        const [west, south, east, north] = this.#bbox;
        const [width, height] = [east - west, north - south];
        this.#map.setMaxBounds(null);
        this.#map.fitBounds([[west, south], [east, north]], { padding: 8, animate, duration: 400 });
        // Far enough out to see the surroundings, not so far that the area is lost.
        this.#map.setMaxBounds([[west - 2 * width, south - 2 * height], [east + 2 * width, north + 2 * height]]);
    }

    /** The user's own position with its accuracy in metres; NaN takes it away. */
    setPosition(lat, lon, accuracy) {
        this.#position = Number.isNaN(lat) ? null : { lat, lon, accuracy };
        this.#map.getSource('position')?.setData(this.#positionData());
    }

    destroy() {
        this.unmount();
        this.#map.remove();
    }

    #at(index) {
        return [this.#coordinates[2 * index], this.#coordinates[2 * index + 1]];
    }

    /** What of the map is free: `cover` is a sheet at the bottom when it is nearly as wide as the map, else a panel. */
    #uncovered(cover) {
        const map = this.#map.getContainer().getBoundingClientRect();
        const over = cover.getBoundingClientRect();
        const free = { top: TOP_CHROME_PX, left: 0, right: map.width, bottom: map.height };
        if (over.width > 0.6 * map.width) free.bottom = Math.max(over.top - map.top, free.top + HIT_PX);
        else if (over.left - map.left < map.right - over.right) free.left = over.right - map.left;
        else free.right = over.left - map.left;
        return { ...free, width: free.right - free.left, height: free.bottom - free.top };
    }

    /** `byUser`: somebody dragged, zoomed or pressed a key; otherwise the app moved the map. */
    #tellView(byUser) {
        const bounds = this.#map.getBounds();
        const { lat, lng } = this.#map.getCenter();
        const view = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth(), lat, lng];
        this.#listeners.view?.(new Float64Array(view), byUser);
    }

    /** A hand over what can be tapped. Not while dragging, and not for every pixel: looking up pins is slow. */
    #point(event) {
        if (event.originalEvent.buttons !== 0 || performance.now() - this.#pointedAt < POINT_EVERY_MS) return;
        this.#pointedAt = performance.now();
        const over = this.#map.queryRenderedFeatures(event.point, { layers: PIN_LAYERS }).length > 0;
        this.#map.getCanvas().style.cursor = over ? 'pointer' : '';
    }

    async #clicked(event) {
        const { x, y } = event.point;
        const box = [[x - HIT_PX, y - HIT_PX], [x + HIT_PX, y + HIT_PX]];
        const hits = this.#map.queryRenderedFeatures(box, { layers: PIN_LAYERS });
        if (hits.length === 0) return this.#listeners.blank?.();
        const away = (feature) => {
            const point = this.#map.project(feature.geometry.coordinates);
            return Math.hypot(point.x - x, point.y - y);
        };
        hits.sort((a, b) => away(a) - away(b));
        const nearest = hits[0];
        if (nearest.properties.cluster) {
            const zoom = await this.#map.getSource('pins').getClusterExpansionZoom(nearest.properties.cluster_id);
            this.#map.easeTo({ center: nearest.geometry.coordinates, zoom: Math.min(zoom + 0.2, MAX_ZOOM) });
            return;
        }
        // Pins on the same spot are read one after the other by tapping again.
        const here = hits.filter((hit) => !hit.properties.cluster && away(hit) < away(nearest) + 2);
        const indexes = [...new Set(here.map((hit) => hit.properties.index))].sort((a, b) => a - b);
        this.#listeners.pin?.(indexes[(indexes.indexOf(this.#selected) + 1) % indexes.length]);
    }

    async #openArchive() {
        if (this.#archive) this.#archives.delete(this.#archive);
        this.#archive = null;
        if (!this.#bytes) return;
        const key = `area-${++this.#archiveCount}`;
        const archive = new globalThis.pmtiles.PMTiles(new BytesSource(key, this.#bytes));
        try {
            this.#attribution = plainText((await archive.getMetadata()).attribution ?? '');
            this.#archives.set(key, archive);
            this.#archive = key;
        } catch (error) {
            console.warn('map: the base map cannot be read:', error?.message);
        }
    }

    async #restyle() {
        const run = ++this.#styleRun;
        const style = await baseStyle(this.#dark);
        if (run === this.#styleRun) this.#map.setStyle(this.#compose(style), { diff: false });
    }

    /** A style has been loaded: its sources are empty. */
    #refill() {
        this.#map.getSource('pins')?.setData(this.#pins);
        this.#map.getSource('position')?.setData(this.#positionData());
        this.#showSelected();
    }

    #showSelected() {
        const index = this.#selected;
        const one = this.#pins.features[index];
        this.#map.getSource('selected')?.setData(one ? { type: 'FeatureCollection', features: [one] } : EMPTY);
        if (this.#map.getLayer('pins')) this.#map.setFilter('pins', pinFilter(one ? index : -1));
    }

    /** The area's own style with the pins on top; without a base map only its background. */
    #compose(base) {
        const style = structuredClone(base);
        const area = style.sources.area;
        if (area && this.#archive) {
            area.url = `pmtiles://${this.#archive}`;
        } else {
            delete style.sources.area;
            style.layers = style.layers.filter((layer) => layer.type === 'background');
        }
        style.sources.pins = {
            type: 'geojson',
            data: EMPTY,
            cluster: true,
            clusterRadius: CLUSTER_RADIUS,
            clusterMaxZoom: CLUSTER_MAX_ZOOM,
            clusterProperties: { hearts: ['+', ['case', ['==', ['get', 'kind'], HEART], 1, 0]] },
        };
        style.sources.selected = { type: 'geojson', data: EMPTY };
        style.sources.position = { type: 'geojson', data: EMPTY };
        style.layers.push(...overlayLayers(themeName(this.#dark)));
        return style;
    }

    #positionData() {
        if (!this.#position) return EMPTY;
        const { lat, lon, accuracy } = this.#position;
        const point = { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [lon, lat] } };
        const ring = { type: 'Polygon', coordinates: [circle(lat, lon, accuracy)] };
        return { type: 'FeatureCollection', features: [{ type: 'Feature', properties: {}, geometry: ring }, point] };
    }
}

/** Attributions are written as HTML; only their text is shown. */
function plainText(html) {
    return new DOMParser().parseFromString(String(html), 'text/html').body.textContent.trim();
}
