/** Where rtm.wasm may be, and in which order these places are tried. */
import { compile, isPolicy } from './compile.ts';

/** The address of rtm.wasm beside the script or the bundle. */
export interface Beside {
  url: string | undefined;
  /** Whether the script itself is known to come from there. */
  own: boolean;
  integrity: string | undefined;
}

const program = RTM_STAMP.slice(-16);

/**
 * Compiles the first copy of rtm.wasm that it can load: the one beside the script, or else that of a gateway. The address at a
 * gateway has the hash of the program, because gateways change more often than the program. If the bundler may not have copied the
 * file beside the script, that place is tried last, because a missing file is an error on each page's console. `gateways` may
 * grow meanwhile. A copy from another place than the script's own must be the file that the script was built with.
 */
export async function compileFirst({ url, own, integrity }: Beside, gateways: Set<string>): Promise<WebAssembly.Module> {
  const failures = new Set<string>();
  const guess = !own && /\/rtm\.wasm\b/.test(url!);
  for (let n = 0, left = !!url; ; ) {
    const gateway = [...gateways][n];
    const here = left && !(guess && gateway);
    if (!here && !gateway) break;
    if (here) left = false;
    else n++;
    try {
      return await compile(here ? url! : `${gateway}/sdk/${program}/rtm.wasm`, integrity ?? (here && own ? undefined : RTM_INTEGRITY));
    } catch (error) {
      if (isPolicy(error)) throw error;
      failures.add((error as Error).message);
    }
  }
  failures.add(`call setParameter('GATEWAY', url) for a gateway with the program ${program}, install the package of the gateway's version, or call setParameter('WASM_URL', url) for a copy of rtm.wasm`);
  throw new Error([...failures].join('; '));
}
