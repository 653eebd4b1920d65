// What a page is left with when the Go program inside it ends: the build with a
// deliberate fault panics on a message to "panic" or "panic later".
import { Front } from './support/front.ts';
import { test, expect, login, events, appId, openBlank } from './support/test.ts';

for (const peer of ['panic', 'panic later']) {
  test(`a panic (${peer}) rejects what is pending, leaves the page alive, and login starts anew`, { tag: '@everywhere' }, async ({ openPage, site, net, run }) => {
    const page = await openPage();
    await page.evaluate(([wasm, gateway]) => {
      const { AgoraRTM } = window as any;
      AgoraRTM.setParameter('WASM_URL', wasm);
      AgoraRTM.setParameter('GATEWAY', gateway); // a slow one: the upload is not over before the panic
    }, [`${site.url}/fault.wasm`, net.url]);
    await login(page, `a-${run}`);
    const out = await page.evaluate(async (peer) => {
      const { client } = window as any;
      const upload = client.createMediaMessageByUploading(new Blob([new Uint8Array(30 << 20)]));
      const results = await Promise.all(
        [client.sendMessageToPeer({ text: 'x' }, peer), upload].map((p: Promise<unknown>) =>
          p.then(() => 'fulfilled', (e: any) => `${e.name}${e instanceof Error ? '' : ' (no Error)'}`)));
      return { results, state: client.connectionState };
    }, peer);
    if (peer === 'panic') expect(out.results[0]).toBe('RtmInternalError');
    expect(out.results[1]).toBe('RtmInternalError');
    expect(out.state).toBe('DISCONNECTED');
    expect((await events(page, 'ConnectionStateChanged')).at(-1)![0]).toBe('DISCONNECTED');

    const again = await page.evaluate(async () => {
      const { client } = window as any;
      await new Promise((r) => setTimeout(r, 500));
      await client.login({ uid: client.context.uid });
      return [client.connectionState, await client.sendMessageToPeer({ text: 'alive' }, 'nobody')];
    });
    expect(again).toEqual(['CONNECTED', { hasPeerReceived: false }]);
  });
}

test('a wasm that is not there is a clear failure', { tag: '@everywhere' }, async ({ openPage }) => {
  const page = await openPage();
  const e = await page.evaluate(async (appId) => {
    const { AgoraRTM } = window as any;
    AgoraRTM.setParameter('WASM_URL', new URL('/missing.wasm', location.href).href);
    const client = AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_OFF });
    const e = await client.login({ uid: 'a' }).catch((e: any) => e);
    return { name: e.name, code: e.code, message: e.message, state: client.connectionState };
  }, appId);
  expect(e).toMatchObject({ name: 'RtmUnavailableError', code: 1, state: 'DISCONNECTED' });
  expect(e.message).toContain('missing.wasm');
});

test('a page whose policy forbids wasm is told which directive is missing', { tag: '@everywhere' }, async ({ newPage, site, gateway }) => {
  const page = await newPage();
  const policy = (extra: string) => `default-src 'none'; script-src ${gateway.url} ${extra}; connect-src *`;
  const visit = async (extra: string) => {
    site.pages.set('/csp.html', { body: `<script src="${gateway.url}/sdk/rtm.js"></script>`, headers: { 'content-security-policy': policy(extra) } });
    await page.goto(`${site.url}/csp.html`);
    return page.evaluate(async (appId) => {
      const { AgoraRTM } = window as any;
      const client = AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_OFF });
      return client.login({ uid: 'csp' }).then(() => 'logged in', (e: any) => `${e.name} ${e.code}${e.message}`);
    }, appId);
  };
  expect(await visit('')).toMatch(/^RtmUnavailableError 1 .*'wasm-unsafe-eval'/);
  expect(await visit("'wasm-unsafe-eval'")).toBe('logged in');
});

test('a wasm of the wrong MIME type still loads', { tag: '@everywhere' }, async ({ newPage, gateway, run }) => {
  const wasm = Buffer.from(await (await fetch(`${gateway.url}/sdk/rtm.wasm`)).arrayBuffer());
  const front = await new Front().mount('/', { upstream: gateway.url }).mount('/sdk/rtm.wasm', { bytes: wasm, type: 'text/plain' }).start();
  try {
    const page = await openBlank(await newPage(), front.url);
    await login(page, `a-${run}`);
    expect(await page.evaluate(() => (window as any).client.connectionState)).toBe('CONNECTED');
    expect(front.asked.filter((url) => url.startsWith('/sdk/rtm.wasm'))).toHaveLength(1);
  } finally {
    await front.stop();
  }
});
