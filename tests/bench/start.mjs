// From the script tag to CONNECTED, beside a page that opens a WebSocket by hand: cold, with
// nothing cached, and warm, on a page loaded again. If there is a file of the vendor's script, also
// beside a page that only loads that script.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';

/** Times of both kinds of page in ms, in turn. */
export async function starts(browser, url, relay, rounds, vendorFile) {
  const out = { cold: { sdk: [], bare: [], vendor: [] }, warm: { sdk: [], bare: [], vendor: [] } };
  const vendor = vendorFile && (await serve(vendorFile));
  for (let i = 0; i < rounds; i++) {
    const context = await browser.newContext(); // with a cache of its own
    const page = await context.newPage();
    for (const when of ['cold', 'warm']) {
      out[when].bare.push(await timed(page, url, bare, relay));
      if (vendor) out[when].vendor.push(await timed(page, url, ready, vendor.url));
      out[when].sdk.push(await timed(page, url, sdk, `start-${i}-${when}`));
    }
    await context.close();
  }
  vendor?.server.close();
  return out;
}

/** Serves one script, compressed and cached as the gateway does it. */
async function serve(file) {
  const body = gzipSync(readFileSync(file), { level: 9 });
  const headers = { 'content-type': 'text/javascript', 'content-encoding': 'gzip', 'content-length': body.length, 'cache-control': 'public, max-age=31536000, immutable' };
  const server = createServer((_, response) => response.writeHead(200, headers).end(body));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  server.unref();
  return { server, url: `http://127.0.0.1:${server.address().port}/vendor.js` };
}

async function timed(page, url, start, argument) {
  await page.goto(`${url}/healthz`);
  return page.evaluate(start, argument);
}

async function bare(relay) {
  const begun = performance.now();
  const socket = new WebSocket(relay);
  await new Promise((open, fail) => Object.assign(socket, { onopen: open, onerror: fail }));
  return performance.now() - begun;
}

async function ready(src) {
  const begun = performance.now();
  await new Promise((onload, onerror) => document.head.append(Object.assign(document.createElement('script'), { src, onload, onerror })));
  if (!AgoraRTM.VERSION) throw new Error('this is not the script of the SDK');
  return performance.now() - begun;
}

async function sdk(uid) {
  const begun = performance.now();
  await new Promise((onload, onerror) => document.head.append(Object.assign(document.createElement('script'), { src: '/sdk/rtm.js', onload, onerror })));
  await AgoraRTM.createInstance('A0'.repeat(16), { logFilter: AgoraRTM.LOG_FILTER_ERROR }).login({ uid });
  return performance.now() - begun;
}
