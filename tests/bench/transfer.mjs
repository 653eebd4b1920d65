// Transfers through the SDK beside the browser's own, in pairs in one run. Everything
// happens in one page; a pair's two runs follow each other, so that a ratio holds when
// the machine's speed drifts.
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

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

/** Times pairs of transfers of `bytes` and gives the ratios, SDK over browser. */
export async function transferRatios(page, bytes, pairs) {
  const plain = await plainServer();
  try {
    return await page.evaluate(
      async ({ url, bytes, pairs }) => {
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
        const time = async (f) => {
          const begun = performance.now();
          const value = await f();
          return [performance.now() - begun, value];
        };
        const long = [];
        new PerformanceObserver((l) => long.push(...l.getEntries().map((e) => e.duration))).observe({ type: 'longtask' });
        const out = { up: [], down: [], long };
        for (let i = -1; i < pairs; i++) { // the first pair warms up
          const [a] = await time(put);
          const [b, message] = await time(() => client.createMediaMessageByUploading(blob));
          const [c] = await time(async () => (await fetch(url)).blob());
          const [d, back] = await time(() => client.downloadMedia(message.mediaId));
          if (back.size !== bytes) throw new Error('short download');
          if (i < 0) long.length = 0;
          else {
            out.up.push(b / a);
            out.down.push(d / c);
          }
        }
        return out;
      },
      { url: plain.url, bytes, pairs },
    );
  } finally {
    plain.close();
  }
}
