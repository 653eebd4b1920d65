/** CommonJS: bundled, the wasm is where the bundle is; else beside the page. */
import { home, pageBase } from './address.ts';

/** The bundle's own element, seen while it ran. */
declare const RTM_SCRIPT: HTMLScriptElement | null | undefined;

const src = (RTM_SCRIPT && RTM_SCRIPT.src) || pageBase();
if (src) home.wasm = () => new URL('rtm.wasm', src).href;

export * from './index.ts';
export { default } from './index.ts';
