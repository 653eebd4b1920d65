/**
 * Decodes a picture and draws what goes along with it: thumbnail, placeholder, and, if asked, a smaller picture. It runs in a
 * worker, or on the page where a worker can't (entry-pictures.ts).
 */
import { Limit } from './limits.ts';
import { encodeHash, HASHED_SIDE } from './thumbhash.ts';

/** What a thumbnail leaves of that for a placeholder in the description. */
const PLACEHOLDER_ROOM = 64;
/** File name and description must leave so much of it. */
const LEAST_ROOM = 1024;

const THUMBNAIL_SIDE = 320;
const LEAST_THUMBNAIL_SIDE = 16;
/** Tried one after another, before a smaller thumbnail is. */
const THUMBNAIL_QUALITIES = [0.8, 0.6, 0.4];
const DEFAULT_QUALITY = 0.85;

/** What the application asks for, as it gave it; see PrepareImageOptions in rtm.d.ts. */
export type Wishes = [maxSide: unknown, quality: unknown, strip: boolean, thumbnail: boolean, textBytes: number];

/** What was drawn. Without a payload the picture stays as it is, except for its metadata. */
export interface Drawn {
  payload?: Blob;
  width: number;
  height: number;
  thumbnail?: Blob;
  thumbnailWidth?: number;
  thumbnailHeight?: number;
  placeholder: string;
}

/** What is told about the argument that the application gave; what else goes wrong is the browser's. */
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
    const type = opaque ? 'image/jpeg' : 'image/webp'; // where it is not written, browsers make a PNG of it
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

/** Decodes a picture, the right way up. Firefox (153) does not decode a Blob that is made of several: it gets a copy in one piece. */
async function decode(file: Blob, format: Format): Promise<ImageBitmap> {
  const first = createImageBitmap(file); // where it is missing that is the browser's fault, not the picture's
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

/** The size of a picture whose longer side has at most so many pixels. */
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

/** What the first bytes of a picture tell about it. */
export interface Format {
  /** "" of what is not known. */
  name: string;
  /** Metadata can be taken out without decoding it, and every browser shows it. */
  asIs?: boolean;
  /** It can't be transparent. */
  opaque?: boolean;
  /** It moves, or may: drawn again, one frame would be left. */
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
  if (!name) return 'the file is no picture; it can be sent with messageType FILE';
  if (asIs) return `the ${name} picture is broken; it can be sent with messageType FILE`;
  return `${name} pictures are not decoded by this browser: convert it to JPEG, PNG or WebP, or send it with messageType FILE`;
}
