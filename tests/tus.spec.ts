// The gateway's media service as any tus client sees it: tus-js-client, used the way its
// documentation tells, on a page of another origin. Files it stored are SDK media.
import path from 'node:path';
import type { Page } from '@playwright/test';
import { test, expect } from './support/test.ts';
import { root } from './support/proc.ts';

const KiB = 1 << 10;
const MiB = 1 << 20;

interface Seen {
  method: string;
  path: string;
  status: number;
  offset?: string;
  location?: string;
}

/** A logged-in page with tus-js-client, whose helpers are window.t, and what it sent to /media/. */
async function tusPage(openUser: (uid: string, origin?: 'cross origin') => Promise<Page>, gateway: string, uid: string): Promise<{ page: Page; seen: Seen[] }> {
  const page = await openUser(uid, 'cross origin');
  const request = page.waitForRequest((r) => r.method() === 'POST' && new URL(r.url()).pathname === '/media/');
  await page.evaluate(() => (window as any).client.createMediaMessageByUploading(new Blob(['x'])));
  const authorization = (await (await request).allHeaders()).authorization;
  const seen: Seen[] = [];
  page.on('response', (r) => {
    const { pathname } = new URL(r.url());
    const method = r.request().method();
    if (pathname.startsWith('/media/') && method !== 'OPTIONS')
      seen.push({ method, path: pathname, status: r.status(), offset: r.request().headers()['upload-offset'], location: r.headers()['location'] });
  });
  await page.addScriptTag({ path: path.join(root, 'node_modules/tus-js-client/dist/tus.min.js') });
  await page.evaluate(({ endpoint, authorization }) => {
    const w = window as any;
    w.t = {
      file: (bytes: number, name = 'file') => new File([new Uint8Array(bytes).map((_, i) => (i * 2654435761) >>> 13)], name, { lastModified: 1 }),
      /** An upload, and `outcome`: "done", or the error. */
      upload(file: File, options: any = {}) {
        let settle: (outcome: any) => void;
        const outcome = new Promise<any>((resolve) => (settle = resolve));
        const upload = new w.tus.Upload(file, {
          endpoint,
          retryDelays: [0, 100, 500],
          metadata: { filename: file.name },
          removeFingerprintOnSuccess: true,
          ...options,
          headers: { Authorization: authorization, ...options.headers },
          onSuccess: () => settle('done'),
          onError: (e: any) => settle({ status: e.originalResponse?.getStatus(), text: e.originalResponse?.getBody() }),
        });
        return { upload, outcome };
      },
      /** Whether the SDK downloads what was stored, bit by bit. */
      async isStored(upload: any, file: File) {
        const key = upload.url.split('/').at(-1);
        const back = await w.client.downloadMedia(`0${key}1z1z${file.size}`);
        const [a, b] = await Promise.all([back, file].map(async (x: Blob) => new Uint8Array(await x.arrayBuffer())));
        return a.length === b.length && a.every((v, i) => v === b[i]);
      },
    };
  }, { endpoint: `${gateway}/media/`, authorization });
  return { page, seen };
}

const of = (seen: Seen[], method: string) => seen.filter((s) => s.method === method);

test('tus-js-client uploads whole and in chunks', async ({ openUser, gateway, run }) => {
  const { page, seen } = await tusPage(openUser, gateway.url, `a-${run}`);
  const upload = (size: number, options: object) =>
    page.evaluate(async ({ size, options }) => {
      const { t } = window as any;
      const file = t.file(size);
      const { upload, outcome } = t.upload(file, options);
      upload.start();
      return [await outcome, await t.isStored(upload, file)];
    }, { size, options });
  expect(await upload(3 * MiB + 5, {})).toEqual(['done', true]);
  expect(of(seen, 'PATCH')).toHaveLength(1);

  seen.length = 0;
  expect(await upload(3 * MiB + 5, { chunkSize: MiB })).toEqual(['done', true]);
  expect(of(seen, 'PATCH').map((s) => Number(s.offset))).toEqual([0, MiB, 2 * MiB, 3 * MiB]);

  seen.length = 0;
  expect(await upload(700 * KiB, { uploadDataDuringCreation: true, chunkSize: 300 * KiB })).toEqual(['done', true]);
  expect(of(seen, 'POST')).toHaveLength(1);
  expect(of(seen, 'PATCH').map((s) => Number(s.offset))).toEqual([300 * KiB, 600 * KiB]);
});

test("tus-js-client uploads by the IETF's drafts", async ({ openUser, gateway, run }) => {
  const { page, seen } = await tusPage(openUser, gateway.url, `a-${run}`);
  for (const protocol of ['ietf-draft-03', 'ietf-draft-05']) {
    const out = await page.evaluate(async (protocol) => {
      const { t } = window as any;
      const file = t.file(2 << 20);
      const { upload, outcome } = t.upload(file, {
        protocol,
        chunkSize: 512 << 10,
        onChunkComplete: (_: number, accepted: number) => accepted === 1 << 20 && upload.abort().then(() => upload.start()),
      });
      upload.start();
      return [await outcome, await t.isStored(upload, file)];
    }, protocol);
    expect(out, protocol).toEqual(['done', true]);
    expect(of(seen, 'HEAD').at(-1)?.status).toBe(204);
    expect(of(seen, 'PATCH').map((s) => s.status), protocol).toEqual([204, 204, 204, 201]);
    seen.length = 0;
  }
});

test('tus-js-client pauses and resumes, in the same object and after findPreviousUploads', async ({ openUser, gateway, run }) => {
  const { page, seen } = await tusPage(openUser, gateway.url, `a-${run}`);
  const out = await page.evaluate(async () => {
    const { t } = window as any;
    const file = t.file(4 << 20);
    /** Starts, and aborts after the second chunk. */
    const half = (options: object = {}) =>
      new Promise<any>((resolve) => {
        const { upload, outcome } = t.upload(file, {
          chunkSize: 512 << 10,
          onChunkComplete: (_: number, accepted: number) => accepted === 1 << 20 && upload.abort().then(() => resolve({ upload, outcome })),
          ...options,
        });
        upload.start();
      });
    const same = await half();
    same.upload.start();
    const first = [await same.outcome, await t.isStored(same.upload, file)];

    const { upload: left } = await half();
    const { upload: later, outcome } = t.upload(file);
    const previous = await later.findPreviousUploads();
    later.resumeFromPreviousUpload(previous[0]);
    later.start();
    return { first, previous: previous.length, second: [await outcome, await t.isStored(later, file)], url: left.url === later.url };
  });
  expect(out).toEqual({ first: ['done', true], previous: 1, second: ['done', true], url: true });
  expect(of(seen, 'POST')).toHaveLength(2);
  expect(of(seen, 'HEAD').map((s) => s.status)).toEqual([200, 200]);
  expect(of(seen, 'PATCH').filter((s) => s.offset === '0'), 'neither began anew').toHaveLength(2);
});

test('tus-js-client aborts within a chunk and goes on from what had arrived', async ({ openUser, gateway, run }) => {
  const { page, seen } = await tusPage(openUser, gateway.url, `a-${run}`);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_000_000 });
  const out = await page.evaluate(async () => {
    const { t } = window as any;
    const file = t.file(8 << 20);
    const { upload, outcome } = t.upload(file);
    await new Promise<void>((resolve) => {
      upload.options.onProgress = (sent: number) => {
        if (sent < 3 << 20) return;
        upload.options.onProgress = null;
        upload.abort().then(resolve);
      };
      upload.start();
    });
    upload.start();
    return [await outcome, await t.isStored(upload, file)];
  });
  expect(out).toEqual(['done', true]);
  const last = of(seen, 'PATCH').at(-1)!;
  expect(Number(last.offset)).toBeGreaterThan(0);
  expect(last.status).toBe(204);
});

test('tus-js-client terminates an upload', async ({ openUser, gateway, run }) => {
  const { page, seen } = await tusPage(openUser, gateway.url, `a-${run}`);
  const status = await page.evaluate(async () => {
    const { t } = window as any;
    const file = t.file(2 << 20);
    const { upload } = t.upload(file, { chunkSize: 512 << 10 });
    await new Promise<void>((resolve) => {
      upload.options.onChunkComplete = () => resolve(upload.abort(true));
      upload.start();
    });
    const { upload: again, outcome } = t.upload(file, { uploadUrl: upload.url, endpoint: null });
    again.start();
    return (await outcome).status;
  });
  expect(of(seen, 'DELETE').map((s) => s.status)).toEqual([204]);
  expect(of(seen, 'HEAD').map((s) => s.status), 'nothing is left').toEqual([404]);
  expect(status).toBe(404);
});

test('tus-js-client is told what it did wrong', async ({ openUser, gateway, run }) => {
  const { page, seen } = await tusPage(openUser, gateway.url, `a-${run}`);
  const failure = (size: number, options: object) =>
    page.evaluate(async ({ size, options }) => {
      const { t } = window as any;
      const { upload, outcome } = t.upload(t.file(size), options);
      upload.start();
      return outcome;
    }, { size, options });
  expect(await failure(10, { headers: { Authorization: 'Bearer wrong' } })).toMatchObject({ status: 401, text: expect.stringContaining('credential') });
  expect(await failure(30 * MiB + 1, {})).toMatchObject({ status: 413 });
  expect(await failure(10, { headers: { 'Repr-Digest': 'sha-256=:eA==:' } })).toMatchObject({ status: 400, text: expect.stringContaining('sha-256') });
  const other = `sha-256=:${'A'.repeat(43)}=:`;
  expect(await failure(10, { headers: { 'Repr-Digest': other } })).toMatchObject({ status: 460, text: expect.stringContaining('SHA-256') });
  // Concatenation, which parallel uploads need, is not supported.
  seen.length = 0;
  expect(await failure(2 * MiB, { parallelUploads: 2 })).toMatchObject({ status: 400, text: expect.stringContaining('Upload-Concat is not supported') });
  expect(seen.filter((s) => s.status < 300), 'nothing is stored').toEqual([]);
});

test('a creation that is repeated with its nonce names the same upload', async ({ openUser, gateway, run }) => {
  const { page, seen } = await tusPage(openUser, gateway.url, `a-${run}`);
  const made: string[] = [];
  await page.route('**/media/', async (route) => {
    if (route.request().method() !== 'POST' || made.length) return route.fallback();
    const answer = await route.fetch();
    made.push(answer.headers()['location']);
    await route.abort('connectionreset'); // the answer gets lost
  });
  const out = await page.evaluate(async () => {
    const { t } = window as any;
    const file = t.file(1 << 20);
    const { upload, outcome } = t.upload(file, { metadata: { filename: 'a', nonce: crypto.randomUUID() } });
    upload.start();
    return [await outcome, await t.isStored(upload, file)];
  });
  expect(out).toEqual(['done', true]);
  expect(made[0]).toMatch(/^\/media\/[0-9a-f]{64}$/);
  expect(of(seen, 'POST').at(-1)?.location).toBe(made[0]);
  expect(of(seen, 'PATCH').map((s) => s.path)).toEqual(made);
});
