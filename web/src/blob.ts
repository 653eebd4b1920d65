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

/** Reads all of a Blob. jsdom's Blobs, and those of old browsers, have no arrayBuffer. */
export async function readBlob(blob: Blob): Promise<ArrayBuffer> {
  if (blob.arrayBuffer) return blob.arrayBuffer();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as ArrayBuffer);
    reader.onerror = () => reject(reader.error);
    reader.readAsArrayBuffer(blob);
  });
}
