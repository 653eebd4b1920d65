/** Starts the program: one for the page, and a new one after a crash. */
import { gatewayUrl, defaultAddresses } from './address.ts';
import { checkPlatform, checkStamp, compile, explain } from './compile.ts';
import { getParameter, given } from './parameters.ts';
import { compileFirst } from './places.ts';
import { run, type Program } from './program.ts';

export interface Loader {
  /** The running program, if there is one. */
  current(): Program | undefined;
  /**
   * The running program, or a new one. `gateway`, or else the parameter, is asked for the wasm if it is not beside the script.
   * Rejects with an Error whose message says what to do. A later call tries again.
   */
  load(gateway?: unknown): Promise<Program>;
}

/** What setParameter was given, or nothing. */
type Source = WebAssembly.Module | string;

let running: Program | undefined;
let starting: { source: Source; gateways: Set<string>; program: Promise<Program> } | undefined;
let compiled: { source: Source; module: WebAssembly.Module } | undefined;

export const loader: Loader = {
  current: () => (running?.dead ? undefined : running),
  async load(gateway) {
    const source = findSource();
    if (running && !running.dead) return running;
    gateway ??= getParameter('GATEWAY');
    const added = gateway == null ? [] : [gatewayUrl(gateway)];
    if (starting?.source !== source) {
      const gateways = new Set(added);
      const mine = { source, gateways, program: start(source, gateways) };
      const forget = () => {
        if (starting === mine) starting = undefined;
      };
      starting = mine;
      mine.program.then(forget, forget);
    }
    for (const url of added) starting.gateways.add(url);
    return starting.program;
  },
};

function findSource(): Source {
  return (given('WASM_MODULE') ?? given('WASM_URL') ?? '') as Source;
}

async function start(source: Source, gateways: Set<string>): Promise<Program> {
  checkPlatform();
  const module = compiled?.source === source ? compiled.module : await getModule(source, gateways);
  const program = await run(module).catch((error) => {
    throw explain(error, typeof source === 'string' ? source || 'rtm.wasm' : 'WASM_MODULE');
  });
  compiled = { source, module };
  return (running = program);
}

async function getModule(source: Source, gateways: Set<string>): Promise<WebAssembly.Module> {
  if (typeof source !== 'string') return checkStamp(source, 'WASM_MODULE');
  const integrity = getParameter('WASM_INTEGRITY') as string | undefined;
  if (source) return compile(source, integrity); // the application's choice
  return compileFirst({ url: defaultAddresses.wasm(), own: defaultAddresses.own(), integrity }, gateways);
}
