// A page that lacks a class or a method, or where one throws: calls are rejected or work, at the
// latest when the page is whole again. The program goes on, and with it all clients of the page.
// What is broken is generated: each class that the SDK uses, and each property of its prototype.
import type { Page } from '@playwright/test';
import { test, expect, appId, login, openBlank } from './support/test.ts';

const classes = [
  'Blob', 'File', 'FileReader', 'Response', 'Headers', 'XMLHttpRequest', 'XMLHttpRequestEventTarget', 'XMLHttpRequestUpload', 'WebSocket',
  'MessageEvent', 'CloseEvent', 'ProgressEvent', 'AbortController', 'AbortSignal', 'Crypto', 'SubtleCrypto', 'Performance',
  'TextEncoder', 'TextDecoder', 'Worker', 'ImageBitmap', 'EventTarget', 'ReadableStream', 'ReadableStreamBYOBReader',
];
const functions = ['fetch', 'setTimeout', 'clearTimeout', 'createImageBitmap', 'crypto', 'performance', 'console', 'WeakRef', 'FinalizationRegistry'];
const modes = ['missing', 'throwing'] as const;

/** Defines in a window what the tests below call there. */
const tools = () => {
  const w = window as any;
  const { setTimeout } = w;
  const wait = (ms: number) => new Promise((resolve) => setTimeout.call(w, resolve, ms));
  const thrown = [new Error('broken page'), null];

  /** Breaks owner[name]; returns what mends it, or undefined if the browser does not allow it. */
  w.breakOne = (owner: any, name: string, mode: string) => {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    if (!before?.configurable) return undefined;
    const bad = () => { throw thrown[name.length % 2]; };
    if (mode === 'missing') delete owner[name];
    else if (before.get || before.set || typeof before.value !== 'function') Object.defineProperty(owner, name, { configurable: true, get: bad, set: bad });
    else Object.defineProperty(owner, name, { ...before, value: function () { bad(); } });
    return () => Object.defineProperty(owner, name, before);
  };

  const picture = Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='), (c) => c.charCodeAt(0));
  /** One call of each kind; what each comes to is its name, with "!" where it was rejected. */
  w.callAll = (client: any, peer: string, mediaId: string): Promise<string[]> => {
    const calls: Record<string, () => Promise<unknown>> = {
      text: () => client.sendMessageToPeer({ text: 'x' }, peer),
      raw: () => client.sendMessageToPeer({ rawMessage: new Uint8Array(3) }, peer),
      thumbnail: () => client.sendMessageToPeer({ messageType: 'IMAGE', mediaId: 'x', thumbnail: new Blob([picture]) }, peer),
      upload: () => client.createMediaMessageByUploading(new Blob([picture])),
      picture: () => client.createMediaMessageByUploading(new Blob([picture, 'x']), { messageType: 'IMAGE', thumbnail: new Blob(['no picture']) }),
      download: () => client.downloadMedia(mediaId),
    };
    return Promise.all(Object.entries(calls).map(([name, call]) => (async () => call())().then(() => name, () => `${name}!`)));
  };

  /** Makes all calls while something is broken, mends it, and tells what they came to; undefined where it can't be broken. */
  w.callBroken = async (owner: any, name: string, mode: string) => {
    const { client, peer, mediaId, AgoraRTM, appId } = w;
    const mend = w.breakOne(owner, name, mode);
    if (!mend) return undefined;
    let calls, late;
    try {
      calls = w.callAll(client, peer, mediaId);
      late = (async () => {
        const another = AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_OFF });
        await another.login({ uid: `${client.context.uid}-2` }).catch(() => {});
        if (another.connectionState === 'CONNECTED') await another.logout();
      })();
      await Promise.race([Promise.all([calls, late]), wait(200)]);
    } finally {
      mend();
    }
    const settled: any = await Promise.race([Promise.all([calls, late]), wait(60_000)]);
    if (!settled) return 'never settled';
    return settled[0].join(' ');
  };
};

/** Everything works as if nothing had been; at the latest when the window of the rates has passed. */
async function expectWhole(page: Page, what: string): Promise<void> {
  const out = () => page.evaluate(async () => {
    const { client, other, peer, mediaId, callAll, states } = window as any;
    for (const one of [client, other]) {
      if (one.connectionState === 'RECONNECTING') {
        await new Promise<void>((resolve) => one.on('ConnectionStateChanged', () => one.connectionState === 'RECONNECTING' || resolve()));
      }
    }
    const results = await callAll(client, peer, mediaId);
    const { hasPeerReceived } = await other.sendMessageToPeer({ text: 'alive' }, client.context.uid);
    return { results: results.join(' '), hasPeerReceived, ended: states.filter((s: string) => !/CONNECT(ED|ING)$/.test(s) || s === 'DISCONNECTED') };
  });
  await expect.poll(out, { message: what, timeout: 30_000 }).toEqual({ results: 'text raw thumbnail upload picture download', hasPeerReceived: true, ended: [] });
}

test('with each class and method missing or throwing in turn, while clients are logged in', async ({ openPage, run }) => {
  test.setTimeout(600_000);
  const page = await openPage();
  const said: string[] = [];
  page.on('console', (m) => /core stopped/.test(m.text()) && said.push(m.text()));
  await login(page, `client-${run}`);
  await page.evaluate(tools);
  await page.evaluate(async ({ appId, run }) => {
    const w = window as any;
    Object.assign(w, { appId, peer: `other-${run}`, states: [] });
    w.other = w.AgoraRTM.createInstance(appId, { logFilter: w.AgoraRTM.LOG_FILTER_OFF });
    await w.other.login({ uid: w.peer });
    for (const client of [w.client, w.other]) client.on('ConnectionStateChanged', (state: string) => w.states.push(state));
    w.mediaId = (await w.other.createMediaMessageByUploading(new Blob(['abc']))).mediaId;
  }, { appId, run });
  await expectWhole(page, 'before anything is broken');

  let tried = 0;
  for (const name of [...classes.map((name) => `${name}.prototype`), 'globalThis']) {
    const properties = name === 'globalThis' ? [...classes, ...functions]
      : await page.evaluate((name) => Object.getOwnPropertyNames(new Function(`return ${name}`)()).filter((n) => n !== 'constructor'), name);
    for (const [i, property] of properties.entries()) {
      for (const mode of name === 'globalThis' ? modes : [modes[i % 2]!]) { // both would take minutes
        const what = `${name}.${property} ${mode}`;
        const out = await page.evaluate(([name, property, mode]) => (window as any).callBroken(new Function(`return ${name}`)(), property, mode), [name, property, mode]);
        if (out === undefined) continue;
        tried++;
        expect(out, what).not.toBe('never settled');
        expect(said, what).toEqual([]);
      }
    }
    await expectWhole(page, name);
  }
  expect(tried).toBeGreaterThan(150);
});

test('with each class missing or throwing when the SDK is loaded', async ({ newPage, gateway, run }) => {
  test.setTimeout(600_000);
  const page = await openBlank(await newPage(), gateway.url);
  for (const name of [...functions, ...classes]) {
    for (const mode of modes) {
      if (name === 'clearTimeout' || name === 'FinalizationRegistry' && mode === 'throwing') continue; // no page is like that
      const out = await page.evaluate(async ({ name, mode, appId, uid, script, tools }) => {
        const frame = document.body.appendChild(document.createElement('iframe'));
        const w = frame.contentWindow as any;
        w.eval(`(${tools})()`);
        const mend = w.breakOne(w, name, mode);
        if (!mend) return 'whole';
        const settle = (promise: Promise<unknown>) => Promise.race([
          promise.then(() => 'fulfilled', (e: any) => `rejected`), new Promise((resolve) => setTimeout(resolve, 60_000, 'never settled'))]);
        try {
          await new Promise((resolve, reject) => {
            const tag = w.document.createElement('script');
            Object.assign(tag, { src: script, onload: resolve, onerror: reject });
            w.document.head.append(tag);
          });
          const { AgoraRTM } = w;
          if (!AgoraRTM) return 'the script did not load';
          const client = AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_OFF, gateway: location.origin });
          const first = await settle(client.login({ uid }));
          mend();
          if (first === 'rejected') {
            await Promise.all([AgoraRTM.preload(), new Promise((resolve) => setTimeout(resolve, 500))]); // the interval between logins
            await client.login({ uid }); // the page is whole again: so is the SDK
          }
          await client.sendMessageToPeer({ text: 'x' }, uid);
          const upload = await settle(client.createMediaMessageByUploading(new w.Blob(['abc'])));
          await client.logout();
          return `${first}, upload ${upload}`;
        } finally {
          frame.remove();
        }
      }, { name, mode, appId, uid: `u-${run}`, script: `${gateway.url}/sdk/rtm.js`, tools: String(tools) });
      expect(out, `${name} ${mode}`).toMatch(/^whole$|^(fulfilled|rejected), upload (fulfilled|rejected)$/);
    }
  }
});
