// Transfers through the SDK beside the browser's own, in pairs in one run. A pair's two
// runs follow each other on one page, so that a ratio holds when the machine's speed drifts.
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { network } from './network.mjs';

/** A server that stores what is PUT and gives it back: the browser's own way. */
async function plainServer() {
  const dir = mkdtempSync(path.join(tmpdir(), 'rtm-plain-'));
  const { createReadStream } = await import('node:fs');
  const file = path.join(dir, 'blob');
  const cors = { 'access-control-allow-origin': '*', 'access-control-allow-methods': '*', 'access-control-allow-headers': '*' };
  const server = createServer(async (req, res) => {
    if (req.method === 'PUT') {
      await pipeline(req, createWriteStream(file));
      res.writeHead(204, cors).end();
    } else if (req.method === 'GET') {
      res.writeHead(200, { ...cors, 'content-type': 'application/octet-stream' });
      createReadStream(file, { highWaterMark: 1 << 20 }).pipe(res);
    } else res.writeHead(204, cors).end();
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}/blob`,
    close: () => {
      server.close();
      rmSync(dir, { recursive: true });
    },
  };
}

/** What is timed: the SDK's way and the browser's own. */
const ways = {
  up: ['upload', 'put'],
  down: ['download', 'get'],
  uncached: ['download', 'getUncached'], // a browser writes what it gets to its cache, unless told not to
};

/**
 * Times pairs of transfers of `bytes`; gives the times of each in ms, the SDK's and the browser's. Which of a pair is
 * first alternates, and what was moved before is collected: the second of two is the slower.
 * `collect` collects garbage. With `speed`, in bytes a second, the browser's own way goes
 * through such a network; the page's way to the gateway is the caller's. A page is good for some
 * dozen pairs: under a debugger the browser keeps all that it fetched.
 */
export async function transferTimes(page, way, bytes, pairs, collect, speed) {
  const plain = await plainServer();
  const line = speed && (await network(plain.url, speed));
  try {
    await page.evaluate(
      async ({ url, bytes }) => {
        const { client } = window;
        const blob = new Blob([new Uint8Array(bytes).map((_, i) => (i * 2654435761) >>> 11)]);
        const put = () =>
          new Promise((resolve, reject) => {
            const x = new XMLHttpRequest();
            x.open('PUT', url);
            x.onload = resolve;
            x.onerror = reject;
            x.send(blob);
          });
        const upload = async () => (await client.createMediaMessageByUploading(blob)).mediaId;
        await put();
        const id = await upload();
        const runs = {
          upload,
          put,
          download: () => client.downloadMedia(id),
          get: async () => (await fetch(url)).blob(),
          getUncached: async () => (await fetch(url, { cache: 'no-store' })).blob(),
        };
        window.time = async (which) => {
          const begun = performance.now();
          const value = await runs[which]();
          const took = performance.now() - begun;
          if (value instanceof Blob && value.size !== bytes) throw new Error('short download');
          return took;
        };
        window.long = [];
        window.watch?.disconnect();
        window.watch = new PerformanceObserver((l) => window.long.push(...l.getEntries().map((e) => e.duration)));
      },
      { url: line ? `${line.url}/blob` : plain.url, bytes },
    );
    const times = [];
    for (let i = -1; i < pairs; i++) { // the first pair warms up
      const took = [0, 0];
      for (const which of i & 1 ? [1, 0] : [0, 1]) {
        await collect();
        if (which === 0) await page.evaluate(() => window.watch.observe({ type: 'longtask' }));
        took[which] = await page.evaluate((run) => window.time(run), ways[way][which]);
        if (which === 0) await page.evaluate(() => window.watch.disconnect());
      }
      if (i >= 0) times.push(took);
      else await page.evaluate(() => void (window.long.length = 0));
    }
    return { times, long: await page.evaluate(() => window.long) };
  } finally {
    line?.close();
    plain.close();
  }
}

/** How many media requests a page makes for one upload and one download of `bytes`, preflights not counted. */
export async function countRequests(page, bytes) {
  const count = { up: 0, down: 0 };
  let way = 'up';
  const heard = (r) => r.url().includes('/media/') && count[way]++;
  page.on('request', heard);
  const id = await page.evaluate(async (n) => (await window.client.createMediaMessageByUploading(new Blob([new Uint8Array(n)]))).mediaId, bytes);
  way = 'down';
  await page.evaluate(async (id) => void (await window.client.downloadMedia(id)), id);
  page.off('request', heard);
  return count;
}

/** Moves nine files of `bytes` up and down at a time; gives the size of wasm memory afterwards. */
export function memoryAfterNine(page, bytes) {
  return page.evaluate(async (bytes) => {
    const sent = await Promise.all(Array.from({ length: 9 }, (_, i) => window.client.createMediaMessageByUploading(new Blob([new Uint8Array(bytes).fill(i)]))));
    await Promise.all(sent.map((m) => window.client.downloadMedia(m.mediaId)));
    return window.memories.at(-1).buffer.byteLength;
  }, bytes);
}
