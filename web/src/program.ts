/**
 * One run of the Go program. It has its own global object, so that none of its names appear on the
 * page. JavaScript gets no event when Go ends, so each call into Go checks for it. After the
 * end, the sockets and requests of the program are closed, and it is never called again.
 */
import wasmExec, { type Go } from 'wasm_exec';
import { readBlob } from './blob.ts';
import type { Core } from './bridge.ts';
import { makeSha256 } from './digest.ts';
import { fetchBlob } from './fetchblob.ts';
import { getParameter } from './parameters.ts';

export interface Program {
  readonly core: Core;
  /** True from the moment the program ends; onDeath follows in a microtask. */
  readonly dead: boolean;
  readonly onDeath: Set<() => void>;
}

/** Logs errors of the SDK that do not belong to a client. */
export const STOPPED = "the SDK's core stopped; the next login starts a new one";

/** The names that Go and package jsbridge look up in their global object. */
const CLASSES = ['Object', 'Array', 'Uint8Array', 'Error', 'Promise', 'Date', 'Blob', 'console', 'Worker', 'URL', 'document'] as const;
const FUNCTIONS = ['setTimeout', 'clearTimeout', 'createImageBitmap', 'fetch', 'addEventListener', 'removeEventListener'] as const;

/**
 * Where these functions of wasm_exec.js leave their result on Go's stack. What a call throws they
 * give to Go; what a getter or setter throws would tear through Go's stack and end the program.
 */
const RESULTS = { valueGet: 32, valueIndex: 24, valueLength: 16, valueSet: 0 };

type Closable = WebSocket | XMLHttpRequest | { abort(): void };

/** Runs a compiled program until it has published its core. */
export async function run(module: WebAssembly.Module): Promise<Program> {
  const open = new Set<Closable>();
  const onDeath = new Set<() => void>();
  let dead = false;
  let output = '';

  const scope = makeScope(open);
  scope.pictures = WebAssembly.Module.customSections(module, 'pictures'); // see web/build/wasm.mjs
  const GoClass = wasmExec(scope, Object.assign({}, console, {
    // Output of the program: logged once, together with its end if it ends.
    log(text: string) {
      if (!output) soon(flush);
      output += '\n' + text;
    },
  }));
  const flush = () => {
    if (output && !dead) console.error('RTM:' + output);
    if (!dead) output = '';
  };
  const go: Go = new GoClass();

  guard(go);

  return new Promise<Program>((resolve, reject) => {
    const die = (cause?: unknown) => {
      if (dead) return;
      dead = true;
      soon(() => stopTimers(go));
      for (const one of open) close(one);
      soon(() => console.error(`RTM: ${STOPPED}.${output}`, ...(cause ? [cause] : [])));
      soon(() => reject(cause ?? new Error('it ended at once')));
      for (const tell of onDeath) soon(tell);
    };
    const resume = go._resume;
    go._resume = () => {
      if (dead) return; // late calls of timers, sockets and requests
      try {
        resume.call(go);
      } catch (error) {
        die(error);
      }
    };
    go.exit = () => die();
    scope.rtmwasm = (core: Core) => resolve({ core, onDeath, get dead() { return dead; } });
    WebAssembly.instantiate(module, go.importObject).then((instance) => go.run(instance).catch(die), reject);
  });
}

/** Runs it in a microtask of its own: if it throws, since the page has patched what it calls, the others still run. */
function soon(run: () => void): void {
  void Promise.resolve().then(run);
}

/** For Go, a property that throws is undefined. */
function guard(go: Go): void {
  const imports = go.importObject.gojs as Record<string, (sp: number) => void>;
  for (const [name, result] of Object.entries(RESULTS)) {
    const original = imports[`syscall/js.${name}`]!;
    imports[`syscall/js.${name}`] = (sp) => {
      try {
        original(sp);
      } catch {
        if (result) go.mem.setFloat64((go._inst.exports.getsp() >>> 0) + result, 0, true); // undefined, or the length 0
      }
    };
  }
}

/** Without its timers, wasm_exec.js can't call a dead program again, and again. */
function stopTimers(go: Go): void {
  for (const timer of go._scheduledTimeouts.values()) clearTimeout(timer);
  go._scheduledTimeouts.clear();
}

function close(one: Closable): void {
  try {
    if ('abort' in one) one.abort();
    else one.close();
  } catch {
    // The page has patched it. The others must be closed all the same.
  }
}

function makeScope(open: Set<Closable>): Record<string, unknown> {
  const page = globalThis as unknown as Record<string, any>;
  const scope: Record<string, unknown> = {};
  for (const name of CLASSES) scope[name] = page[name];
  for (const name of FUNCTIONS) scope[name] = page[name]?.bind?.(page);
  // Bound now, so that later changes of the page's classes do not affect Go.
  const bind = (object: any, name: string) => ({ [name]: object[name].bind(object) });
  scope.crypto = bind(page.crypto, 'getRandomValues');
  scope.performance = bind(performance, 'now');
  scope.TextEncoder = function () { return bind(new TextEncoder(), 'encode'); };
  scope.TextDecoder = function () { return bind(new TextDecoder('utf-8', { ignoreBOM: true }), 'decode'); }; // else it takes U+FEFF away
  scope.readBlob = readBlob;
  scope.sha256 = getParameter('VERIFY_MEDIA') === false ? undefined : makeSha256(readBlob);
  scope.fetchBlob = (...args: Parameters<typeof fetchBlob>) => {
    const job = fetchBlob(...args);
    const forget = () => open.delete(job);
    open.add(job);
    job.response.then(forget, forget);
    return job;
  };
  scope.WebSocket = tracked('WebSocket', 'close', open);
  scope.XMLHttpRequest = tracked('XMLHttpRequest', 'loadend', open);
  return scope;
}

/** A constructor of the page's class that keeps what it makes in `open` until `end` happens. */
function tracked(name: 'WebSocket' | 'XMLHttpRequest', end: string, open: Set<Closable>): unknown {
  return function (...args: unknown[]): Closable {
    const made: WebSocket | XMLHttpRequest = new (globalThis as any)[name](...args);
    open.add(made);
    made.addEventListener(end, () => open.delete(made));
    return made;
  };
}
