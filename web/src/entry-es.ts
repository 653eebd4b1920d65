/** The ES build. */
import { defaultAddresses } from './address.ts';
import { besideModule, isOwn } from './beside.ts';

defaultAddresses.wasm = besideModule;
defaultAddresses.own = isOwn;

export * from './index.ts';
export { default } from './index.ts';
