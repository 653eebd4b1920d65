// What an application gives, and what its page lacks or breaks, may reject a call. It never
// ends the program, which all clients of the page share.
import type { Page } from '@playwright/test';
import { test, expect, appId } from './support/test.ts';

/** Logs in two clients; `other` is the one that must not notice. */
async function openTwo(page: Page, run: string): Promise<Page> {
  await page.evaluate(async ({ appId, run }) => {
    const w = window as any;
    const { AgoraRTM } = w;
    await AgoraRTM.preload();
    w.states = [];
    w.got = [];
    for (const name of ['client', 'other']) {
      const client = (w[name] = AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_ERROR }));
      client.on('ConnectionStateChanged', (state: string) => w.states.push(`${name} ${state}`));
      client.on('MessageFromPeer', (message: unknown) => w.got.push(message));
      await client.login({ uid: `${name}-${run}` });
    }
    w.otherId = `other-${run}`;
    w.states.length = 0;
  }, { appId, run });
  return page;
}

/** Both clients are as they were, and work. */
async function expectAlive(page: Page): Promise<void> {
  const out = await page.evaluate(async () => {
    const { client, other, otherId, states } = window as any;
    const { hasPeerReceived } = await client.sendMessageToPeer({ text: 'alive' }, otherId);
    return { hasPeerReceived, states, now: [client.connectionState, other.connectionState] };
  });
  expect(out).toEqual({ hasPeerReceived: true, states: [], now: ['CONNECTED', 'CONNECTED'] });
}

/** Blobs and bytes as bodies of functions, and what a call with them comes to: a name and code, or the bytes that arrive. */
const frame = `const f = document.body.appendChild(document.createElement('iframe')).contentWindow;`;
const blobs: [string, string][] = [
  ["return new Blob(['abc'])", 'abc'],
  ["return new File(['abc'], 'a.txt')", 'abc'],
  [`${frame} return new f.Blob(['abc'])`, 'abc'],
  [`${frame} const b = new f.File(['abc'], 'a'); f.frameElement.remove(); return b`, 'abc'],
  ["return new Proxy(new Blob(['abc']), {})", 'refused'],
  [`${frame} return new Proxy(new f.Blob(['abc']), {})`, 'refused'],
  ["return new Proxy(new File(['abc'], 'a'), { get: (t, k) => typeof t[k] === 'function' ? t[k].bind(t) : t[k] })", 'refused'],
  ["return Object.create(new Blob(['abc']))", 'refused'],
  ["return { size: 3, type: '', [Symbol.toStringTag]: 'Blob', slice() {}, arrayBuffer() {} }", 'refused'],
  ["return Object.assign(new Blob(['abc']), { slice: undefined, arrayBuffer: undefined, stream: undefined })", 'abc'],
  ["return Object.assign(new Blob(['abc']), { slice() { throw 1 }, arrayBuffer() { throw null }, stream() { throw undefined } })", 'abc'],
  ["return Object.defineProperty(new Blob(['abc']), 'size', { get() { throw new Error('size') } })", 'any'],
];
const bytes: [string, string][] = [
  ['return new Uint8Array([1, 2, 3])', '1,2,3'],
  [`${frame} return new f.Uint8Array([1, 2, 3])`, '1,2,3'],
  [`${frame} return new f.Uint8Array(32769)`, 'too large'],
  ['return new Uint8Array(32769)', 'too large'],
  ['return new Uint8Array(500_000_000)', 'too large'],
  ['return new Uint8Array(0)', ''],
  ['const b = new Uint8Array([1, 2, 3]); structuredClone(b.buffer, { transfer: [b.buffer] }); return b', 'refused'],
  ['const b = new Uint8Array([1, 2, 3]); b.buffer.transfer(); return b', 'refused'],
  ['const r = new ArrayBuffer(8, { maxByteLength: 16 }); const b = new Uint8Array(r, 4); r.resize(2); return b', 'refused'],
  ['const r = new ArrayBuffer(8, { maxByteLength: 16 }); const b = new Uint8Array(r, 4, 4); r.resize(6); return b', 'refused'],
  ['const r = new ArrayBuffer(2, { maxByteLength: 16 }); const b = new Uint8Array(r); r.resize(4); b[3] = 9; return b', '0,0,0,9'],
  ["return new Uint8Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer, 0, 3)", '0,0,0'],
  ['return new DataView(new ArrayBuffer(3))', 'refused'],
  ['return new ArrayBuffer(3)', 'refused'],
  ['return new Uint8ClampedArray(3)', 'refused'],
  ['return new Proxy(new Uint8Array(3), {})', 'refused'],
  ['return Object.create(new Uint8Array(3))', 'refused'],
  ["return { [Symbol.toStringTag]: 'Uint8Array', length: 3, 0: 1, 1: 1, 2: 1 }", 'refused'],
  ["return Object.defineProperty(new Uint8Array([1, 2]), 'length', { value: 0 })", '1,2'],
];

test('Blobs and bytes of every origin are sent as they are, or refused: never something else', { tag: '@everywhere' }, async ({ openPage, run }) => {
  const page = await openTwo(await openPage(), run);
  for (const [body, wanted] of blobs) {
    const out = await page.evaluate(async (body) => {
      const { client, other } = window as any;
      try {
        const { mediaId } = await client.createMediaMessageByUploading(new Function(body)());
        return await (await other.downloadMedia(mediaId)).text();
      } catch (e: any) {
        return e.name === 'RtmInvalidArgumentError' && e.code === 2 ? 'refused' : `${e.name} ${e.code} ${e.message}`;
      }
    }, body);
    if (wanted === 'any') expect(out, body).not.toBe('');
    else expect(out, body).toBe(wanted);
    await expectAlive(page);
  }
  for (const [body, wanted] of bytes) {
    const out = await page.evaluate(async (body) => {
      const w = window as any;
      let rawMessage;
      try {
        rawMessage = new Function(body)();
      } catch {
        return undefined; // this browser has no such thing
      }
      w.got.length = 0;
      try {
        await w.client.sendMessageToPeer({ messageType: 'RAW', rawMessage }, w.otherId);
        return String(w.got[0].rawMessage);
      } catch (e: any) {
        return `${e.name} ${e.code} ${/too large/.test(e.message)}`;
      }
    }, body);
    const refusals: Record<string, string> = { refused: 'RtmInvalidArgumentError 6 false', 'too large': 'RtmLimitExceededError 7 true' };
    if (out !== undefined) expect(out, body).toBe(refusals[wanted] ?? wanted);
    await expectAlive(page);
  }
});

test('giants and traps as arguments are refused', async ({ openPage, run }) => {
  const page = await openTwo(await openPage(), run);
  const trap = 'new Proxy({}, { get() { throw null }, ownKeys() { throw null }, getPrototypeOf() { throw null } })';
  const giant = '"x".repeat(2 ** 26)';
  for (const call of [
    ...[giant, trap, `[${trap}]`, `[${giant}]`, 'new Array(2 ** 32 - 1)', 'new Proxy([], { get() { throw null } })'].flatMap((arg) => [
      `client.queryPeersOnlineStatus(${arg})`, `client.subscribePeersOnlineStatus(${arg})`, `client.getChannelMemberCount(${arg})`,
      `client.sendMessageToPeer(${arg}, otherId)`, `client.sendMessageToPeer({ text: 'x' }, ${arg})`, `client.downloadMedia(${arg})`,
      `client.getMediaUrl(${arg})`, `client.getMediaUrl('x', ${arg})`, `client.getMediaUrl('x', { expiresIn: ${arg}, download: ${arg} })`,
      `client.createMediaMessageByUploading(${arg})`, `client.getUserAttributes(${arg})`,
    ]),
    `client.sendMessageToPeer({ text: ${giant} }, otherId)`,
    `client.sendMessageToPeer({ rawMessage: new Uint8Array(1), description: ${giant} }, otherId)`,
    ...['mediaId', 'fileName', 'description', 'thumbnail'].map((field) => `client.sendMessageToPeer({ messageType: 'IMAGE', mediaId: 'x', ${field}: ${giant} }, otherId)`),
    `client.createMediaMessageByUploading(new Blob(['x']), ${trap})`,
    `client.createMediaMessageByUploading(new Blob(['x']), { get messageType() { throw null } })`,
    `client.createMediaMessageByUploading(new Blob(['x']), {}, ${trap})`,
  ]) {
    const out = await page.evaluate(async (call) => {
      const { client, otherId } = window as any;
      return new Function('client', 'otherId', `return (async () => ${call})().then(() => 'fulfilled', (e) => 'rejected')`)(client, otherId);
    }, call);
    expect(out, call).toBe('rejected');
  }
  await expectAlive(page);
});
