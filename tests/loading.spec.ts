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
    // A slow machine may load for longer than a login waits.
    const login = (): Promise<void> => client.login({ uid }).catch((e: any) => (e.code === 9 ? login() : Promise.reject(e)));
    try {
      await login();
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
    for (const path of ['/sdk/rtm.wasm', `/sdk/${hashes.program}/rtm.wasm`]) front.mount(path, { bytes: wasm, type: 'application/wasm' });
    expect(await visit(hashes['rtm.js'], `pinned-${run}`)).toMatch(/^RtmUnavailableError 1 .*rtm\.wasm.*have the integrity sha256-/);
    expect(await visit('', `pinned-${run}`), 'without integrity nobody looks').toBe('CONNECTED');
  } finally {
    await front.stop();
  }
});

/** Pages with markup that a user may have written, and the SDK's script tag. */
const markups: [what: string, page: (evil: string, sdk: string) => string][] = [
  ...([
    ['images', (name, evil) => `<img name="${name}" src="${evil}/sdk/x.png">`],
    ['frames', (name, evil) => `<iframe name="${name}" src="${evil}/sdk/x.html"></iframe>`],
    ['forms', (name, evil) => `<form name="${name}"><input name="src" value="${evil}/sdk/x.js"><input name="tagName"></form>`],
  ] as [string, (name: string, evil: string) => string][]).map(([what, element]): (typeof markups)[0] => [
    `${what} named as what the document tells`,
    (evil, sdk) => `${['currentScript', 'baseURI', 'addEventListener', 'visibilityState'].map((name) => element(name, evil)).join('')}<script src="${sdk}"></script>`,
  ]),
  ['a <base> after a deferred script', (evil, sdk) => `<script defer src="${sdk}"></script><base href="${evil}/sdk/">`],
];

for (const [what, write] of markups) {
  test(`the gateway and the place of the wasm stay, whatever markup says: ${what}`, { tag: '@everywhere' }, async ({ newPage, gateway, run }) => {
    const tampered = Buffer.from(await (await fetch(`${gateway.url}/sdk/rtm.wasm`)).arrayBuffer());
    tampered[tampered.indexOf('rtmwasm/core')] ^= 1; // the stamp stays
    const front = await new Front().start();
    const evil = await new Front().start();
    try {
      evil.mount('/', { answer: (_, res) => void res.writeHead(200, { 'content-type': 'application/wasm', 'access-control-allow-origin': '*' }).end(tampered) })
        .mount('/sdk/x', { page: '' });
      front.mount('/', { upstream: gateway.url }).mount('/page', { page: `<!doctype html>${write(evil.url, '/sdk/rtm.js')}` });
      const page = await newPage();
      await page.goto(`${front.url}/page`);
      const told = await page.evaluate(() => (window as any).AgoraRTM.getParameter('GATEWAY'));
      expect(told).toBe(front.url);
      expect(await tryLogin(page, 'AgoraRTM', `markup-${run}`)).toBe('CONNECTED');
      expect(evil.asked.filter((url) => !/^\/(sdk\/x|favicon)/.test(url))).toEqual([]);
    } finally {
      await front.stop();
      await evil.stop();
    }
  });
}

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

/** What a server answers for a file that it does not have just now, and lets caches keep for a year. */
const bad: [what: string, status: number, type: string, body: (wasm: Buffer) => Buffer][] = [
  ['a page', 200, 'text/html', () => Buffer.from('<!doctype html><title>Our app</title>')],
  ['a page called wasm', 200, 'application/wasm', () => Buffer.from('<!doctype html><title>Our app</title>')],
  ['a 404', 404, 'text/html', () => Buffer.from('not found')],
  ['nothing', 200, 'application/wasm', () => Buffer.alloc(0)],
  ['half of the file', 200, 'application/wasm', (wasm) => wasm.subarray(0, wasm.length / 2)],
  ['half of the file, of no type', 200, 'application/octet-stream', (wasm) => wasm.subarray(0, wasm.length / 2)],
  ['the file of another build', 200, 'application/wasm', (wasm) => Buffer.concat([wasm.subarray(0, -1), Buffer.from('?')])],
];
const year = { 'cache-control': 'public, max-age=31536000, immutable' };

for (const [what, status, type, body] of bad) {
  test(`${what} that was cached for a year in place of the wasm is asked for once more, and the right one is kept`, { tag: '@everywhere' }, async ({ newPage, engine, gateway, run }) => {
    const wasm = Buffer.from(await (await fetch(`${gateway.url}/sdk/rtm.wasm`)).arrayBuffer());
    const front = await new Front().start();
    let right = false;
    const asked = () => front.asked.filter((url) => url.startsWith('/sdk/rtm.wasm')).length;
    try {
      front.mount('/', { upstream: gateway.url }).mount('/sdk/rtm.wasm', {
        answer: (_, res) => void (right ? res.writeHead(200, { 'content-type': 'application/wasm', ...year }).end(wasm) : res.writeHead(status, { 'content-type': type, ...year }).end(body(wasm))),
      });
      const page = await newPage();
      await openBlank(page, front.url);
      await page.evaluate(async () => (await fetch((window as any).AgoraRTM.getParameter('WASM_URL'))).arrayBuffer());
      expect(asked(), 'the bad one is in the cache').toBe(1);
      right = true;
      for (const visit of ['first', 'second']) {
        await openBlank(page, front.url);
        expect(await tryLogin(page, 'AgoraRTM', `${visit}-${run}`)).toBe('CONNECTED');
        if (visit === 'first' || engine !== 'webkit') expect(asked(), `${visit} visit`).toBe(2); // WebKit keeps no answer to 'reload'
      }
      expect(front.asked.filter((url) => url.endsWith('/rtm.wasm')), 'there was no need of the gateway').toEqual([]);
    } finally {
      await front.stop();
    }
  });

  test(`${what} in place of the wasm, and for good: two requests, and an error that says so`, async ({ page, gateway, run }) => {
    const wasm = Buffer.from(await (await fetch(`${gateway.url}/sdk/rtm.wasm`)).arrayBuffer());
    const front = await new Front().start();
    try {
      front.mount('/', { upstream: gateway.url }).mount('/copy/rtm.wasm', { answer: (_, res) => void res.writeHead(status, { 'content-type': type, ...year }).end(body(wasm)) });
      await openBlank(page, front.url);
      await page.evaluate((url) => (window as any).AgoraRTM.setParameter('WASM_URL', url), `${front.url}/copy/rtm.wasm`);
      await page.evaluate(() => (window as any).AgoraRTM.preload().catch(() => {}));
      expect(front.asked.filter((url) => url.includes('rtm.wasm'))).toEqual(['/copy/rtm.wasm', '/copy/rtm.wasm']);
      expect(await tryLogin(page, 'AgoraRTM', `never-${run}`)).toMatch(/^RtmUnavailableError 1 .*\/copy\/rtm\.wasm .*(is not there|is not a WebAssembly file|does not belong to this script)/);
    } finally {
      await front.stop();
    }
  });
}

test('a script without the wasm beside it takes that of its gateway, by an address that is kept', async ({ page, gateway, run }) => {
  const { program } = await (await fetch(`${gateway.url}/sdk/integrity.json`)).json();
  const script = Buffer.from(await (await fetch(`${gateway.url}/sdk/rtm.js`)).arrayBuffer());
  const front = await new Front().start();
  try {
    front.mount('/page', { page: `<script src="/js/rtm.js"></script><script>AgoraRTM.setParameter('GATEWAY', '${gateway.url}')</script>` })
      .mount('/js/rtm.js', { bytes: script, type: 'text/javascript' });
    const fetched = requests(page, '/rtm.wasm');
    await page.goto(`${front.url}/page`);
    expect(await tryLogin(page, 'AgoraRTM', `first-${run}`)).toBe('CONNECTED');
    expect(fetched.map((url) => url.replace(/\?.*/, ''))).toEqual([`${front.url}/js/rtm.wasm`, `${front.url}/js/rtm.wasm`, `${gateway.url}/sdk/${program}/rtm.wasm`]);
    const answer = await fetch(`${gateway.url}/sdk/${program}/rtm.wasm`);
    expect(answer.headers.get('cache-control')).toContain('immutable');
  } finally {
    await front.stop();
  }
});

test('a bundle asks the gateway of its client, and its own server only if that has another build', async ({ page, gateway, run }) => {
  const { program } = await (await fetch(`${gateway.url}/sdk/integrity.json`)).json();
  const wasm = Buffer.from(await (await fetch(`${gateway.url}/sdk/rtm.wasm`)).arrayBuffer());
  const tampered = Buffer.from(wasm);
  tampered[tampered.indexOf('rtmwasm/core')] ^= 1; // the stamp stays
  const front = await new Front().start();
  const asked = () => front.asked.filter((url) => url.includes('rtm.wasm')).map((url) => url.replace(/\?.*/, ''));
  const visit = async (uid: string) => {
    front.asked.length = 0;
    await page.goto(`${front.url}/app/`);
    return page.evaluate(async ({ appId, uid, gateway }) => {
      await import(`${'/js/bundle.js'}`); // it has no element that would tell its address
      const { AgoraRTM } = window as any;
      const client = AgoraRTM.createInstance(appId, { gateway, logFilter: AgoraRTM.LOG_FILTER_OFF });
      return client.login({ uid }).then(() => client.connectionState, (e: any) => `${e.name} ${e.code}${e.message}`);
    }, { appId, uid, gateway: `${front.url}/gateway` });
  };
  try {
    front.mount('/gateway/', { upstream: gateway.url }).mount('/app/', { page: '' })
      .mount('/js/bundle.js', { bytes: Buffer.from(await (await fetch(`${gateway.url}/sdk/rtm.js`)).arrayBuffer()), type: 'text/javascript' });
    const fromGateway = `/gateway/sdk/${program}/rtm.wasm`;
    expect(await visit(`bundle-1-${run}`)).toBe('CONNECTED');
    expect(asked()).toEqual([fromGateway]);

    front.mount(fromGateway, { answer: (_, res) => void res.writeHead(404).end() }).mount('/app/rtm.wasm', { bytes: wasm, type: 'application/wasm' });
    await (await page.context().newCDPSession(page)).send('Network.clearBrowserCache');
    expect(await visit(`bundle-2-${run}`)).toBe('CONNECTED');
    expect(asked(), 'twice, and why that failed').toEqual([fromGateway, fromGateway, fromGateway, '/app/rtm.wasm']);

    front.mount('/app/rtm.wasm', { bytes: tampered, type: 'application/wasm' });
    expect(await visit(`bundle-3-${run}`), 'the gateway has another program').toMatch(new RegExp(`^RtmUnavailableError 1 .*gateway/sdk/${program}/rtm.wasm answered 404.*install the package of the gateway's version`));

    front.mount(fromGateway, { bytes: tampered, type: 'application/wasm' }).mount('/app/rtm.wasm', { page: 'a page' });
    expect(await visit(`bundle-4-${run}`), 'nothing that the bundle does not know').toMatch(new RegExp(
      `^RtmUnavailableError 1 .*gateway/sdk/${program}/rtm.wasm .*integrity sha256-.*; .*/app/rtm.wasm.*integrity sha256-.*; call setParameter\\('GATEWAY', url\\) .*${program}.*'WASM_URL'`));
    expect(asked()).toEqual([fromGateway, fromGateway, fromGateway, '/app/rtm.wasm', '/app/rtm.wasm', '/app/rtm.wasm']);
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
      if (module) AgoraRTM.setParameter('WASM_MODULE', module); // else the gateway has it
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

    front.mount('/lib/loader.mjs', { bytes: Buffer.from(await (await fetch(`${gateway.url}/sdk/loader.mjs`)).arrayBuffer()), type: 'text/javascript' });
    const compiled = (options: object) => page.evaluate(async ({ module, options }) =>
      String(await (await import(module)).compile(options).catch((e: any) => e.message)), { module: `${front.url}/lib/loader.mjs`, options });
    expect(await compiled({ gateway: gateway.url }), 'without a copy beside the module').toBe('[object WebAssembly.Module]');
    expect(await compiled({})).toMatch(/lib\/rtm\.wasm .*; call setParameter\('GATEWAY', url\)/);
  } finally {
    await front.stop();
  }
});
