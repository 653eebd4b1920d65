/** The ES build. */
import { home } from './address.ts';
import { besideModule, isOwn } from './beside.ts';

home.wasm = besideModule;
home.own = isOwn;

export * from './index.ts';
export { default } from './index.ts';
