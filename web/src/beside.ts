/** Where rtm.wasm is for an ES module: beside it, and bundlers find it by the literal new URL. */
export function besideModule(): string | undefined {
  try {
    return new URL('./rtm.wasm', import.meta.url).href;
  } catch {
    return undefined; // bundled into a classic script, which knows no address of its own
  }
}

/** Whether a bundler has left the address as it is: then it is beside the bundle, where nobody need have put the file. */
export function isGuess(): boolean {
  return !/\/(rtm|loader)\.mjs\b/.test(import.meta.url) && /\/rtm\.wasm$/.test(besideModule() ?? '/rtm.wasm');
}
