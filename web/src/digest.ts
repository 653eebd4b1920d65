/**
 * The SHA-256 of a Blob, undefined where the page has none: browsers keep it from pages
 * that came over plain http. It holds no thread up: reading and hashing are the browser's
 * own work, beside the page.
 */
export function makeSha256(): ((blob: Blob) => Promise<Uint8Array>) | undefined {
  const subtle = globalThis.crypto?.subtle;
  return subtle && (async (blob) => new Uint8Array(await subtle.digest('SHA-256', await blob.arrayBuffer())));
}
