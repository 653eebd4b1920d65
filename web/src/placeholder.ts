/** rtm-wasm/placeholder: pictures of the placeholders that prepareImage makes. It needs nothing else of the SDK. */
import { decodeHash } from './thumbhash.ts';

/** See package/placeholder.d.ts. */
export function placeholderUrl(placeholder: unknown): string {
  let picture;
  try {
    picture = decodeHash(bytesOf(atob(`${placeholder}`.slice(0, 99))));
  } catch {
    // It is no base64.
  }
  return picture ? `data:image/png;base64,${btoa(String.fromCharCode(...png(picture.w, picture.h, picture.rgba)))}` : '';
}

const bytesOf = (text: string) => Array.from(text, (c) => c.charCodeAt(0));
const big = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

/** A PNG that is not compressed, of up to 16 000 pixels. */
function png(w: number, h: number, rgba: Uint8Array): number[] {
  const rows: number[] = [];
  for (let y = 0; y < h; y++) rows.push(0, ...rgba.subarray(4 * w * y, 4 * w * (y + 1)));
  let [x, y] = [1, 0]; // Adler-32
  for (const byte of rows) y = (y + (x = (x + byte) % 65521)) % 65521;
  const n = rows.length;
  return [
    ...bytesOf('\x89PNG\r\n\x1a\n'),
    ...chunk('IHDR', [...big(w), ...big(h), 8, 6, 0, 0, 0]),
    ...chunk('IDAT', [0x78, 1, 1, n & 255, n >> 8, ~n & 255, (~n >> 8) & 255, ...rows, ...big(((y << 16) | x) >>> 0)]),
    ...chunk('IEND', []),
  ];
}

function chunk(name: string, data: number[]): number[] {
  const body = [...bytesOf(name), ...data];
  let crc = -1;
  for (const byte of body) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 && 0xedb88320);
  }
  return [...big(data.length), ...body, ...big(~crc >>> 0)];
}
