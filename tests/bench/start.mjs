// From the script tag to CONNECTED, beside a page that opens a WebSocket by hand: cold, with
// nothing cached, and warm, on a page loaded again.

/** Times of both kinds of page in ms, in turn. */
export async function starts(browser, url, relay, rounds) {
  const out = { cold: { sdk: [], bare: [] }, warm: { sdk: [], bare: [] } };
  for (let i = 0; i < rounds; i++) {
    const context = await browser.newContext(); // with a cache of its own
    const page = await context.newPage();
    for (const when of ['cold', 'warm']) {
      out[when].bare.push(await timed(page, url, bare, relay));
      out[when].sdk.push(await timed(page, url, sdk, `start-${i}-${when}`));
    }
    await context.close();
  }
  return out;
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

async function sdk(uid) {
  const begun = performance.now();
  await new Promise((onload, onerror) => document.head.append(Object.assign(document.createElement('script'), { src: '/sdk/rtm.js', onload, onerror })));
  await AgoraRTM.createInstance('A0'.repeat(16), { logFilter: AgoraRTM.LOG_FILTER_ERROR }).login({ uid });
  return performance.now() - begun;
}
