/** Where rtm.wasm is for an ES module: beside it, and bundlers find it by the literal new URL. */
export function besideModule(): string | undefined {
  try {
    return new URL('./rtm.wasm', import.meta.url).href;
  } catch {
    return undefined; // bundled into a classic script, which knows no address of its own
  }
}
