/**
 * Small pictures to send along. A message has room for 32 KB, file name included, so a
 * thumbnail gets at most 24 KB.
 */
const MAX_BYTES = 24 * 1024;
const EDGES = [360, 240, 160, 96, 48]; // longer edge, in pixels
const QUALITIES = [0.8, 0.6, 0.4];

/** @typedef {{blob: Blob | undefined, width: number, height: number, thumbnailWidth: number, thumbnailHeight: number}} Measured */

/** @type {Promise<unknown>} */
let turn = Promise.resolve();

/**
 * Measures a picture and makes its thumbnail. One after the other: a decoded photo takes
 * some 50 MB.
 * @param {Blob} file
 * @returns {Promise<Measured | undefined>} undefined if it is no picture this browser knows
 */
export function measure(file) {
  const result = turn.then(() => shrink(file));
  turn = result.catch(() => {});
  return result;
}

/** @param {Blob} file */
async function shrink(file) {
  // Formats with scripts or pages inside, such as SVG and PDF, are files to us.
  if (!/^image\/(png|jpeg|gif|webp|bmp|avif)$/.test(file.type)) return undefined;
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) return undefined;
  try {
    const { width, height } = bitmap;
    for (const edge of EDGES) {
      const canvas = draw(bitmap, Math.min(1, edge / Math.max(width, height)));
      const blob = await encode(canvas);
      if (blob) return { blob, width, height, thumbnailWidth: canvas.width, thumbnailHeight: canvas.height };
    }
    return { blob: undefined, width, height, thumbnailWidth: 0, thumbnailHeight: 0 };
  } finally {
    bitmap.close();
  }
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} scale
 */
function draw(bitmap, scale) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = '#fff'; // JPEG has no transparency and would show black
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/**
 * The best encoding that fits; undefined if none does.
 * @param {HTMLCanvasElement} canvas
 */
async function encode(canvas) {
  for (const type of ['image/webp', 'image/jpeg']) {
    for (const quality of QUALITIES) {
      const blob = await new Promise((/** @type {(b: Blob | null) => void} */ done) => canvas.toBlob(done, type, quality));
      if (blob?.type !== type) break; // no such encoder: browsers answer with a PNG then
      if (blob.size <= MAX_BYTES) return blob;
    }
  }
  return undefined;
}
