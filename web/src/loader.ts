/** Fetches, compiles and starts the program; one for the whole page, a new one after a crash. */
import { wasmUrl } from './address.ts';
import { getParameter } from './parameters.ts';
import { run, type Program } from './program.ts';

export interface Loader {
  /** The running program, if there is one. */
  current(): Program | undefined;
  /** The running program, or a new one. Rejects with an Error whose message names the cure; a later call tries again. */
  load(): Promise<Program>;
}

let running: Program | undefined;
let starting: { url: string; program: Promise<Program> } | undefined;
let compiled: { url: string; module: WebAssembly.Module } | undefined;

export const loader: Loader = {
  current: () => (running?.dead ? undefined : running),
  async load() {
    const url = address();
    if (running && !running.dead) return running;
    if (starting?.url !== url) {
      const mine = { url, program: start(url) };
      const forget = () => {
        if (starting === mine) starting = undefined;
      };
      starting = mine;
      mine.program.then(forget, forget);
    }
    return starting.program;
  },
};

function address(): string {
  const url = getParameter('WASM_URL');
  if (!url) throw new Error("the address of rtm.wasm is not known here: call setParameter('WASM_URL', url)");
  return wasmUrl(url);
}

async function start(url: string): Promise<Program> {
  if (typeof WebAssembly !== 'object') {
    throw new Error('this browser has no WebAssembly, or has it switched off (iOS Lockdown Mode does)');
  }
  const module = compiled?.url === url ? compiled.module : await compile(url);
  const program = await run(module).catch((error) => {
    throw explain(error, url);
  });
  compiled = { url, module };
  return (running = program);
}

async function compile(url: string, cache: RequestCache = 'default'): Promise<WebAssembly.Module> {
  const response = await fetch(url, { cache }).catch((error) => {
    throw wrap(`${url} could not be fetched: is the address right, the server up, and allowed by CORS and by connect-src of the Content-Security-Policy?`, error);
  });
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}: put rtm.wasm beside the script, or call setParameter('WASM_URL', url)`);
  }
  const streams = typeof WebAssembly.compileStreaming === 'function' && /^application\/wasm\b/.test(response.headers.get('content-type') ?? '');
  let module;
  try {
    module = await (streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer()));
  } catch (error) {
    throw explain(error, url);
  }
  const stamp = stampOf(module);
  if (stamp === RTM_STAMP) return module;
  if (cache === 'default') return compile(url, 'reload'); // perhaps a cache still has that of the last deployment
  throw new Error(`${url} (${stamp}) does not belong to this script (${RTM_STAMP}): deploy both files of one build`);
}

/** Script and wasm of different builds need not understand each other. A program built by other means has no stamp, and is taken. */
function stampOf(module: WebAssembly.Module): string {
  const [section] = WebAssembly.Module.customSections(module, 'rtm');
  return section ? new TextDecoder().decode(section) : RTM_STAMP;
}

function explain(error: unknown, url: string): Error {
  if (/unsafe-eval|content security policy|\bCSP\b/i.test(String(error))) {
    return wrap("the page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src", error);
  }
  if (/CompileError/.test(String(error))) {
    return wrap(`${url} is not a WebAssembly file: does the server answer with a page where the file is missing?`, error);
  }
  return wrap(`${url} could not be started: ${error}`, error);
}

function wrap(text: string, cause: unknown): Error {
  return Object.assign(new Error(text), { cause });
}
