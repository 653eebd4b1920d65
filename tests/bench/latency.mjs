// The round trip of a 1 KB message, page to page and back: through the gateway, and
// through a bare relay; alone, and while nine transfers run.

/** Sets both ways up between two pages; a and b are logged in as `names`. */
export async function prepare(a, b, relay, names) {
  for (const page of [a, b])
    await page.evaluate(async (url) => {
      window.bare = new WebSocket(url);
      await new Promise((open, fail) => Object.assign(window.bare, { onopen: open, onerror: fail }));
    }, relay);
  await b.evaluate((peer) => {
    window.client.on('MessageFromPeer', (m) => window.client.sendMessageToPeer({ text: m.text }, peer));
    window.bare.onmessage = (e) => window.bare.send(e.data);
  }, names[0]);
}

/** Times `rounds` round trips of each kind, in turn; gives the milliseconds of each. */
export function roundTrips(page, peer, rounds) {
  return page.evaluate(
    async ({ peer, rounds }) => {
      const text = 'x'.repeat(1024);
      const sdk = () =>
        new Promise((done) => {
          window.client.once('MessageFromPeer', done);
          window.client.sendMessageToPeer({ text }, peer);
        });
      const bare = () =>
        new Promise((done) => {
          window.bare.onmessage = done;
          window.bare.send(text);
        });
      const time = async (f) => {
        const begun = performance.now();
        await f();
        return performance.now() - begun;
      };
      const out = { sdk: [], bare: [] };
      for (let i = 0; i < rounds; i++) {
        out.bare.push(await time(bare));
        out.sdk.push(await time(sdk));
        await new Promise((r) => setTimeout(r, 20)); // below the rate limit
      }
      return out;
    },
    { peer, rounds },
  );
}

/** Keeps nine transfers of 10 MiB going until the returned function is called. */
export async function load(page) {
  await page.evaluate(() => {
    window.loading = true;
    const blob = new Blob([new Uint8Array(10 << 20)]);
    const one = async () => {
      while (window.loading) {
        const m = await window.client.createMediaMessageByUploading(blob);
        await window.client.downloadMedia(m.mediaId);
      }
    };
    window.loads = Promise.all(Array.from({ length: 9 }, one));
  });
  return () => page.evaluate(() => ((window.loading = false), window.loads.then(() => {})));
}
