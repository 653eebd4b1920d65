/** The ES build. */
import { home } from './address.ts';
import { besideModule, isGuess } from './beside.ts';

home.wasm = besideModule;
home.guess = isGuess;

export * from './index.ts';
export { default } from './index.ts';
