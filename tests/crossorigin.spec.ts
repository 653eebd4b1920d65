/** Pages of another origin than the gateway's, whose libraries change every request of the page. */
import type { Page } from '@playwright/test';
import { Gateway } from './support/proc.ts';
import { appId, expect, failure, login, test } from './support/test.ts';

/** What a tracing library does: headers of its own on each request, and, if the page wants that, credentials. */
function hook(credentials: boolean): void {
  const headers: Record<string, string> = {
    'sentry-trace': '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1', baggage: 'sentry-environment=test',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'X-Requested-With': 'XMLHttpRequest',
  };
  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (body) {
    this.withCredentials = credentials;
    for (const [name, value] of Object.entries(headers)) this.setRequestHeader(name, value);
    send.call(this, body);
  };
  const { fetch } = window;
  (window as any).nativeFetch = fetch;
  window.fetch = (url, init) => fetch(url, { ...init, headers: { ...Object(init?.headers), ...headers }, credentials: credentials ? 'include' : 'same-origin' });
}

/** Opens a page of the site that has the hook and then the SDK of the gateway. */
async function openHooked(page: Page, site: { url: string; pages: Map<string, { body: string }> }, gateway: string, credentials: boolean): Promise<Page> {
  site.pages.set('/hooked.html', { body: `<!doctype html><script>(${hook})(${credentials})</script><script src="${gateway}/sdk/rtm.js"></script>` });
  await page.goto(`${site.url}/hooked.html`);
  return page;
}

/** Uploads and downloads, small and large: by one request and by many, verified beside the page. */
function transfer(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const { client } = window as any;
    const sizes = [];
    for (const size of [100, 3 << 20]) {
      const { mediaId } = await client.createMediaMessageByUploading(new Blob([new Uint8Array(size)]), { messageType: 'FILE' });
      sizes.push((await client.downloadMedia(mediaId)).size);
    }
    return sizes;
  });
}

test('requests with headers of tracing libraries pass to a gateway for pages of any origin @everywhere', async ({ newPage, gateway, site, run }) => {
  const page = await openHooked(await newPage(), site, gateway.url, false);
  await login(page, `a-${run}`);
  expect(await transfer(page)).toEqual([100, 3 << 20]);
});

test('where origins are named, requests with credentials pass too @everywhere', async ({ newPage, site, run }) => {
  const gateway = await new Gateway(['--origins', `https://other.example,${site.url}`]).start();
  try {
    const page = await openHooked(await newPage(), site, gateway.url, true);
    await login(page, `a-${run}`);
    expect(await transfer(page)).toEqual([100, 3 << 20]);
  } finally {
    await gateway.stop();
  }
});

test('elsewhere requests with credentials fail, and the cause is named @everywhere', async ({ newPage, gateway, site, run }) => {
  const page = await openHooked(await newPage(), site, gateway.url, true);
  const load = await failure(page, `const c = AgoraRTM.createInstance('${appId}'); await c.login({ uid: 'a-${run}' })`);
  expect(load).toMatchObject({ name: 'RtmUnavailableError', code: 1 });
  expect(load.message).toMatch(/rtm\.wasm could not be fetched: .* allowed by CORS/);

  await page.evaluate(() => ((window as any).fetch = (window as any).nativeFetch));
  await login(page, `a-${run}`);
  const heard = await page.evaluate(() => new Promise<string>((resolve) => {
    const { client } = window as any;
    const { log } = console;
    console.log = (line: string) => /media request/.test(line) && resolve(line);
    client.updateConfig({ logFilter: { info: true } });
    const stop = new AbortController();
    client.createMediaMessageByUploading(new Blob(['x']), {}, { cancelSignal: stop.signal }).catch(() => (console.log = log));
    setTimeout(() => stop.abort(), 30_000);
  }));
  expect(heard).toContain('the page sets withCredentials: --origins of the gateway must name its origin');
});

test("a gateway's own pages may use it whatever origins are named", async ({ newPage, run }) => {
  const gateway = await new Gateway(['--origins', 'https://other.example']).start();
  try {
    const page = await newPage();
    await page.goto(`${gateway.url}/healthz`);
    await page.addScriptTag({ url: `${gateway.url}/sdk/rtm.js` });
    await login(page, `a-${run}`, appId);
    expect(await transfer(page)).toEqual([100, 3 << 20]);
  } finally {
    await gateway.stop();
  }
});
