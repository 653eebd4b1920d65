/** Pictures that the page under test paints, with metadata in them. */
import type { Page } from '@playwright/test';

/** What the metadata says, and no result may have. */
export const secret = 'Ada Lovelace 51.5N';

/**
 * Gives the page `photo(width, height, type, orientation?)`: a Blob with a red, a green, a blue and a yellow quarter
 * (from the upper left, row by row), in JPEG and WebP with EXIF, in PNG with eXIf and text; a type of "transparent" is a PNG
 * whose blue quarter is not there. And `corners(blob)`: which colours a picture shows, in that order. And `pixels(blob)`, and
 * `text(blob)`: its bytes as Latin-1.
 */
export async function givePhotos(page: Page): Promise<void> {
  await page.evaluate((secret) => {
    const w = window as any;
    const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
    const exif = (orientation: number) => {
      const text = `${secret}\0`;
      const entry = (tag: string, kind: number, count: number, value: string) => `${tag}\0${String.fromCharCode(kind)}\0\0\0${String.fromCharCode(count)}${value}`;
      return `MM\0*\0\0\0\x08\0\x02${entry('\x01\x12', 3, 1, `\0${String.fromCharCode(orientation)}\0\0`)}${entry('\x01\x3b', 2, text.length, '\0\0\0\x26')}\0\0\0\0${text}`;
    };
    const crc = (data: Uint8Array) => {
      let sum = -1;
      for (const byte of data) {
        sum ^= byte;
        for (let i = 0; i < 8; i++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
      }
      return ~sum;
    };
    const big = (n: number) => new Uint8Array([n >>> 24, n >>> 16, n >>> 8, n]);
    const chunk = (name: string, data: string) => [big(data.length), bytes(name + data), big(crc(bytes(name + data)))];

    w.paint = (width: number, height: number, colours: (string | undefined)[]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d')!;
      colours.forEach((colour, i) => {
        if (!colour) return;
        context.fillStyle = colour;
        context.fillRect((i % 2) * width / 2, Math.floor(i / 2) * height / 2, width / 2, height / 2);
      });
      return canvas;
    };
    w.photo = async (width: number, height: number, type: string, orientation = 1) => {
      const canvas = w.paint(width, height, ['red', 'lime', type === 'transparent' ? undefined : 'blue', 'yellow']);
      const mime = type === 'transparent' ? 'image/png' : type;
      const plain: Blob = await new Promise((resolve) => canvas.toBlob(resolve, mime, 0.9));
      if (plain.type !== mime) throw new Error(`this browser writes no ${mime}`);
      if (mime === 'image/jpeg') {
        const data = `Exif\0\0${exif(orientation)}`;
        return new Blob([plain.slice(0, 2), bytes('\xff\xe1'), big(data.length + 2).slice(2), bytes(data), plain.slice(2), secret], { type: mime });
      }
      return new Blob([plain.slice(0, 33), ...chunk('eXIf', exif(orientation)), ...chunk('tEXt', `Author\0${secret}`), plain.slice(33)], { type: mime });
    };
    w.show = async (blob: Blob) => {
      const url = URL.createObjectURL(blob);
      const image = Object.assign(new Image(), { src: url });
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: image.naturalWidth, height: image.naturalHeight });
      const context = canvas.getContext('2d')!;
      context.drawImage(image, 0, 0);
      return context;
    };
    w.corners = async (blob: Blob) => {
      const context = await w.show(blob);
      const { width, height } = context.canvas;
      const names = { '110': 'yellow', '100': 'red', '010': 'lime', '001': 'blue' } as Record<string, string>;
      return [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]].map(([x, y]) => {
        const [r, g, b, a] = context.getImageData(Math.floor(width * x!), Math.floor(height * y!), 1, 1).data;
        return a < 20 ? 'none' : names[[r, g, b].map((n) => (n > 128 ? 1 : 0)).join('')];
      }).join(' ');
    };
    w.pixels = async (blob: Blob) => {
      const context = await w.show(blob);
      const { data } = context.getImageData(0, 0, context.canvas.width, context.canvas.height);
      const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
      return [context.canvas.width, context.canvas.height, ...sum].join();
    };
    w.text = async (blob: Blob) => [...new Uint8Array(await blob.arrayBuffer())].map((byte) => String.fromCharCode(byte)).join('');
  }, secret);
}
