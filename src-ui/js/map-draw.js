// How pins and clusters look on the map: their layers and the icons, drawn at run time in both themes.

/** Kinds as `MapRenderer` numbers them. */
export const HEART = 0;
const STAR = 1;

/** The layers that can be tapped. */
export const PIN_LAYERS = ['selected', 'pins', 'clusters'];

/** Shapes on a 24 × 24 grid. */
const SHAPES = {
    heart: 'M12 21.2C5 15.4 2 11.7 2 8.1a5.2 5.2 0 0 1 10-1.8 5.2 5.2 0 0 1 10 1.8c0 3.6-3 7.3-10 13.1z',
    star: 'M12 1.6l3.1 7.1 7.6.7-5.7 5.1 1.7 7.6-6.7-3.9-6.7 3.9L7 14.5 1.3 9.4l7.6-.7z',
};

/** The green and red of the screens, a little more vivid: these are signs on a muted map, not text to be read. */
export const PALETTES = {
    light: {
        heart: '#0b6b43', star: '#c21f30', starEdge: '#7d0f1c', halo: '#ffffff',
        ink: '#13201a', disc: '#ffffff', ground: '#eceae1', position: '#2c63bd',
    },
    dark: {
        heart: '#58c590', star: '#ff8a90', starEdge: '#ffd9db', halo: '#0b120f',
        ink: '#eef3ee', disc: '#19221e', ground: '#18211d', position: '#6ea2f5',
    },
};

const EARTH_RADIUS_M = 6_371_008.8;
/** Clusters show their mix of hearts and stars in this many steps. */
const SHARE_STEPS = 8;
const PIXEL_RATIO = Math.min(3, Math.max(2, Math.ceil(globalThis.devicePixelRatio || 1)));

/** The name of a theme, as palettes, styles and icons know it. */
export function themeName(dark) {
    return dark ? 'dark' : 'light';
}

/** Draws an icon the moment the style asks for it: `heart:light`, `star:dark:large`, `cluster:light:3:1`. */
export function addImage(map, id) {
    const [shape, theme, ...rest] = id.split(':');
    const colors = PALETTES[theme];
    let image = null;
    if (shape in SHAPES) image = pinImage(shape, colors, rest[0] === 'large' ? 46 : 32);
    if (shape === 'cluster') image = clusterImage(Number(rest[0]) / SHARE_STEPS, 40 + 8 * Number(rest[1]), colors);
    if (image && !map.hasImage(id)) map.addImage(id, image, { pixelRatio: PIXEL_RATIO });
}

/** The layers above the base map, lowest first. */
export function overlayLayers(theme) {
    const colors = PALETTES[theme];
    const alone = ['match', ['get', 'kind'], STAR, `star:${theme}`, `heart:${theme}`];
    const share = ['round', ['*', SHARE_STEPS, ['/', ['get', 'hearts'], ['get', 'point_count']]]];
    const size = ['step', ['get', 'point_count'], '0', 10, '1', 100, '2', 1000, '3'];
    const onTop = { 'icon-allow-overlap': true, 'icon-ignore-placement': true };
    return [
        {
            id: 'position-accuracy', type: 'fill', source: 'position', filter: ['==', ['geometry-type'], 'Polygon'],
            paint: { 'fill-color': colors.position, 'fill-opacity': 0.16 },
        },
        {
            id: 'position', type: 'circle', source: 'position', filter: ['==', ['geometry-type'], 'Point'],
            paint: {
                'circle-radius': 8, 'circle-color': colors.position,
                'circle-stroke-width': 3, 'circle-stroke-color': '#ffffff',
            },
        },
        {
            id: 'pins', type: 'symbol', source: 'pins', filter: pinFilter(-1),
            layout: { 'icon-image': alone, ...onTop },
        },
        {
            id: 'clusters', type: 'symbol', source: 'pins', filter: ['has', 'point_count'],
            layout: {
                'icon-image': ['concat', `cluster:${theme}:`, ['to-string', share], ':', size],
                'text-field': ['to-string', ['get', 'point_count']],
                'text-font': ['sans-serif'],
                'text-size': 15,
                'text-allow-overlap': true,
                'text-ignore-placement': true,
                ...onTop,
            },
            // The halo in the text's own colour makes it bold: only one weight is drawn.
            paint: { 'text-color': colors.ink, 'text-halo-color': colors.ink, 'text-halo-width': 0.4 },
        },
        {
            id: 'selected', type: 'symbol', source: 'selected',
            layout: { 'icon-image': ['concat', alone, ':large'], ...onTop },
        },
    ];
}

/** Pins that stand alone, but for the selected one, which is drawn by a layer of its own. */
export function pinFilter(selected) {
    return ['all', ['!', ['has', 'point_count']], ['!=', ['get', 'index'], selected]];
}

function canvas(size) {
    const element = document.createElement('canvas');
    element.width = element.height = Math.round(size * PIXEL_RATIO);
    const context = element.getContext('2d');
    context.scale(PIXEL_RATIO, PIXEL_RATIO);
    return { context, read: () => context.getImageData(0, 0, element.width, element.height) };
}

/** Heart or star. The heart is a plain shape, the star has a darker edge: they differ without colour too. */
function drawPin(context, shape, colors, x, y, size) {
    const path = new Path2D(SHAPES[shape]);
    context.save();
    context.translate(x, y);
    context.scale(size / 24, size / 24);
    context.translate(-12, -12);
    context.lineJoin = 'round';
    context.lineWidth = 4.5;
    context.strokeStyle = colors.halo;
    context.shadowColor = 'rgba(0, 0, 0, 0.45)';
    context.shadowBlur = 3 * PIXEL_RATIO;
    context.stroke(path);
    context.shadowColor = 'transparent';
    context.fillStyle = colors[shape];
    context.fill(path);
    if (shape === 'star') {
        context.lineWidth = 1.4;
        context.strokeStyle = colors.starEdge;
        context.stroke(path);
    }
    context.restore();
}

function pinImage(shape, colors, size) {
    const { context, read } = canvas(size + 6);
    drawPin(context, shape, colors, size / 2 + 3, size / 2 + 3, size * 0.82);
    return read();
}

/** A disc whose ring is green for the share of hearts and red, broken into dashes, for the rest. */
function clusterImage(share, size, colors) {
    const { context, read } = canvas(size + 12);
    const middle = size / 2 + 6;
    const radius = size / 2 - 3;
    context.shadowColor = 'rgba(0, 0, 0, 0.4)';
    context.shadowBlur = 4 * PIXEL_RATIO;
    context.fillStyle = colors.disc;
    context.beginPath();
    context.arc(middle, middle, size / 2, 0, 2 * Math.PI);
    context.fill();
    context.shadowColor = 'transparent';
    context.lineWidth = 5;
    const start = Math.PI / 2; // from the bottom, so that both shares meet at the two small signs' sides
    const end = start + share * 2 * Math.PI;
    const arc = (from, to, color, dash) => {
        context.beginPath();
        context.setLineDash(dash);
        context.strokeStyle = color;
        context.arc(middle, middle, radius, from, to);
        context.stroke();
    };
    if (share > 0) arc(start, end, colors.heart, []);
    if (share < 1) arc(end, start + 2 * Math.PI, colors.star, [5, 2]);
    const sign = 15;
    if (share > 0) drawPin(context, 'heart', colors, share < 1 ? middle - radius * 0.75 : middle, middle + radius * 0.8, sign);
    if (share < 1) drawPin(context, 'star', colors, share > 0 ? middle + radius * 0.75 : middle, middle + radius * 0.8, sign);
    return read();
}

/** The ring of a circle with this radius in metres. */
export function circle(lat, lon, radius) {
    const north = (radius / EARTH_RADIUS_M) * (180 / Math.PI);
    const east = north / Math.cos((lat * Math.PI) / 180);
    return Array.from({ length: 65 }, (_, step) => {
        const angle = (step / 32) * Math.PI;
        return [lon + east * Math.cos(angle), lat + north * Math.sin(angle)];
    });
}
