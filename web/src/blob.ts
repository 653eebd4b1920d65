/** Recognises Blobs and reads their bytes, in every kind of page. */

/**
 * Whether value is a Blob for the browser itself. A Blob of another frame is one. A Proxy of a Blob, or an
 * object that only looks like one, is not: browsers would send it as the text "[object Blob]".
 */
export function isBlob(value: unknown): value is Blob {
  try {
    return Reflect.get(Blob.prototype, 'size', value) >= 0;
  } catch {
    return false;
  }
}

/**
 * Reads a complete Blob, with FileReader if the page has it: arrayBuffer() never settles for a Blob of a
 * removed frame, and in Firefox it does not say why a file cannot be read.
 */
export function readBlob(blob: Blob): Promise<ArrayBuffer> {
  if (!globalThis.FileReader) return blob.arrayBuffer();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('loadend', () => {
      try {
        if (reader.error) reject(reader.error);
        // If a file has become shorter, WebKit returns zeros for the missing bytes, except in a Response. The core reads one byte to check for that.
        else resolve(blob.size === 1 && globalThis.Response ? new Response(blob).arrayBuffer() : (reader.result as ArrayBuffer));
      } catch (error) {
        reject(error); // the page has changed FileReader
      }
    });
    reader.readAsArrayBuffer(blob);
  });
}
