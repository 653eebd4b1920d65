// Transfers through the SDK beside the browser's own, in pairs in one run. Everything
// happens in one page; a pair's two runs follow each other, so that a ratio holds when
// the machine's speed drifts.
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

/**
 * Times pairs of transfers of `bytes` and gives the ratios, SDK over browser. Which of a pair is
 * first alternates, and what was moved before is collected: the second of two is the slower.
 * `collect` collects garbage. With `speed`, in bytes a second, the browser's own way goes
 * through such a network; the page's way to the gateway is the caller's.
 */
export async function transferRatios(page, bytes, pairs, collect, speed) {
  const plain = await plainServer();
  const line = speed && (await network(plain.url, speed));
  try {
    await page.evaluate(
      ({ url, bytes }) => {
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
        const get = async () => (await fetch(url)).blob();
        const upload = async () => void (window.mediaId = (await client.createMediaMessageByUploading(blob)).mediaId);
        const download = () => client.downloadMedia(window.mediaId);
        window.ways = { up: [upload, put], down: [download, get] };
        window.time = async (way, i) => {
          const begun = performance.now();
          const value = await window.ways[way][i]();
          const took = performance.now() - begun;
          if (way === 'down' && value.size !== bytes) throw new Error('short download');
          return took;
        };
        window.long = [];
        window.watch?.disconnect();
        window.watch = new PerformanceObserver((l) => window.long.push(...l.getEntries().map((e) => e.duration)));
      },
      { url: line ? `${line.url}/blob` : plain.url, bytes },
    );
    const out = { up: [], down: [], long: [] };
    for (let i = -1; i < pairs; i++) { // the first pair warms up
      for (const way of ['up', 'down']) {
        const took = [0, 0];
        for (const which of i & 1 ? [1, 0] : [0, 1]) {
          await collect();
          if (which === 0) await page.evaluate(() => window.watch.observe({ type: 'longtask' }));
          took[which] = await page.evaluate(([way, which]) => window.time(way, which), [way, which]);
          if (which === 0) await page.evaluate(() => window.watch.disconnect());
        }
        if (i >= 0) out[way].push(took[0] / took[1]);
        else await page.evaluate(() => void (window.long.length = 0));
      }
    }
    out.long = await page.evaluate(() => window.long);
    return out;
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
