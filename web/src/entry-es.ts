/** The ES build: bundlers find the wasm by the literal new URL. */
import { home } from './address.ts';

home.wasm = () => new URL('./rtm.wasm', import.meta.url).href;

export * from './index.ts';
export { default } from './index.ts';
