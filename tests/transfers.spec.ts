// What stands between a page and its gateway, and what happens to files, never makes a transfer hang, send without an
// end, or fail without a cause. Most of this is tested in virtual time, in core/progress_test.go; here with what browsers do.
import { mkdtempSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { Front } from './support/front.ts';
import { slow } from './support/slow.ts';
import { appId, expect, openBlank, test } from './support/test.ts';

/** A proxy before the gateway, and a page that uses the gateway by way of it. */
async function behind(page: Page, gateway: string, uid: string, via?: string): Promise<{ page: Page; front: Front }> {
  const front = await new Front().mount('/', { upstream: gateway }).start();
  await openBlank(page, gateway);
  await enter(page, via ?? front.url, uid);
  return { page, front };
}

/** Logs in over the given address. What the client logs goes to window.lines. */
async function enter(page: Page, gateway: string, uid: string): Promise<void> {
  await page.evaluate(
    async ({ app, uid, gateway }) => {
      const w = window as any;
      w.lines = [];
      console.log = (line: string) => w.lines.push(line);
      await w.AgoraRTM.preload();
      w.client = w.AgoraRTM.createInstance(app, { gateway, logFilter: w.AgoraRTM.LOG_FILTER_INFO });
      w.data = (size: number) => new Uint8Array(size).map((_, i) => (i * 2654435761) >>> 13);
      /** Uploads, and tells how it ended. */
      w.up = async (file: Blob, params = {}) => {
        const progress: number[] = [];
        try {
          const m = await w.client.createMediaMessageByUploading(file, params, { onOperationProgress: (p: any) => progress.push(p.currentSize) });
          return { mediaId: m.mediaId, progress };
        } catch (e: any) {
          const { name, code, serverCode, message, originalError: cause } = e;
          return { name, code, serverCode, message, cause: cause && { name: cause.name, message: cause.message }, progress };
        }
      };
      /** Downloads, and tells whether it is data(size). */
      w.down = async (id: string, size: number) => {
        const back = new Uint8Array(await (await w.client.downloadMedia(id)).arrayBuffer());
        const want = w.data(size);
        return back.length === size && back.every((b: number, i: number) => b === want[i]);
      };
      await w.client.login({ uid });
    },
    { app: appId, uid, gateway },
  );
}

/** Runs in the page. */
const run = (page: Page, body: string): Promise<any> => page.evaluate((body) => new Function('w', `return (async () => { ${body} })()`)(window), body);

const isMedia = (req: IncomingMessage) => req.url!.startsWith('/media/') && req.method !== 'OPTIONS';

/** Answers as a proxy does, for pages of any origin. */
function answer(req: IncomingMessage, res: ServerResponse, status: number): boolean {
  req.resume();
  req.on('end', () => res.writeHead(status, { 'access-control-allow-origin': '*', 'content-type': 'text/html' }).end('<html>'));
  return true;
}

const rises = (progress: number[]) => progress.every((n, i) => !i || n > progress[i - 1]);

test('a slow line behind a fast one: the upload is left alone as long as the gateway gets more', async ({ newPage, gateway, run: id }) => {
  const net = await slow(gateway.url, 25_000);
  const { page, front } = await behind(await newPage(), gateway.url, `a-${id}`, net.url);
  const sent: string[] = [];
  page.on('request', (r) => r.url().includes('/media/') && sent.push(r.method()));
  const out = await run(page, `return w.up(new Blob([w.data(900_000)]))`);
  expect(out.mediaId, out.message).toBeTruthy();
  expect(sent.filter((m) => m === 'PATCH')).toHaveLength(1);
  expect(rises(out.progress)).toBe(true);
  expect(out.progress.length, 'progress is felt').toBeGreaterThan(6);
  await enter(page, gateway.url, `b-${id}`);
  expect(await run(page, `return w.down('${out.mediaId}', 900_000)`)).toBe(true);
  await front.stop();
  await net.end();
});

test('a service worker that passes requests on: the same', async ({ newPage, gateway, run: id }) => {
  const net = await slow(gateway.url, 60_000);
  const app = await new Front().mount('/', { upstream: gateway.url }).start();
  app.mount('/sw.js', { bytes: Buffer.from(`
    self.addEventListener('install', () => self.skipWaiting());
    self.addEventListener('activate', (e) => e.waitUntil(self.clients.claim()));
    self.addEventListener('fetch', (e) => e.respondWith(fetch(e.request)));`), type: 'text/javascript' });
  const page = await newPage();
  await openBlank(page, app.url);
  await run(page, `
    await navigator.serviceWorker.register('/sw.js');
    if (!navigator.serviceWorker.controller) await new Promise((resolve) => (navigator.serviceWorker.oncontrollerchange = resolve));`);
  const sent: string[] = [];
  page.context().on('request', (r) => r.url().includes('/media/') && !r.serviceWorker() && sent.push(r.method()));
  await enter(page, net.url, `a-${id}`);
  const out = await run(page, `return w.up(new Blob([w.data(2_000_000)]))`);
  expect(out.mediaId, out.message).toBeTruthy();
  expect(sent.filter((m) => m === 'PATCH')).toHaveLength(1);
  expect(out.progress.length, 'progress is felt').toBeGreaterThan(6);
  await enter(page, gateway.url, `b-${id}`);
  expect(await run(page, `return w.down('${out.mediaId}', 2_000_000)`)).toBe(true);
  await app.stop();
  await net.end();
});

test('what something before the gateway answers is tried again', { tag: '@everywhere' }, async ({ newPage, gateway, run: id }) => {
  const { page, front } = await behind(await newPage(), gateway.url, `a-${id}`);
  const odd = [200, 404, 204, 403, 401, 502];
  let turn = 0;
  let answered = 0;
  // Each third request has an answer of the proxy's own: a captive portal's page, a 404, …
  front.before = (req, res) => {
    if (!isMedia(req) || turn++ % 3) return false;
    return answer(req, res, odd[answered++ % odd.length]);
  };
  for (const size of [1000, 1_500_000, 1000, 1_500_000]) {
    const out = await run(page, `return w.up(new Blob([w.data(${size})]))`);
    expect(out.mediaId, out.message).toBeTruthy();
    expect(await run(page, `return w.down('${out.mediaId}', ${size})`)).toBe(true);
  }
  expect(answered).toBeGreaterThan(odd.length);
  await front.stop();
});

test('a proxy that lets only GET and POST pass, takes bodies of 1 MB, and drops Range', { tag: '@everywhere' }, async ({ newPage, gateway, run: id }) => {
  const { page, front } = await behind(await newPage(), gateway.url, `a-${id}`);
  const refused: string[] = [];
  front.before = (req, res) => {
    if (!isMedia(req)) return false;
    delete req.headers.range;
    const status = req.method !== 'GET' && req.method !== 'POST' ? 405 : Number(req.headers['content-length'] ?? 0) > 1_000_000 ? 413 : 0;
    if (!status) return false;
    refused.push(`${req.method} ${status}`);
    return answer(req, res, status);
  };
  const out = await run(page, `return w.up(new Blob([w.data(3_000_000)]))`);
  expect(out.mediaId, out.message).toBeTruthy();
  expect(refused).toEqual(['PATCH 405', 'POST 413']);
  expect(await run(page, `return w.down('${out.mediaId}', 3_000_000)`)).toBe(true);
  const canceled = await run(page, `
    const c = new AbortController();
    return w.client.createMediaMessageByUploading(new Blob([w.data(3_000_000)]), {}, { cancelSignal: c.signal, onOperationProgress: (p) => p.currentSize > 500_000 && c.abort() }).catch((e) => e.code)`);
  expect(canceled).toBe(6);
  expect(refused, 'what was learned is kept').toHaveLength(2);
  await front.stop();
});

test('a proxy that takes each body and says 502, or cuts, ends transfers after 120 s with the cause', async ({ newPage, gateway, run: id }) => {
  const size = 3_000_000;
  const { page, front } = await behind(await newPage(), gateway.url, `a-${id}`);
  const kept = await run(page, `return w.up(new Blob([w.data(${size})]))`);
  let bytes = 0;
  let gets = 0;
  front.before = (req, res) => {
    if (!isMedia(req)) return false;
    if (req.method === 'GET') {
      gets++;
      res.writeHead(206, { 'access-control-allow-origin': '*', 'content-length': 1 << 20 }).write(Buffer.alloc(500_000));
      setTimeout(() => res.destroy(), 50);
      return true;
    }
    if (!Number(req.headers['content-length'] ?? 0)) return false;
    req.on('data', (chunk: Buffer) => (bytes += chunk.length));
    return answer(req, res, 502);
  };
  const [up, down] = await Promise.all([
    run(page, `return w.up(new Blob([w.data(${size})]))`),
    run(page, `return w.client.downloadMedia('${kept.mediaId}').catch((e) => ({ name: e.name, code: e.code, message: e.message, cause: e.originalError instanceof Error }))`),
  ]);
  expect(up).toMatchObject({ name: 'RtmTimeoutError', code: 3, serverCode: 502, cause: { name: 'Error' } });
  expect(up.message).toContain('does not reach the gateway');
  expect(rises(up.progress)).toBe(true);
  expect(bytes).toBeLessThan(5 * size);
  expect(down).toMatchObject({ name: 'RtmTimeoutError', code: 3, cause: true });
  expect(gets).toBeLessThan(150);
  await front.stop();
});

for (const harm of ['deleted', 'shortened'] as const)
  test(`a file that is ${harm} ends its upload at once, with what the browser says`, { tag: '@everywhere' }, async ({ newPage, gateway, run: id }) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'rtm-transfer-'));
    const file = path.join(folder, 'a.bin');
    writeFileSync(file, Buffer.alloc(9_000_000, 'x'));
    const { page, front } = await behind(await newPage(), gateway.url, `a-${id}`);
    await page.setInputFiles('.file-input', file);
    let broken = 0;
    front.before = (req) => {
      if (!isMedia(req) || req.method !== 'PATCH') return false;
      if (!broken++) harm === 'deleted' ? unlinkSync(file) : truncateSync(file, 5);
      req.socket.destroy();
      return true;
    };
    const out = await run(page, `return w.up(document.querySelector('.file-input').files[0])`);
    expect(out).toMatchObject({ name: 'RtmUnavailableError', code: 1 });
    expect(out.cause.name).toMatch(/^(NotReadableError|NotFoundError)$/);
    expect(broken, 'nobody tries again').toBeLessThan(3);
    await front.stop();
    rmSync(folder, { recursive: true });
  });

test('a file of a removed frame is uploaded, or ends at once', { tag: '@everywhere' }, async ({ newPage, gateway, run: id }) => {
  const { page, front } = await behind(await newPage(), gateway.url, `a-${id}`);
  for (const type of ['FILE', 'IMAGE'])
    for (const when of ['before', 'during']) {
      const out = await run(page, `
        const frame = document.body.appendChild(document.createElement('iframe'));
        const file = new frame.contentWindow.File([w.data(1_500_000)], 'a.png');
        if ('${when}' === 'before') frame.remove();
        const task = w.up(file, { messageType: '${type}' });
        frame.remove();
        return task`);
      if (out.mediaId) expect(await run(page, `return w.down('${out.mediaId}', 1_500_000)`)).toBe(true);
      else {
        expect(out, `${type} ${when}`).toMatchObject({ name: 'RtmUnavailableError', code: 1 });
        expect(`${out.cause.name} ${out.cause.message}`).toMatch(/NotReadableError/);
      }
    }
  await front.stop();
});

test('a request that the page stops is made again at once', { tag: '@everywhere' }, async ({ newPage, gateway, run: id }) => {
  const { page, front } = await behind(await newPage(), gateway.url, `a-${id}`);
  const held: ServerResponse[] = [];
  front.before = (req, res) => {
    if (!isMedia(req) || req.method !== 'PATCH' || held.length) return false;
    held.push(res); // and nothing more
    void run(page, `window.stop()`);
    return true;
  };
  await run(page, `w.task = w.up(new Blob([w.data(1_500_000)]))`);
  const out = await run(page, `return w.task`);
  expect(held).toHaveLength(1);
  expect(out.mediaId, out.message).toBeTruthy();
  const lines: string[] = await run(page, `return w.lines`);
  expect(lines.join('\n')).toMatch(/the connection broke|RECONNECTING|INTERRUPTED/);
  expect(lines.join('\n')).not.toMatch(/nothing was heard|gets nothing/);
  await front.stop();
});
