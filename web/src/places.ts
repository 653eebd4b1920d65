/** Where rtm.wasm may be, and in which order these places are tried. */
import { compile, isPolicy } from './compile.ts';

/** The address of rtm.wasm beside the script or the bundle. */
export interface Beside {
  url: string | undefined;
  /** Whether nobody knows if the file is there: bundlers leave the address as it is, and do not copy the file. */
  guess: boolean;
  integrity: string | undefined;
}

const program = RTM_STAMP.slice(-16);

/**
 * Compiles the first copy of rtm.wasm that can be had: the one beside the script, or else that of a gateway, whose address
 * names the program: gateways change more often than it does. Where the former is a guess it comes last: a missing file is
 * an error on the console of each page. `gateways` may grow meanwhile.
 */
export async function compileFirst({ url, guess, integrity }: Beside, gateways: Iterable<string>): Promise<WebAssembly.Module> {
  const failures = new Set<string>();
  const attempt = async (url: string, integrity?: string) => compile(url, integrity).catch((error) => {
    if (isPolicy(error)) throw error;
    failures.add(error.message);
  });
  let module = url && !guess && (await attempt(url, integrity));
  for (const gateway of gateways) module ||= await attempt(`${gateway}/sdk/${program}/rtm.wasm`, integrity ?? RTM_INTEGRITY);
  module ||= url && guess && (await attempt(url, integrity));
  if (module) return module;
  failures.add(`call setParameter('GATEWAY', url) for a gateway with the program ${program}, install the package of the gateway's version, or call setParameter('WASM_URL', url) for a copy of rtm.wasm`);
  throw new Error([...failures].join('; '));
}
