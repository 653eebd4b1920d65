/** The loader and the supervision of a real Go program, testdata/program. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { beforeEach, mock, type TestContext } from 'node:test';
import { defaultAddresses } from '../src/address.ts';
import { loader } from '../src/loader.ts';
import { setParameter } from '../src/parameters.ts';
import type { Program } from '../src/program.ts';
import { tick } from './fake.ts';

const wasm = readFileSync(new URL('program.wasm', import.meta.url));
const URL_OF_WASM = 'https://page.example/rtm.wasm';

/** A page's classes, as far as the tests need them. */
class Fake extends EventTarget {
  static made: Fake[] = [];
  ended = false;
  onend?: () => void;
  constructor() {
    super();
    Fake.made.push(this);
  }
  protected end(event: string) {
    this.ended = true;
    this.onend?.();
    this.dispatchEvent(new Event(event));
  }
}
class FakeSocket extends Fake { close() { this.end('close'); } }
class FakeRequest extends Fake { abort() { this.end('loadend'); } }

let uncaught: unknown[] = [];
process.on('uncaughtException', (e) => uncaught.push(e));
process.on('unhandledRejection', (e) => uncaught.push(e));

beforeEach(() => {
  uncaught = [];
  Fake.made = [];
  Object.assign(globalThis, { WebSocket: FakeSocket, XMLHttpRequest: FakeRequest });
  serve({ 'content-type': 'application/wasm' });
  setParameter('WASM_URL', URL_OF_WASM);
});

function serve(headers: Record<string, string>, body: BodyInit = wasm, status = 200) {
  return mock.method(globalThis, 'fetch', async () => new Response(body, { status, headers }));
}

const call = (p: Program, method: string, ...args: unknown[]): any => (p.core.call as any)(7, method, ...args);

/** Runs `end`, and resolves with what went to the console when the program has ended. */
async function endOf(t: TestContext, p: Program, end: () => void): Promise<string[]> {
  const lines: string[] = [];
  t.mock.method(console, 'error', (...args: unknown[]) => lines.push(args.join(' ')));
  const ended = new Promise<void>((resolve) => p.onDeath.add(resolve));
  end();
  await ended;
  await tick();
  assert.equal(p.dead, true);
  assert.equal(loader.current(), undefined);
  assert.deepEqual(uncaught, []);
  return lines;
}

test('the program runs in a global object of its own', async () => {
  const before = Object.keys(globalThis);
  const p = await loader.load();
  assert.equal(await loader.load(), p);
  assert.equal(loader.current(), p);
  assert.equal(call(p, 'echo', 'hello'), 'hello');
  const scope = call(p, 'globals');
  assert.notEqual(scope, globalThis);
  assert.equal(typeof scope.Go, 'function');
  assert.deepEqual(Object.keys(globalThis), before);
});

for (const method of ['panic', 'panic in a goroutine', 'panic in a timer']) {
  test(`${method}: one console error with the trace, everything closed, a new one can start`, async (t) => {
    const p = await loader.load();
    call(p, 'open');
    const lines = await endOf(t, p, () => call(p, method));
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /core stopped.*\npanic: on purpose\n[^]*goroutine/);
    assert.deepEqual(Fake.made.map((f) => f.ended), [true, true]);
    assert.equal(call(p, 'echo', 'x'), undefined, 'a dead program answers nothing');
    const next = await loader.load();
    assert.notEqual(next, p);
    assert.equal(call(next, 'echo', 'alive'), 'alive');
  });
}

test('where the page has patched close and abort, and they throw, all are closed and the end is told', async (t) => {
  const p = await loader.load();
  call(p, 'open');
  for (const one of Fake.made) one.onend = () => { throw new Error('patched by the page'); };
  await endOf(t, p, () => call(p, 'panic'));
  assert.deepEqual(Fake.made.map((f) => f.ended), [true, true]);
});

test('exit is an end, too', async (t) => {
  const p = await loader.load();
  const lines = await endOf(t, p, () => call(p, 'exit'));
  assert.match(lines[0]!, /core stopped/);
});

test('a panic in a call from inside a call', async (t) => {
  const p = await loader.load();
  const lines = await endOf(t, p, () => call(p, 'callback', () => call(p, 'panic')));
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /on purpose/);
});

test('what a listener throws inside a callback is Go\'s panic, not the page\'s', async (t) => {
  const p = await loader.load();
  const lines = await endOf(t, p, () => call(p, 'callback', () => { throw new Error('from JavaScript'); }));
  assert.match(lines[0]!, /from JavaScript/);
});

test('output goes to the console and is no end', async (t) => {
  const p = await loader.load();
  const error = t.mock.method(console, 'error', () => {});
  call(p, 'print');
  await tick();
  assert.match(String(error.mock.calls[0]!.arguments[0]), /printed by Go/);
  assert.equal(p.dead, false);
  await endOf(t, p, () => call(p, 'exit'));
});

test('a running program is compiled once, whatever became of it', async (t) => {
  const fetched = serve({ 'content-type': 'application/wasm' });
  const p = await loader.load();
  await endOf(t, p, () => call(p, 'exit'));
  await endOf(t, await loader.load(), () => call(loader.current()!, 'exit'));
  assert.equal(fetched.mock.callCount(), 0);
});

/** Each needs an address of its own: what was compiled is kept by address. */
let n = 0;
const cases: [string, () => void, RegExp][] = [
  ['not found', () => void serve({}, 'no', 404), /rtm\.wasm\?\d+ answered 404: rtm\.wasm is not there/],
  ['no network', () => void mock.method(globalThis, 'fetch', async () => { throw new TypeError('Failed to fetch'); }), /could not be fetched.*connect-src/],
  ['a page instead of a file', () => void serve({ 'content-type': 'text/html' }, '<!doctype html>'), /not a WebAssembly file/],
  ['another build', () => void serve({}, Buffer.concat([wasm.subarray(0, -1), Buffer.from('?')])), /does not belong to this script/],
  ['a foreign program', () => void serve({}, Buffer.from('\0asm\x01\0\0\0')), /could not be started/],
  ['Content-Security-Policy', () => void mock.method(WebAssembly, 'compileStreaming', async () => {
    throw new WebAssembly.CompileError("WebAssembly.compileStreaming(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because 'unsafe-eval' is not allowed");
  }), /add 'wasm-unsafe-eval' to its script-src/],
];
for (const [name, arrange, message] of cases) {
  test(`load failure: ${name}; the next try may succeed`, async (t) => {
    setParameter('WASM_URL', `${URL_OF_WASM}?${++n}`);
    arrange();
    t.mock.method(console, 'error', () => {});
    await assert.rejects(loader.load(), message);
    mock.restoreAll();
    serve({ 'content-type': 'application/wasm' });
    const p = await loader.load();
    await endOf(t, p, () => call(p, 'exit'));
  });
}

const stale = Buffer.concat([wasm.subarray(0, -1), Buffer.from('?')]);
for (const [what, cached] of [
  ['of the last deployment', () => new Response(stale)],
  ['cut short', () => new Response(wasm.subarray(0, 5_000), { headers: { 'content-type': 'application/wasm' } })],
  ['without a byte', () => new Response('', { headers: { 'content-type': 'application/wasm' } })],
  ['that is a page', () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })],
  ['that is a 404', () => new Response('', { status: 404 })],
  ['that another origin may not read', () => Promise.reject(new TypeError('Failed to fetch'))],
] as const) {
  test(`a wasm ${what}, left in a cache, is asked for once more`, async (t) => {
    setParameter('WASM_URL', `${URL_OF_WASM}?${++n}`);
    const caches: unknown[] = [];
    t.mock.method(globalThis, 'fetch', async (_: string, { cache }: RequestInit) => {
      caches.push(cache);
      return cache === 'reload' ? new Response(wasm) : cached();
    });
    const p = await loader.load();
    assert.deepEqual(caches, ['default', 'reload']);
    await endOf(t, p, () => call(p, 'exit'));
  });
}

test('where the policy forbids WebAssembly nothing is asked for twice', async (t) => {
  const fetched = serve({ 'content-type': 'application/wasm' });
  t.mock.method(WebAssembly, 'compileStreaming', async () => {
    throw new WebAssembly.CompileError("violates the following Content Security policy directive because 'unsafe-eval' is not allowed");
  });
  for (const url of [`${URL_OF_WASM}?${++n}`, undefined]) {
    setParameter('WASM_URL', url);
    await assert.rejects(loader.load('https://a.example'), /'wasm-unsafe-eval'/);
  }
  assert.equal(fetched.mock.callCount(), 2);
});

test('a gateway that is named while the last place is tried is asked, too', async (t) => {
  const { wasm: noWasm } = defaultAddresses;
  t.after(() => (defaultAddresses.wasm = noWasm));
  defaultAddresses.wasm = () => 'https://page.example/bundle/rtm.wasm'; // where nobody knows if it is
  setParameter('WASM_URL', undefined);
  const asked: string[] = [];
  const loads: Promise<Program>[] = [];
  t.mock.method(globalThis, 'fetch', async (url: string) => {
    asked.push(new URL(url).host);
    if (asked.length === 3) loads.push(loader.load('https://b.example'));
    return new Response('', { status: 404 });
  });
  loads.push(loader.load('https://a.example'));
  await assert.rejects(loads[0]!, /b\.example\S* answered 404/);
  await assert.rejects(loads[1]!, /b\.example\S* answered 404/);
  assert.deepEqual(asked, ['a.example', 'a.example', 'page.example', 'page.example', 'b.example', 'b.example'], 'each that fails is asked twice');
});

test('without a known address each gateway that a client names is asked, also one named meanwhile', async (t) => {
  setParameter('WASM_URL', undefined);
  const asked: string[] = [];
  let failFirst = () => {};
  t.mock.method(globalThis, 'fetch', async (url: string, { cache }: RequestInit) => {
    if (cache === 'default') asked.push(url);
    if (url.startsWith('https://b.example')) return new Response(wasm);
    await new Promise<void>((resolve) => (failFirst = resolve));
    return new Response('', { status: 404 });
  });
  await assert.rejects(loader.load(undefined), /^Error: call setParameter\('GATEWAY', url\)/);
  let loading = true;
  const loads = Promise.all([loader.load('wss://a.example/'), loader.load('https://b.example/x')]).finally(() => (loading = false));
  while (loading) {
    failFirst();
    await tick();
  }
  const [p, q] = await loads;
  assert.equal(p, q);
  assert.deepEqual(asked.map((url) => url.replace(/\/\w{16}\//, '/…/')), ['https://a.example/sdk/…/rtm.wasm', 'https://b.example/x/sdk/…/rtm.wasm']);
  await endOf(t, p, () => call(p, 'exit'));
  await assert.rejects(loader.load('ftp://x'), /must be an http or https address/);
});

test('a wrong MIME type still loads', async (t) => {
  setParameter('WASM_URL', `${URL_OF_WASM}?${++n}`);
  serve({ 'content-type': 'text/plain' });
  const p = await loader.load();
  await endOf(t, p, () => call(p, 'exit'));
});

test('a compiled module is taken as it is, and only one of this build', async (t) => {
  t.after(() => setParameter('WASM_MODULE', undefined));
  const fetched = serve({});
  setParameter('WASM_MODULE', await WebAssembly.compile(wasm));
  const p = await loader.load();
  assert.equal(call(p, 'echo', 'posted'), 'posted');
  await endOf(t, p, () => call(p, 'exit'));
  setParameter('WASM_MODULE', await WebAssembly.compile(Buffer.concat([wasm.subarray(0, -1), Buffer.from('?')])));
  await assert.rejects(loader.load(), /WASM_MODULE \(go.*\?\) does not belong to this script \(go/);
  assert.equal(fetched.mock.callCount(), 0);
  assert.throws(() => setParameter('WASM_MODULE', wasm), { name: 'RtmInvalidArgumentError', code: 1 });
});

test('with WASM_INTEGRITY the browser checks the file, and a cache gets a second chance', async (t) => {
  t.after(() => setParameter('WASM_INTEGRITY', undefined));
  for (const none of ['', 'x', 'sha1-abc', 'sha384', 7]) assert.throws(() => setParameter('WASM_INTEGRITY', none), { code: 1 }, String(none));
  setParameter('WASM_URL', `${URL_OF_WASM}?${++n}`);
  setParameter('WASM_INTEGRITY', 'sha384-abc=');
  const asked: unknown[] = [];
  let status = 200;
  t.mock.method(globalThis, 'fetch', async (_: string, { cache, integrity, method }: RequestInit) => {
    asked.push([cache, integrity ?? method]);
    if (method) return new Response(null, { status });
    throw new TypeError('Failed to fetch');
  });
  await assert.rejects(loader.load(), /have the integrity sha384-abc=/);
  assert.deepEqual(asked, [['default', 'sha384-abc='], ['reload', 'sha384-abc='], ['reload', 'HEAD']]);
  status = 404; // which no browser tells where the integrity is wrong
  await assert.rejects(loader.load(), /answered 404: rtm\.wasm is not there/);
});

test('without WebAssembly', async (t) => {
  const real = WebAssembly;
  t.after(() => Object.assign(globalThis, { WebAssembly: real }));
  Object.assign(globalThis, { WebAssembly: undefined });
  await assert.rejects(loader.load(), /no WebAssembly/);
});

test('two loads at once are one', async (t) => {
  setParameter('WASM_URL', `${URL_OF_WASM}?${++n}`);
  const fetched = serve({ 'content-type': 'application/wasm' });
  const [a, b] = await Promise.all([loader.load(), loader.load()]);
  assert.equal(a, b);
  assert.equal(fetched.mock.callCount(), 1);
  await endOf(t, a, () => call(a, 'exit'));
});
