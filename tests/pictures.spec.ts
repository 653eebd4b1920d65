import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { root } from './support/proc.ts';
import { expect, login, test } from './support/test.ts';

const folder = path.join(root, 'core/imagesize/testdata/pictures');
/** The size of each picture in Chromium, which the SDK tells, and where another browser shows another one. */
const sizes: Record<string, { size: string; firefox?: string; webkit?: string }> = JSON.parse(readFileSync(path.join(folder, 'sizes.json'), 'utf8'));
const read = (name: string) => readFileSync(path.join(folder, name));

/** What the page's <img> shows, what its createImageBitmap decodes, and what the SDK fills in: "width x height". */
function measure(page: Page, picture: Buffer, type = ''): Promise<{ shown: string; decoded: string; filled: string; thumbnail: string }> {
  return page.evaluate(
    async ([base64, type]) => {
      const blob = new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type });
      const img = new Image();
      const url = URL.createObjectURL(blob);
      await new Promise((done) => {
        img.onload = img.onerror = done;
        img.src = url;
      });
      URL.revokeObjectURL(url);
      const decoded = await createImageBitmap(blob).then((b) => `${b.width}x${b.height}`, () => '0x0');
      const m = await (window as any).client.createMediaMessageByUploading(blob, { messageType: 'IMAGE', thumbnail: blob });
      return {
        shown: `${img.naturalWidth}x${img.naturalHeight}`, decoded,
        filled: `${m.width}x${m.height}`, thumbnail: `${m.thumbnailWidth}x${m.thumbnailHeight}`,
      };
    },
    [picture.toString('base64'), type] as const,
  );
}

test('sizes of odd pictures are what the browser shows, or what Chromium shows where browsers differ @everywhere', async ({ openUser, run }, info) => {
  test.setTimeout(300_000);
  const browser = info.project.name as 'chromium' | 'firefox' | 'webkit';
  const page = await openUser(`a-${run}`);
  for (const [name, expected] of Object.entries(sizes)) {
    const got = await measure(page, read(name));
    expect.soft(got.shown, `${name} in ${browser}`).toBe((browser !== 'chromium' && expected[browser]) || expected.size);
    // What has no size in its header is the browser's to tell.
    const filled = expected.size === '0x0' ? got.decoded : expected.size;
    expect.soft([got.filled, got.thumbnail], name).toEqual([filled, filled]);
  }
});

/** The picture with n more bytes in the box that describes it: too many for the SDK to read. */
function withLargeMeta(avif: Buffer, n: number): Buffer {
  const at = 44 + avif.readUInt32BE(44); // behind the box that must come first in meta
  const out = Buffer.concat([avif.subarray(0, at), Buffer.alloc(n), avif.subarray(at)]);
  const grow = (at: number) => out.writeUInt32BE(out.readUInt32BE(at) + n, at);
  grow(32); // the length of meta
  out.writeUInt32BE(n, at);
  out.write('free', at + 4, 'latin1');
  grow(out.indexOf('iloc') + 18); // where the pixels are
  return out;
}

test('the browser is asked for the size where the header does not tell it @everywhere', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`);
  const picture = withLargeMeta(read('avif-irot1.avif'), 70_000);
  const got = await measure(page, picture);
  expect(got.decoded).toMatch(/^(40x60|60x40)$/);
  expect(got).toEqual({ shown: got.decoded, decoded: got.decoded, filled: got.decoded, thumbnail: got.decoded });

  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"/>');
  expect(await measure(page, svg, 'image/svg+xml'), 'no browser makes a bitmap of an SVG, and 1.4 did not measure it either')
    .toEqual({ shown: '60x40', decoded: '0x0', filled: '0x0', thumbnail: '0x0' });
  expect((await measure(page, Buffer.from('no picture'))).filled).toBe('0x0');
});

test('a page whose createImageBitmap is missing or broken gets 0 × 0 and its upload @everywhere', async ({ openPage, run }) => {
  const picture = withLargeMeta(read('avif-irot1.avif'), 70_000);
  for (const [i, broken] of ['undefined', '() => { throw new Error("no") }', '() => new Promise(() => {})', '() => Promise.reject()', '() => 7', '7'].entries()) {
    const page = await openPage();
    await page.evaluate((broken) => (window.createImageBitmap = new Function(`return ${broken}`)()), broken);
    await login(page, `a${i}-${run}`);
    const filled = await page.evaluate(async (base64) => {
      const blob = new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]);
      const m = await (window as any).client.createMediaMessageByUploading(blob, { messageType: 'IMAGE' });
      return [m.width, m.height, m.size];
    }, picture.toString('base64'));
    expect(filled, `createImageBitmap is ${broken}`).toEqual([0, 0, picture.length]);
  }
});
