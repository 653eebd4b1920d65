/** rtm-wasm/loader: the wasm compiled once, for pages and workers to share. */
import { pageBase } from './address.ts';
import { besideModule } from './beside.ts';
import { compile as compileFrom } from './compile.ts';

/** See package/loader.d.ts. */
export async function compile({ url = besideModule(), integrity }: { url?: string | URL; integrity?: string } = {}): Promise<WebAssembly.Module> {
  if (!url) throw new Error('the address of rtm.wasm is not known here: call compile({ url })');
  return compileFrom(new URL(url, pageBase()).href, integrity);
}
