/** Starts the program; one for the whole page, a new one after a crash. */
import { wasmUrl } from './address.ts';
import { checkPlatform, checkStamp, compile, explain } from './compile.ts';
import { getParameter } from './parameters.ts';
import { run, type Program } from './program.ts';

export interface Loader {
  /** The running program, if there is one. */
  current(): Program | undefined;
  /** The running program, or a new one. Rejects with an Error whose message names the cure; a later call tries again. */
  load(): Promise<Program>;
}

/** What setParameter was given, or the address of the wasm. */
type Source = WebAssembly.Module | string;

let running: Program | undefined;
let starting: { source: Source; program: Promise<Program> } | undefined;
let compiled: { source: Source; module: WebAssembly.Module } | undefined;

export const loader: Loader = {
  current: () => (running?.dead ? undefined : running),
  async load() {
    const source = findSource();
    if (running && !running.dead) return running;
    if (starting?.source !== source) {
      const mine = { source, program: start(source) };
      const forget = () => {
        if (starting === mine) starting = undefined;
      };
      starting = mine;
      mine.program.then(forget, forget);
    }
    return starting.program;
  },
};

function findSource(): Source {
  const module = getParameter('WASM_MODULE') as WebAssembly.Module | undefined;
  if (module) return module;
  const url = getParameter('WASM_URL');
  if (!url) throw new Error("the address of rtm.wasm is not known here: call setParameter('WASM_URL', url)");
  return wasmUrl(url);
}

async function start(source: Source): Promise<Program> {
  checkPlatform();
  const module = compiled?.source === source ? compiled.module
    : typeof source === 'string' ? await compile(source, getParameter('WASM_INTEGRITY') as string | undefined)
    : checkStamp(source, 'WASM_MODULE');
  const program = await run(module).catch((error) => {
    throw explain(error, typeof source === 'string' ? source : 'WASM_MODULE');
  });
  compiled = { source, module };
  return (running = program);
}
