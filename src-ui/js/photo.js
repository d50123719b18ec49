// @ts-check
// A photograph as it is sent: small, a JPEG, and nothing in it but the picture. Runs as a worker of its own, so that a
// picture of 48 megapixels holds nobody up; in the page where a worker has no canvas (see `preparePhoto` in host.js).

const PHOTO_SIDE = 1600;
const THUMBNAIL_SIDE = 320;
const BYTES_MAX = 2 * 1024 * 1024;
const QUALITIES = [0.8, 0.65, 0.5, 0.35];

/** @typedef {{ photo: Uint8Array, thumbnail: Uint8Array, width: number, height: number }} Prepared */

/** Rejects when it is no picture, or none that this browser reads. @param {Blob} file @returns {Promise<Prepared>} */
export async function prepare(file) {
  const bitmap = await decode(file);
  try {
    const large = drawn(bitmap, PHOTO_SIDE);
    const small = drawn(large, THUMBNAIL_SIDE);
    const [photo, thumbnail] = [await encode(large), await encode(small)];
    return { photo, thumbnail, width: large.width, height: large.height };
  } finally {
    bitmap.close();
  }
}

/** @param {Blob} file */
function decode(file) {
  // Older browsers do not know the word for what they do anyway.
  return createImageBitmap(file, { imageOrientation: "from-image" }).catch((error) => {
    if (error instanceof TypeError) return createImageBitmap(file);
    throw error;
  });
}

/** @param {ImageBitmap | HTMLCanvasElement | OffscreenCanvas} source @param {number} side */
function drawn(source, side) {
  const scale = Math.min(1, side / Math.max(source.width, source.height));
  const [width, height] = [source.width, source.height].map((length) => Math.max(1, Math.round(length * scale)));
  const canvas = globalThis.document
    ? Object.assign(document.createElement("canvas"), { width, height })
    : new OffscreenCanvas(width, height);
  const context = /** @type {any} */ (canvas.getContext("2d", { alpha: false }));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  return canvas;
}

/** @param {HTMLCanvasElement | OffscreenCanvas} canvas @returns {Promise<Uint8Array>} */
async function encode(canvas) {
  for (const quality of QUALITIES) {
    const blob =
      "convertToBlob" in canvas
        ? await canvas.convertToBlob({ type: "image/jpeg", quality })
        : await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    const bytes = bare(new Uint8Array(await blob.arrayBuffer()));
    if (bytes.length <= BYTES_MAX) return bytes;
  }
  throw new Error("the picture does not become small enough");
}

/** The JPEG without what is not the picture: some browsers write EXIF of their own. @param {Uint8Array} jpeg */
export function bare(jpeg) {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw new Error("no JPEG");
  const kept = [jpeg.subarray(0, 2)];
  let at = 2;
  while (jpeg[at] === 0xff && jpeg[at + 1] !== 0xda) {
    const marker = jpeg[at + 1];
    const end = at + 2 + (jpeg[at + 2] << 8) + jpeg[at + 3];
    // APP0 is JFIF, APP14 says how colours are stored; the other APP segments and comments are about something else.
    const about = (marker >= 0xe1 && marker <= 0xef && marker !== 0xee) || marker === 0xfe;
    if (!about) kept.push(jpeg.subarray(at, end));
    at = end;
  }
  if (jpeg[at] !== 0xff) throw new Error("no JPEG");
  kept.push(jpeg.subarray(at));
  const bytes = new Uint8Array(kept.reduce((length, part) => length + part.length, 0));
  let length = 0;
  for (const part of kept) {
    bytes.set(part, length);
    length += part.length;
  }
  return bytes;
}

if (!globalThis.document) {
  globalThis.onmessage = async ({ data }) => {
    try {
      const prepared = await prepare(data);
      /** @type {any} */ (globalThis).postMessage(prepared, [prepared.photo.buffer, prepared.thumbnail.buffer]);
    } catch {
      globalThis.postMessage(null);
    }
  };
}
