/** The shapes of the script-tag build: global, CommonJS, AMD. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const code = readFileSync(new URL('script.js', import.meta.url), 'utf8');

/** Runs the script with these globals, and returns them with what it added. */
function load(globals: Record<string, unknown>): Record<string, any> {
  const context = vm.createContext({ URL, console, performance, ...globals });
  vm.runInContext(code, context);
  return context;
}

test('a script tag defines AgoraRTM and nothing else', () => {
  const page = load({});
  assert.deepEqual(Object.keys(page), ['URL', 'console', 'performance', 'AgoraRTM']);
  assert.equal(page.AgoraRTM.default, page.AgoraRTM);
  assert.equal(page.AgoraRTM.VERSION, '1.4.5');
});

test('CommonJS gets the object itself', () => {
  const module = { exports: {} as any };
  const page = load({ module });
  assert.equal(typeof module.exports.createInstance, 'function');
  assert.equal(page.AgoraRTM, undefined);
});

test('AMD gets an anonymous module', () => {
  let made: any;
  const define = Object.assign((factory: () => unknown) => (made = factory()), { amd: {} });
  load({ define });
  assert.equal(made.default, made);
});

const [, integrity] = /"(sha256-[^"]+)"/.exec(code)!;
const [, program] = /"go1[^" ]* (\w{16})"/.exec(code)!;

class HTMLScriptElement {
  constructor(readonly src: string, readonly integrity = '', private readonly attribute = src) {}
  getAttribute() { return this.attribute; }
}

interface Script { src: string; integrity?: string; attribute?: string }

/**
 * Loads the script on https://page.example/app/, and tells what preload asks for, each address once, and how it fails.
 * `markup` hides what the document has of that name.
 */
async function preload(script: Script | null, globals: object = {}, gateway?: string, markup: object = {}): Promise<{ sdk: any; asked: unknown[]; error: Error }> {
  const asked: unknown[] = [];
  const module = { exports: {} as any };
  const currentScript = script && new HTMLScriptElement(script.src, script.integrity, script.attribute);
  class Document {
    get currentScript() { return currentScript; }
    get baseURI() { return 'https://page.example/app/'; }
  }
  const document = new Document();
  for (const [name, value] of Object.entries(markup)) Object.defineProperty(document, name, { value });
  const page = load({
    Document, HTMLScriptElement, document,
    location: new URL('https://page.example/app/'),
    fetch: (url: string, { integrity, cache, method }: RequestInit) => {
      if (method) assert.deepEqual([method, (asked.at(-1) as unknown[])[0]], ['HEAD', url], 'is it there, but another?');
      else if (cache === 'reload') assert.deepEqual(asked.at(-1), [url, integrity], 'past the caches it asks for the same once more');
      else asked.push([url, integrity]);
      return Promise.reject(new TypeError('no network here'));
    },
    ...('module' in globals ? { module } : {}),
  });
  const sdk = page.AgoraRTM ?? module.exports;
  if (gateway) sdk.setParameter('GATEWAY', gateway);
  const error = await sdk.preload().then(() => assert.fail('there is no network'), (error: unknown) => error);
  return { sdk, asked, error };
}

for (const [src, gateway, wasm, pinned] of [
  ['https://rtm.example/sdk/rtm.js', 'https://rtm.example', 'https://rtm.example/sdk/rtm.wasm', ''],
  ['https://rtm.example/prefix/sdk/rtm.js?v=1', 'https://rtm.example/prefix', 'https://rtm.example/prefix/sdk/rtm.wasm', 'sha384-x'],
  ['https://rtm.example/prefix/sdk/0123456789abcdef/rtm.js', 'https://rtm.example/prefix', 'https://rtm.example/prefix/sdk/0123456789abcdef/rtm.wasm', ''],
  ['https://cdn.example/sdk/lib/rtm.js', 'https://page.example', 'https://cdn.example/sdk/lib/rtm.wasm', ''],
  ['https://cdn.example/lib/agora-rtm-sdk-1.4.4.js', 'https://page.example', 'https://cdn.example/lib/rtm.wasm', ''],
] as const) {
  test(`the script at ${src} knows its gateway and its wasm${pinned && ', and pins it if it is pinned itself'}`, async () => {
    const { sdk, asked } = await preload({ src, integrity: pinned });
    assert.deepEqual(asked, [[`${wasm}?${integrity}`, pinned ? integrity : undefined], [`${gateway}/sdk/${program}/rtm.wasm`, integrity]]);
    assert.equal(sdk.getParameter('GATEWAY'), gateway);
  });
}

for (const [what, script, globals, base] of [
  ['a bundle', { src: 'https://cdn.example/sdk/main.3f2a.js' }, { module: {} }, 'https://cdn.example/sdk/'],
  ['a chunk that a bundle loaded', null, { module: {} }, 'https://page.example/app/'],
  ['a module script, which has no element', null, {}, 'https://page.example/app/'],
  ['a script inside the page', { src: '' }, { module: {} }, 'https://page.example/app/'],
  ['a script made of a Blob', { src: 'blob:https://page.example/1-2' }, { module: {} }, undefined],
] as const) {
  test(`in ${what} the gateway is asked first, and what is beside is a guess`, async () => {
    const { sdk, asked, error } = await preload(script, globals, 'https://rtm.example/prefix/');
    assert.deepEqual(asked, [[`https://rtm.example/prefix/sdk/${program}/rtm.wasm`, integrity], ...(base ? [[`${base}rtm.wasm?${integrity}`, integrity]] : [])]);
    assert.match(error.message, new RegExp(`setParameter\\('GATEWAY', url\\) for a gateway with the program ${program}, install the package of the gateway's version, or call setParameter\\('WASM_URL', url\\)`));
    sdk.setParameter('GATEWAY', undefined);
    assert.equal(sdk.getParameter('GATEWAY'), 'https://page.example', 'the page\'s own, whatever the path of the bundle');
    if (!base) return;
    asked.length = 0;
    sdk.setParameter('WASM_URL', sdk.getParameter('WASM_URL'));
    await assert.rejects(sdk.preload());
    assert.deepEqual(asked, [[`${base}rtm.wasm?${integrity}`, undefined]], 'what the application names is the application\'s choice, wherever it is');
  });
}

/** Each hides a property of the document, as an element with that name does. */
const element = { src: 'https://evil.example/sdk/x.png', integrity: '', getAttribute: () => 'https://evil.example/sdk/x.png', toString: () => '[object HTMLImageElement]' };
const otherOrigin = new Proxy({}, { get() { throw new Error('a frame of another origin'); } });

for (const [what, markup] of [
  ['an image', { currentScript: element, baseURI: element }],
  ['a frame', { currentScript: otherOrigin, baseURI: otherOrigin }],
] as const) {
  test(`${what} named as what the document tells does not change where the gateway and the wasm are`, async () => {
    const src = 'https://rtm.example/sdk/rtm.js';
    const known = await preload({ src }, {}, undefined, markup);
    assert.equal(known.sdk.getParameter('GATEWAY'), 'https://rtm.example');
    assert.deepEqual(known.asked, [[`https://rtm.example/sdk/rtm.wasm?${integrity}`, undefined], [`https://rtm.example/sdk/${program}/rtm.wasm`, integrity]]);

    const bundle = await preload({ src: 'https://cdn.example/main.js' }, { module: {} }, '/rtm', markup);
    assert.equal(bundle.sdk.getParameter('GATEWAY'), 'https://page.example/rtm');
    assert.deepEqual(bundle.asked, [[`https://page.example/rtm/sdk/${program}/rtm.wasm`, integrity], [`https://cdn.example/rtm.wasm?${integrity}`, integrity]]);
  });
}

test('an address that a <base> of another server has changed names no gateway, and no wasm but the known one', async () => {
  const { sdk, asked } = await preload({ src: 'https://evil.example/sdk/rtm.js', attribute: '/sdk/rtm.js' });
  assert.equal(sdk.getParameter('GATEWAY'), 'https://page.example');
  assert.deepEqual(asked, [[`https://page.example/sdk/${program}/rtm.wasm`, integrity], [`https://evil.example/sdk/rtm.wasm?${integrity}`, integrity]]);
});
