// What a page sees of a gateway that has uploads scanned before anybody can read them.
import type { Page } from '@playwright/test';
import { test, expect, failure, login } from './support/test.ts';
import { Clamd, found, infected, missing } from './support/clamd.ts';
import { Gateway } from './support/proc.ts';
import type { Site } from './support/site.ts';

test.skip(!!missing, missing);

let clamd: Clamd;
let scanned: Gateway;
test.beforeAll(async () => {
  clamd = await new Clamd().start();
  scanned = await new Gateway(['--scan', clamd.url]).start();
});
test.afterAll(async () => {
  await scanned?.stop();
  clamd?.stop();
});

/** A page of another origin, which may read only the headers that it is allowed to. */
async function openUser(page: Page, site: Site, uid: string): Promise<Page> {
  site.pages.set('/scan.html', { body: `<!doctype html><meta charset="utf-8"><title>scan</title><script src="${scanned.url}/sdk/rtm.js"></script>` });
  await page.goto(`${site.url}/scan.html`);
  await login(page, uid);
  return page;
}

const upload = (bytes: number, end = '') => `await client.createMediaMessageByUploading(new Blob([new Uint8Array(${bytes}), '${end}']))`;

test('an upload with a virus is rejected with its name, others are not', async ({ page, site, run }) => {
  await openUser(page, site, `a-${run}`);
  for (const size of [1000, 3 << 20]) {
    expect(await failure(page, upload(size, infected)), `${size} bytes`).toEqual({
      name: 'RtmUnavailableError',
      code: 1,
      message: expect.stringContaining(`the gateway answered with status 422: the file was rejected: found ${found}`),
      isError: true,
    });
    const back = await page.evaluate(async (size) => {
      const { mediaId } = await (window as any).client.createMediaMessageByUploading(new Blob([new Uint8Array(size)]));
      return (await (window as any).client.downloadMedia(mediaId)).size;
    }, size);
    expect(back).toBe(size);
  }
});

test('a scan that takes longer than a request waits shows all but the last byte, and then the end', async ({ page, site, run }) => {
  await openUser(page, site, `a-${run}`);
  clamd.pause();
  const put = page.waitForResponse((r) => r.request().method() === 'PATCH');
  const outcome = page.evaluate(async () => {
    const seen: number[] = ((window as any).seen = []);
    await (window as any).client.createMediaMessageByUploading(new Blob([new Uint8Array(1 << 20)]), {}, { onOperationProgress: (p: any) => seen.push(p.currentSize) });
    return seen;
  });
  expect((await put).headers()['upload-offset']).toBe(String((1 << 20) - 1));
  await expect.poll(() => page.evaluate(() => (window as any).seen.at(-1))).toBe((1 << 20) - 1);
  clamd.resume();
  expect((await outcome).slice(-2)).toEqual([(1 << 20) - 1, 1 << 20]);
});
