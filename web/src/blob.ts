/** What Blobs are, and their bytes, in every kind of page. */

/**
 * Whether value is a Blob to the browser itself: one of another frame is; a Proxy of one, or
 * what only looks like one, would be sent as the text "[object Blob]".
 */
export function isBlob(value: unknown): value is Blob {
  try {
    return Reflect.get(Blob.prototype, 'size', value) >= 0;
  } catch {
    return false;
  }
}

/**
 * Reads all of a Blob. By FileReader, where there is one: the arrayBuffer of a Blob of a removed
 * frame never settles, and Firefox's does not say why a file can't be read.
 */
export function readBlob(blob: Blob): Promise<ArrayBuffer> {
  if (!globalThis.FileReader) return blob.arrayBuffer();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('loadend', () => {
      try {
        if (reader.error) reject(reader.error);
        // WebKit makes up zeros for what a file has no more, except in a Response. The core reads one byte to see whether it is there.
        else resolve(blob.size === 1 && globalThis.Response ? new Response(blob).arrayBuffer() : (reader.result as ArrayBuffer));
      } catch (error) {
        reject(error); // of a page that has changed FileReader
      }
    });
    reader.readAsArrayBuffer(blob);
  });
}
