/** What is fetched when, what is left on the page, and what may stand beside what. */
import type { Page } from '@playwright/test';
import { appId, expect, openBlank, test } from './support/test.ts';
import { Front } from './support/front.ts';

/** The requests of a page whose path ends so. */
function requests(page: Page, ending: string): string[] {
  const seen: string[] = [];
  page.on('request', (r) => new URL(r.url()).pathname.endsWith(ending) && seen.push(r.url()));
  return seen;
}

/** Logs in with the SDK that an expression of the page gives, and out again; the state in between, or the error. */
function tryLogin(page: Page, sdk: string, uid: string): Promise<string> {
  return page.evaluate(async ({ sdk, uid, appId }) => {
    const AgoraRTM = await new Function(`return ${sdk}`)();
    const client = AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_OFF });
    try {
      await client.login({ uid });
    } catch (e: any) {
      return `${e.name} ${e.code}${e.message}`;
    }
    const { connectionState } = client;
    await client.logout();
    return connectionState;
  }, { sdk, uid, appId });
}

test('nothing is fetched before a client is made, then the wasm once for all of them; the page gets one global', async ({ page, gateway, run }) => {
  const fetched = requests(page, '/rtm.wasm');
  await page.goto(`${gateway.url}/healthz`);
  const before = await page.evaluate(() => Object.getOwnPropertyNames(window));
  await page.addScriptTag({ url: `${gateway.url}/sdk/rtm.js` });
  await page.evaluate((url) => import(url), `${gateway.url}/sdk/loader.mjs`);
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  expect(fetched).toEqual([]);

  const states = await page.evaluate(async ({ appId, run }) => {
    const { AgoraRTM } = window as any;
    const clients = ['a', 'b', 'c'].map(() => AgoraRTM.createInstance(appId));
    await Promise.all(clients.map((client, i) => client.login({ uid: `many-${i}-${run}` })));
    return clients.map((client) => client.connectionState);
  }, { appId, run });
  expect(states).toEqual(['CONNECTED', 'CONNECTED', 'CONNECTED']);
  expect(fetched).toHaveLength(1);
  const added = await page.evaluate((before) => Object.getOwnPropertyNames(window).filter((name) => !before.includes(name)), before);
  expect(added).toEqual(['AgoraRTM']);
});

test('two copies of the SDK on one page leave each other alone', async ({ page, gateway, run }) => {
  await openBlank(page, gateway.url);
  const heard = await page.evaluate(async ({ url, appId, run }) => {
    const w = window as any;
    const copies = [w.AgoraRTM, (await import(`${url}/sdk/rtm.mjs`)).default];
    await new Promise((onload) => document.head.append(Object.assign(document.createElement('script'), { src: `${url}/sdk/rtm.js`, onload })));
    copies.push(w.AgoraRTM);
    const clients = copies.map((sdk) => sdk.createInstance(appId));
    await Promise.all(clients.map((client, i) => client.login({ uid: `copy-${i}-${run}` })));
    const heard = Promise.all(clients.map((client) => new Promise((resolve) => client.on('MessageFromPeer', (m: any) => resolve(m.text)))));
    for (const i of [0, 1, 2]) await clients[i].sendMessageToPeer({ text: `from ${i}` }, `copy-${(i + 1) % 3}-${run}`);
    return [new Set(copies).size, ...(await heard)];
  }, { url: gateway.url, appId, run });
  expect(heard).toEqual([3, 'from 2', 'from 0', 'from 1']);
});

test('a pinned script runs, and takes no other wasm than its own', async ({ page, gateway, run }) => {
  const hashes = await (await fetch(`${gateway.url}/sdk/integrity.json`)).json();
  const wasm = Buffer.from(await (await fetch(`${gateway.url}/sdk/rtm.wasm`)).arrayBuffer());
  wasm[wasm.indexOf('rtmwasm/core')] ^= 1; // the stamp stays
  const front = await new Front().start();
  try {
    front.mount('/', { upstream: gateway.url });
    const visit = async (integrity: string, uid: string) => {
      front.mount('/page', { page: `<script src="/sdk/rtm.js" integrity="${integrity}"></script>` });
      await page.goto(`${front.url}/page`);
      return tryLogin(page, 'AgoraRTM', uid);
    };
    expect(await visit(hashes['rtm.js'], `pinned-${run}`)).toBe('CONNECTED');

    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Network.clearBrowserCache');
    front.mount('/sdk/rtm.wasm', { bytes: wasm, type: 'application/wasm' });
    expect(await visit(hashes['rtm.js'], `pinned-${run}`)).toMatch(/^RtmUnavailableError 1 .*rtm\.wasm.*have the integrity sha256-/);
    expect(await visit('', `pinned-${run}`), 'without integrity nobody looks').toBe('CONNECTED');
  } finally {
    await front.stop();
  }
});

test('the second visit fetches no wasm: its address has its hash', async ({ page, gateway, run }) => {
  const front = await new Front().start();
  try {
    front.mount('/', { upstream: gateway.url });
    for (const visit of ['first', 'second']) {
      await openBlank(page, front.url);
      expect(await tryLogin(page, 'AgoraRTM', `${visit}-${run}`)).toBe('CONNECTED');
    }
    expect(front.asked.filter((url) => url.startsWith('/sdk/'))).toEqual(['/sdk/rtm.js', expect.stringMatching(/^\/sdk\/rtm\.wasm\?sha256-/), '/sdk/rtm.js']);
  } finally {
    await front.stop();
  }
});

test('by the name of its build a page asks once for script, module and wasm, and never for those of another', async ({ page, gateway, run }) => {
  const { build } = await (await fetch(`${gateway.url}/sdk/integrity.json`)).json();
  const front = await new Front().start();
  try {
    const write = (build: string) => front.mount('/page', { page: `<script src="/sdk/${build}/rtm.js"></script>
      <script type="module">import RTM from '/sdk/${build}/rtm.mjs'; window.RTM = RTM; for (const sdk of [RTM, AgoraRTM]) await sdk.preload();</script>` });
    front.mount('/', { upstream: gateway.url });
    write(build);
    for (const visit of ['first', 'second']) {
      await page.goto(`${front.url}/page`);
      for (const sdk of ['AgoraRTM', 'RTM']) expect(await tryLogin(page, sdk, `${visit}-${sdk}-${run}`)).toBe('CONNECTED');
    }
    const files = ['rtm.js', 'rtm.mjs', 'rtm.wasm', expect.stringMatching(/^rtm\.wasm\?sha256-/)];
    expect(front.asked.filter((url) => url.startsWith('/sdk/')).map((url) => url.replace(`/sdk/${build}/`, '')).sort()).toEqual(files);

    write('fedcba9876543210');
    const refused = Promise.all(['rtm.js', 'rtm.mjs'].map((name) => page.waitForResponse((r) => r.url().endsWith(name) && r.status() === 404)));
    await page.goto(`${front.url}/page`);
    await refused;
  } finally {
    await front.stop();
  }
});

test('a policy without the gateway in connect-src is named', async ({ page, gateway, run }) => {
  const front = await new Front().start();
  try {
    front.mount('/', { page: `<script src="${gateway.url}/sdk/rtm.js"></script>`, headers: { 'content-security-policy': `script-src ${gateway.url} 'unsafe-eval'; connect-src 'none'` } });
    await page.goto(front.url);
    expect(await tryLogin(page, 'AgoraRTM', `csp-${run}`)).toMatch(/^RtmUnavailableError 1 .*connect-src of the Content-Security-Policy/);
  } finally {
    await front.stop();
  }
});

test('workers: one compilation for all, and classic ones too', async ({ page, gateway, run }) => {
  const use = `
    onmessage = async ({ data: { module, uid, gateway } }) => {
      AgoraRTM.setParameter(module ? 'WASM_MODULE' : 'WASM_URL', module ?? gateway + '/sdk/rtm.wasm');
      const client = AgoraRTM.createInstance('${appId}', { gateway });
      postMessage(await client.login({ uid }).then(() => client.connectionState, String));
    };`;
  const front = await new Front().start();
  try {
    front.mount('/', { page: '' })
      .mount('/module.js', { bytes: Buffer.from(`import AgoraRTM from '${gateway.url}/sdk/rtm.mjs';${use}`), type: 'text/javascript' })
      .mount('/classic.js', { bytes: Buffer.from(`importScripts('${gateway.url}/sdk/rtm.js');${use}`), type: 'text/javascript' });
    const fetched = requests(page, '/rtm.wasm');
    await page.goto(front.url);
    const ask = (file: string, type: WorkerType, uids: string[], compile: boolean) => page.evaluate(async ({ file, type, uids, gateway, compile }) => {
      const module = compile && (await (await import(`${gateway}/sdk/loader.mjs`)).compile());
      return Promise.all(uids.map((uid) => new Promise((resolve) => {
        const worker = new Worker(file, { type });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => resolve(message);
        worker.postMessage({ module: module || undefined, uid, gateway });
      })));
    }, { file, type, uids, gateway: gateway.url, compile });
    expect(await ask('/module.js', 'module', [`w1-${run}`, `w2-${run}`], true)).toEqual(['CONNECTED', 'CONNECTED']);
    expect(fetched).toHaveLength(1);
    expect(await ask('/classic.js', 'classic', [`w3-${run}`], false)).toEqual(['CONNECTED']);
  } finally {
    await front.stop();
  }
});
