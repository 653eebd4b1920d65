/** The fetch that downloads are made with. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { fetchBlob } from '../src/fetchblob.ts';

async function serving(answer: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('the answer has status, headers and body', async () => {
  await serving(
    (req, res) => res.writeHead(206, { 'content-range': req.headers.range }).end('body'),
    async (url) => {
      const { status, header, body } = await fetchBlob(url, { Range: 'bytes=0-3' }).response;
      assert.deepEqual([status, header('Content-Range'), header('other'), await body.text()], [206, 'bytes=0-3', null, 'body']);
    },
  );
});

test('a body that breaks off is an error, and so is an abort', async () => {
  await serving(
    (_, res) => void res.writeHead(200, { 'content-length': '10' }).write('half', () => res.destroy()),
    async (url) => assert.rejects(fetchBlob(url, {}).response),
  );
  await serving(
    (_, res) => void res.writeHead(200, { 'content-length': '10' }).write('half'),
    async (url) => {
      const job = fetchBlob(url, {});
      job.abort();
      await assert.rejects(job.response, { name: 'AbortError' });
    },
  );
});
