/** Where rtm.wasm is for an ES module: beside it, and bundlers find it by the literal new URL. */
export function besideModule(): string | undefined {
  try {
    return new URL('./rtm.wasm', import.meta.url).href;
  } catch {
    return undefined; // bundled into a classic script, which has no import.meta.url
  }
}

/** Whether that is beside this module. In a bundle it is what the bundler's own code makes of the page. */
export function isOwn(): boolean {
  return `${import.meta.url}`.replace(/\/(rtm|loader)\.mjs\b.*/, '/rtm.wasm') === besideModule();
}
