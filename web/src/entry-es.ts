/** The ES build. */
import { home } from './address.ts';
import { besideModule } from './beside.ts';

home.wasm = besideModule;

export * from './index.ts';
export { default } from './index.ts';
