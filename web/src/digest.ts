/** The SHA-256 of a Blob, for the Go program's global object. */

export type Sha256 = (blob: Blob) => Promise<Uint8Array>;

/** From this size, in bytes, a worker hashes: on the page 30 MiB are a task of 50 ms. */
const LARGE = 1 << 20;

const SOURCE = `onmessage=async(e)=>{try{postMessage(await crypto.subtle.digest('SHA-256',await e.data.arrayBuffer()))}catch{postMessage(0)}}`;

/** Undefined where the page has no SHA-256: browsers keep it from pages that came over plain http. */
export function makeSha256(): Sha256 | undefined {
  const subtle = globalThis.crypto?.subtle;
  let workers = typeof Worker === 'function';
  const digest = async (blob: Blob) => {
    if (blob.size >= LARGE && workers) {
      const sum = await inWorker(blob);
      if (sum) return sum;
      workers = false; // forbidden by the page's Content-Security-Policy (worker-src blob:), most likely
    }
    return subtle.digest('SHA-256', await blob.arrayBuffer());
  };
  return subtle && (async (blob) => new Uint8Array(await digest(blob)));
}

/** Hashes in a worker of its own, whose end gives the memory back at once. */
async function inWorker(blob: Blob): Promise<ArrayBuffer | undefined> {
  const url = URL.createObjectURL(new Blob([SOURCE], { type: 'text/javascript' }));
  let worker: Worker | undefined;
  try {
    return await new Promise((resolve, reject) => {
      worker = new Worker(url);
      worker.onmessage = (e) => resolve(e.data || undefined);
      worker.onerror = (e) => {
        e.preventDefault(); // it is no error of the page
        reject();
      };
      worker.postMessage(blob);
    });
  } catch {
    return undefined;
  } finally {
    worker?.terminate();
    URL.revokeObjectURL(url);
  }
}
