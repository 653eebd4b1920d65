// What is damaged or lost on the way between page and gateway: receivers verify the
// digest, and senders repeat without making a second file.
import type { Page, Route } from '@playwright/test';
import { test, expect, failure, login } from './support/test.ts';

/** Uploads `bytes` bytes; gives the media id. */
function upload(page: Page, bytes: number): Promise<string> {
  return page.evaluate(async (bytes) => {
    const w = window as any;
    w.data = new Uint8Array(bytes).map((_, i) => (i * 2654435761) >>> 13);
    return (await w.client.createMediaMessageByUploading(new Blob([w.data]))).mediaId;
  }, bytes);
}

/** Downloads; gives whether the bytes are the uploaded ones, and the progress told. */
function download(page: Page, id: string): Promise<{ same: boolean; progress: number[] }> {
  return page.evaluate(async (id) => {
    const w = window as any;
    const progress: number[] = [];
    const blob = await w.client.downloadMedia(id, { onOperationProgress: (p: any) => progress.push(p.currentSize) });
    const back = new Uint8Array(await blob.arrayBuffer());
    return { same: back.length === w.data.length && back.every((b, i) => b === w.data[i]), progress };
  }, id);
}

/** Flips a bit in the first `times` downloads; gives the ranges asked for. */
async function damage(page: Page, times: number): Promise<string[]> {
  const ranges: string[] = [];
  await page.route('**/media/*', async (route: Route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    ranges.push(route.request().headers()['range']);
    const response = await route.fetch();
    const body = await response.body();
    if (ranges.length <= times) body[body.length >> 1] ^= 1;
    await route.fulfill({ response, body });
  });
  return ranges;
}

test('a damaged download is fetched once more', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`);
  const id = await upload(page, 300_000);
  const ranges = await damage(page, 1);
  const { same, progress } = await download(page, id);
  expect(same).toBe(true);
  expect(ranges).toEqual(['bytes=0-299999', 'bytes=0-299999']);
  expect([...progress].sort((x, y) => x - y), 'progress never falls').toEqual(progress);
  expect(progress.filter((n) => n === 300_000)).toHaveLength(1);
});

test('a download that is damaged again is refused', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`);
  const id = await upload(page, 300_000);
  const ranges = await damage(page, Infinity);
  expect(await failure(page, `await client.downloadMedia('${id}')`)).toMatchObject({ name: 'RtmUnavailableError', code: 1 });
  expect(ranges).toHaveLength(2);
  expect(await failure(page, `try { await client.downloadMedia('${id}') } catch (e) { throw e.originalError }`)).toMatchObject({ message: expect.stringContaining('digest') });
});

for (const [why, stop] of [
  ['without crypto.subtle, as over plain http,', () => void Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })],
  ['that sets VERIFY_MEDIA to false', () => (window as any).AgoraRTM.setParameter('VERIFY_MEDIA', false)],
] as const)
  test(`a page ${why} checks the length alone`, async ({ openPage, run }) => {
    const page = await openPage();
    await page.evaluate(stop);
    await login(page, `a-${run}`);
    const id = await upload(page, 300_000);
    expect((await download(page, id)).same).toBe(true);
    const ranges = await damage(page, 1);
    expect((await download(page, id)).same).toBe(false);
    expect(ranges).toHaveLength(1);
  });

/** Counts the bytes that are hashed on the page itself, in window.hashed. */
function watchPage(page: Page): Promise<void> {
  return page.evaluate(() => {
    const w = window as any;
    const digest = crypto.subtle.digest;
    w.hashed = 0;
    crypto.subtle.digest = function (algorithm: AlgorithmIdentifier, data: BufferSource) {
      w.hashed += data.byteLength;
      return digest.call(this, algorithm, data);
    };
  });
}

test('a large file is hashed beside the page, a small one on it', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`);
  let workers = 0;
  page.on('worker', () => workers++);
  await watchPage(page);
  for (const [bytes, beside] of [[30 << 20, true], [(1 << 20) - 1, false]] as const) {
    workers = 0;
    expect((await download(page, await upload(page, bytes))).same).toBe(true);
    expect(workers > 0, `${bytes} bytes`).toBe(beside);
    expect(await page.evaluate(() => (window as any).hashed)).toBe(beside ? 0 : bytes);
  }
});

// Chromium once collected what read a file for its digest while it waited: the download never ended.
test('a worker that hashes goes on when its garbage is collected', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`);
  let collected = 0;
  page.on('worker', async (worker) => {
    const collecting = () =>
      worker.evaluate(async () => {
        for (let i = 0; i < 20; i++) await (globalThis as any).gc({ execution: 'async', type: 'major' });
      });
    try {
      for (;;) await collecting().then(() => (collected += 20));
    } catch {} // the worker ended
  });
  const moved = await page.evaluate(async () => {
    const { client } = window as any;
    let moved = 0;
    const some = async () => {
      const { mediaId } = await client.createMediaMessageByUploading(new Blob([new Uint8Array(10 << 20)]));
      for (let i = 0; i < 4; i++) {
        const { size } = await client.downloadMedia(mediaId);
        moved += size;
      }
    };
    await Promise.all(Array.from({ length: 9 }, some));
    return moved;
  });
  expect(moved).toBe(9 * 4 * (10 << 20));
  expect(collected).toBeGreaterThan(100);
});

test('damage to a large file is found, also where the policy of the page forbids workers', async ({ context, site, gateway, run }) => {
  for (const workers of ['blob:', "'none'"]) {
    const page = await context.newPage();
    const policy = `default-src 'none'; script-src ${gateway.url} 'wasm-unsafe-eval'; connect-src *; worker-src ${workers}`;
    site.pages.set('/worker.html', { body: `<script src="${gateway.url}/sdk/rtm.js"></script>`, headers: { 'content-security-policy': policy } });
    await page.goto(`${site.url}/worker.html`);
    await login(page, `a-${run}-${workers.length}`);
    await watchPage(page);
    const id = await upload(page, 1 << 20);
    const ranges = await damage(page, 1);
    expect((await download(page, id)).same, workers).toBe(true);
    expect(ranges).toHaveLength(2);
    expect(await page.evaluate(() => (window as any).hashed), workers).toBe(workers === 'blob:' ? 0 : 2 << 20);
  }
});

test('an upload whose creation is answered into the void is made once', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`);
  const made: string[] = [];
  await page.route('**/media/', async (route) => {
    if (route.request().method() !== 'POST' || made.length) return route.fallback();
    const answer = await route.fetch();
    made.push(answer.headers()['location']);
    await route.abort('connectionreset');
  });
  const id = await upload(page, 1 << 20);
  expect(id).toContain(made[0].split('/').at(-1));
  expect((await download(page, id)).same).toBe(true);
});
