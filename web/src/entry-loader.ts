/** rtm-wasm/loader: compiles the wasm once, so that a page and its workers can share it. */
import { gatewayUrl, pageBase } from './address.ts';
import { besideModule, isOwn } from './beside.ts';
import { compile as compileFrom } from './compile.ts';
import { compileFirst } from './places.ts';

/** See package/loader.d.ts. */
export async function compile({ url, integrity, gateway }: { url?: string | URL; integrity?: string; gateway?: string } = {}): Promise<WebAssembly.Module> {
  if (url) return compileFrom(new URL(url, pageBase()).href, integrity);
  return compileFirst({ url: besideModule(), own: isOwn(), integrity }, new Set(gateway ? [gatewayUrl(gateway)] : []));
}
