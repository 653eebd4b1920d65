/**
 * Decodes a picture and draws its thumbnail, its placeholder and, if asked, a smaller picture. It runs in a worker, or on the page
 * if a worker can't draw (entry-pictures.ts).
 */
import { Limit } from './limits.ts';
import { encodeHash, HASHED_SIDE } from './thumbhash.ts';

/** How many bytes of a message a thumbnail leaves free, so that the application can add a placeholder to the description. */
const PLACEHOLDER_ROOM = 64;
/** How many bytes of a message fileName and description must leave for a thumbnail. */
const LEAST_ROOM = 1024;

const THUMBNAIL_SIDE = 320;
const LEAST_THUMBNAIL_SIDE = 16;
/** These are tried in turn, before a smaller thumbnail is. */
const THUMBNAIL_QUALITIES = [0.8, 0.6, 0.4];
const DEFAULT_QUALITY = 0.85;

/** The options of the application, not checked; see PrepareImageOptions in rtm.d.ts. */
export type Wishes = [maxSide: unknown, quality: unknown, strip: boolean, thumbnail: boolean, textBytes: number];

/** The result. Without a payload the picture is sent unchanged, except for its metadata. */
export interface Drawn {
  payload?: Blob;
  width: number;
  height: number;
  thumbnail?: Blob;
  thumbnailWidth?: number;
  thumbnailHeight?: number;
  placeholder: string;
}

/** An argument of the application is wrong. All other errors are those of the browser. */
export class BadArgument extends Error {}

export async function prepare(file: Blob, ...[maxSide = Infinity, quality, strip, wantsThumbnail, textBytes]: Wishes): Promise<Drawn> {
  if (!(typeof maxSide === 'number' && maxSide >= 1)) throw new BadArgument('maxSide must be a number of pixels, at least 1');
  if (quality !== undefined && !(typeof quality === 'number' && quality > 0 && quality <= 1)) throw new BadArgument('quality must be a number above 0 and at most 1');
  const room = Limit.MAX_MESSAGE_BYTES - PLACEHOLDER_ROOM - textBytes;
  if (wantsThumbnail && textBytes > Limit.MAX_MESSAGE_BYTES - LEAST_ROOM) {
    throw new BadArgument(`fileName and description have ${textBytes} bytes and leave no room for a thumbnail: a message has ${Limit.MAX_MESSAGE_BYTES} for all three`);
  }
  const format = readFormat(new Uint8Array(await new Response(file.slice(0, 65536)).arrayBuffer()));
  const picture = await decode(file, format);
  try {
    const { width, height } = picture;
    const longest = Math.max(width, height);
    const small = fit(width, height, HASHED_SIDE);
    const { data } = draw(picture, small).getImageData(0, 0, ...small);
    const opaque = format.opaque || data.every((value, i) => (i & 3) < 3 || value === 255);
    const type = opaque ? 'image/jpeg' : 'image/webp'; // browsers that can't write WebP write PNG
    const drawn: Drawn = { width, height, placeholder: btoa(String.fromCharCode(...encodeHash(...small, data))) };
    if (wantsThumbnail) Object.assign(drawn, await makeThumbnail(picture, type, room));
    const smaller = longest > maxSide;
    const private_ = strip && !format.asIs;
    if (!format.moves && (smaller || private_ || quality)) {
      const size = fit(width, height, smaller ? Math.floor(maxSide) : longest);
      const payload = await encode(picture, size, type, quality ?? DEFAULT_QUALITY);
      if (smaller || private_ || payload.size < file.size) [drawn.payload, drawn.width, drawn.height] = [payload, ...size];
    }
    return drawn;
  } finally {
    picture.close();
  }
}

/**
 * Decodes a picture, and turns it as its EXIF says. Firefox (153) does not decode a Blob that was made of several Blobs, so it gets a
 * copy.
 */
async function decode(file: Blob, format: Format): Promise<ImageBitmap> {
  const first = createImageBitmap(file); // outside of try: if the function is missing, the picture is not at fault
  try {
    return await first;
  } catch {
    const copy = await new Response(file).arrayBuffer();
    return createImageBitmap(new Blob([copy], { type: file.type })).catch(() => {
      throw new BadArgument(undecodable(format));
    });
  }
}

async function makeThumbnail(picture: ImageBitmap, type: string, room: number): Promise<Partial<Drawn>> {
  for (let side = THUMBNAIL_SIDE; side >= LEAST_THUMBNAIL_SIDE; side = Math.floor((side * 2) / 3)) {
    const size = fit(picture.width, picture.height, side);
    for (const quality of THUMBNAIL_QUALITIES) {
      const thumbnail = await encode(picture, size, type, quality);
      if (thumbnail.size <= room) return { thumbnail, thumbnailWidth: size[0], thumbnailHeight: size[1] };
    }
  }
  throw new Error('no thumbnail is small enough');
}

type Size = [width: number, height: number];

/** Returns the size of a picture after scaling it down so that its longer side has at most `side` pixels. */
export function fit(width: number, height: number, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

function draw(picture: ImageBitmap, [width, height]: Size): Context {
  const canvas = typeof OffscreenCanvas === 'function' ? new OffscreenCanvas(width, height) : Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d') as Context | null;
  if (!context) throw new Error('there is no canvas');
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  return context;
}

async function encode(picture: ImageBitmap, size: Size, type: string, quality: number): Promise<Blob> {
  const { canvas } = draw(picture, size);
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type, quality });
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the canvas gives no picture'))), type, quality));
}

/** The format of a picture, according to its first bytes. */
export interface Format {
  /** "" for an unknown format. */
  name: string;
  /** The core can remove the metadata without decoding the picture, and every browser shows the format. */
  asIs?: boolean;
  /** The format has no transparency. */
  opaque?: boolean;
  /** The picture is animated, or may be. Drawing it again would leave one frame. */
  moves?: boolean;
}

export function readFormat(bytes: Uint8Array): Format {
  const text = String.fromCharCode(...bytes.subarray(0, 64));
  const has = (part: string, within = text) => within.includes(part);
  if (text.startsWith('\xff\xd8\xff')) return { name: 'JPEG', asIs: true, opaque: true };
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return { name: 'PNG', asIs: true, moves: has('acTL', latin1(bytes).split('IDAT')[0]) };
  if (text.startsWith('GIF8')) return { name: 'GIF', asIs: true, moves: true };
  if (/^RIFF[^]{4}WEBP/.test(text)) return { name: 'WebP', asIs: true, moves: text.slice(12, 16) === 'VP8X' && !!(bytes[20]! & 2) };
  if (text.startsWith('BM')) return { name: 'BMP', opaque: true };
  if (text.slice(4, 8) === 'ftyp') {
    if (has('avif') || has('avis')) return { name: 'AVIF', moves: has('avis') };
    if (/hei|hev|mif1/.test(text)) return { name: 'HEIC' };
  }
  if (/^(II\*\0|MM\0\*)/.test(text)) return { name: 'TIFF' };
  return { name: has('<svg', latin1(bytes.subarray(0, 1024))) ? 'SVG' : '' };
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}

function undecodable({ name, asIs }: Format): string {
  if (!name) return 'the file is not a picture; it can be sent with messageType FILE';
  if (asIs) return `the ${name} picture is broken; it can be sent with messageType FILE`;
  return `this browser does not decode ${name} pictures: convert it to JPEG, PNG or WebP, or send it with messageType FILE`;
}
