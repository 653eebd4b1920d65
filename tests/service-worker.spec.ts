// A service worker, and the background of an extension, has no XMLHttpRequest: media goes by fetch.
import { test, expect, appId } from './support/test.ts';

const worker = (gateway: string) => `
  importScripts('${gateway}/sdk/rtm.js');
  AgoraRTM.setParameter('WASM_URL', '${gateway}/sdk/rtm.wasm');
  onmessage = (e) => e.waitUntil(run(e.data).then((out) => e.source.postMessage(out), (error) => e.source.postMessage(String(error))));
  async function run({ appId, uid, peer, file }) {
    await AgoraRTM.preload();
    const client = AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_ERROR, gateway: '${gateway}' });
    const answered = new Promise((resolve) => client.once('MessageFromPeer', resolve));
    await client.login({ uid });
    const progress = [];
    const message = await client.createMediaMessageByUploading(file, { messageType: 'FILE', fileName: 'a.bin' }, {
      onOperationProgress: ({ currentSize }) => progress.push(currentSize),
    });
    await client.sendMessageToPeer(message, peer);
    const { mediaId } = await answered;
    const back = await client.downloadMedia(mediaId);
    const bytes = (blob) => blob.arrayBuffer().then((buffer) => new Uint8Array(buffer));
    const [sent, got] = [await bytes(file), await bytes(back)];
    await client.logout();
    return { xhr: typeof XMLHttpRequest, size: got.length, same: got.every((b, i) => b === sent[i]), last: progress[progress.length - 1] };
  }
`;

for (const bytes of [1000, 3_000_000]) // the first goes up in one request, the second in more
  test(`a service worker sends and fetches ${bytes} bytes`, { tag: '@everywhere' }, async ({ newPage, openUser, site, gateway, run }) => {
    const peer = await openUser(`page-${run}`);
    await peer.evaluate(() => {
      const { client } = window as any;
      client.on('MessageFromPeer', (message: any, from: string) => client.sendMessageToPeer(message, from));
    });

    site.pages.set(`/worker-${run}.js`, { body: worker(gateway.url), headers: { 'content-type': 'text/javascript' } });
    site.pages.set('/empty.html', { body: '<!doctype html><title>test</title>' });
    const page = await newPage();
    await page.goto(`${site.url}/empty.html`);
    const out = await page.evaluate(async ({ script, bytes, ...data }) => {
      const registration = await navigator.serviceWorker.register(script);
      const worker = registration.installing ?? registration.waiting ?? registration.active!;
      const answer = new Promise((resolve) => (navigator.serviceWorker.onmessage = (e) => resolve(e.data)));
      navigator.serviceWorker.startMessages();
      const file = new Blob([Uint8Array.from({ length: bytes }, (_, i) => (i * i) % 251)]);
      worker.postMessage({ ...data, file });
      const out = await answer;
      await registration.unregister();
      return out;
    }, { script: `/worker-${run}.js`, bytes, appId, uid: `worker-${run}`, peer: `page-${run}` });
    expect(out).toEqual({ xhr: 'undefined', size: bytes, same: true, last: bytes });
  });
