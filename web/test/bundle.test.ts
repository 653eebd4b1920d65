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

const integrity = /"(sha256-[^"]+)"/.exec(code)![1];

for (const [src, gateway, wasm, pinned] of [
  ['https://rtm.example/sdk/rtm.js', 'https://rtm.example', 'https://rtm.example/sdk/rtm.wasm', ''],
  ['https://rtm.example/prefix/sdk/rtm.js?v=1', 'https://rtm.example/prefix', 'https://rtm.example/prefix/sdk/rtm.wasm', 'sha384-x'],
  ['https://rtm.example/prefix/sdk/0123456789abcdef/rtm.js', 'https://rtm.example/prefix', 'https://rtm.example/prefix/sdk/0123456789abcdef/rtm.wasm', ''],
  ['https://cdn.example/sdk/lib/rtm.js', 'https://page.example', 'https://cdn.example/sdk/lib/rtm.wasm', ''],
  ['https://cdn.example/lib/agora-rtm-sdk-1.4.4.js', 'https://page.example', 'https://cdn.example/lib/rtm.wasm', ''],
] as const) {
  test(`the script at ${src} knows its gateway and its wasm${pinned && ', and pins it if it is pinned itself'}`, async () => {
    const asked: unknown[] = [];
    const page = load({
      document: { currentScript: { src, integrity: pinned }, baseURI: 'https://page.example/app/' },
      location: new URL('https://page.example/app/'),
      fetch: (url: string, options: RequestInit) => {
        asked.push([url, options.integrity]);
        return Promise.reject(new TypeError('no network here'));
      },
    });
    await assert.rejects(page.AgoraRTM.preload(), { name: 'RtmUnavailableError', code: 1 });
    assert.deepEqual(asked, Array(pinned ? 2 : 1).fill([`${wasm}?${integrity}`, pinned ? integrity : undefined]));
    assert.equal(page.AgoraRTM.getParameter('GATEWAY'), gateway);
  });
}
