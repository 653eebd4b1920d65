/** The SHA-256 of a Blob's parts, for the Go program's global object. */

/** Gives the digests of parts of `part` bytes each, the last one shorter, one behind the other. */
export type Sha256 = (blob: Blob, part: number) => Promise<Uint8Array>;

/** From this size, in bytes, a worker hashes: on the page 30 MiB are tasks of more than 50 ms. */
const LARGE = 1 << 20;

/** So long after its last answer the worker ends: milliseconds. To start one takes longer than to hash some MiB. */
const IDLE = 10_000;

/** Chromium collects a reader that only its own pending read leads to: then nobody is answered. */
type Held = Set<unknown>;

/**
 * Runs on the page and, by its source, in the worker. A build of the application may have
 * rewritten it to call what is not there: then the worker can't, and the page does it.
 * What `held` has is not collected.
 */
async function sums(blob: Blob, part: number, held: Held, read: (blob: Blob) => Promise<ArrayBuffer>): Promise<Uint8Array> {
  const out = new Uint8Array(Math.ceil(blob.size / part) * 32);
  const sum = async (i: number, bytes: Uint8Array<ArrayBuffer>) => out.set(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), i * 32);
  let stream, reader, whole;
  try { // to read it as a whole costs as much as to hash it: fresh memory for all of it
    if (blob.size > part && globalThis.ReadableStreamBYOBReader) { // Safari has none, and reads all that it makes a stream of
      stream = blob.stream();
      reader = stream.getReader({ mode: 'byob' });
    }
  } catch {
    void stream?.cancel();
  }
  if (!reader) whole = new Uint8Array(await read(blob));
  // As large as the Blob, though only its first part is touched: a browser counts buffers, not Blobs, and so collects both in time.
  let buffer = new ArrayBuffer(reader ? blob.size : 0);
  let before;
  held.add(reader);
  try {
    for (let i = 0; i * part < blob.size; i++) {
      const size = Math.min(part, blob.size - i * part);
      for (let at = 0; reader && at < size; ) {
        const { value, done } = await reader.read(new Uint8Array(buffer, at, size - at));
        if (done) throw new Error('the Blob is shorter than it was');
        buffer = value.buffer as ArrayBuffer;
        at += value.length;
      }
      const next = sum(i, whole ? whole.subarray(i * part, i * part + size) : new Uint8Array(buffer, 0, size)); // its input is copied by now
      next.catch(() => {}); // awaited below, but maybe late
      await before; // two at a time: each copy takes memory
      before = next;
    }
    await before;
    return out;
  } finally {
    held.delete(reader);
  }
}

/** `read` reads all of a Blob. Undefined where the page has no SHA-256: browsers keep it from pages that came over plain http. */
export function makeSha256(read: (blob: Blob) => Promise<ArrayBuffer>): Sha256 | undefined {
  if (!globalThis.crypto?.subtle) return undefined;
  let workers = typeof Worker === 'function';
  const lanes = [new HashWorker(), new HashWorker()];
  const held: Held = new Set();
  return async (blob, part) => {
    if (blob.size >= LARGE && workers) {
      const free = lanes.find((lane) => !lane.busy) ?? lanes[0]!; // two pieces come at a time (core/download.go)
      const out = await free.sums(blob, part);
      if (out) return out;
      workers = false; // forbidden by the page's Content-Security-Policy (worker-src blob:), most likely
    }
    return sums(blob, part, held, read);
  };
}

/** A worker that is there while it has something to do. */
class HashWorker {
  private worker?: Worker | undefined;
  private last = 0;
  private readonly waiting = new Map<number, (sums?: Uint8Array) => void>();
  private idle?: ReturnType<typeof setTimeout>;

  get busy(): boolean {
    return this.waiting.size > 0;
  }

  /** Undefined if it can't. */
  sums(blob: Blob, part: number): Promise<Uint8Array | undefined> {
    clearTimeout(this.idle);
    return new Promise((resolve) => {
      this.waiting.set(++this.last, resolve);
      try {
        this.worker ??= this.start();
        this.worker.postMessage([this.last, blob, part]);
      } catch {
        this.end();
      }
    });
  }

  private start(): Worker {
    // Compilers leave it as it is, so it is ES2017 already.
    const source = `const sums=${sums},held=new Set;onmessage=async({data:[id,blob,part]})=>{let out;try{out=await sums(blob,part,held,(blob)=>blob.arrayBuffer())}catch(e){}postMessage([id,out])}`;
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    try {
      const worker = new Worker(url);
      worker.onmessage = ({ data: [id, sums] }) => {
        this.waiting.get(id)?.(sums);
        this.waiting.delete(id);
        if (!this.waiting.size) this.idle = setTimeout(() => this.end(), IDLE);
      };
      worker.onerror = (e) => {
        e.preventDefault(); // it is no error of the page
        this.end();
      };
      return worker;
    } finally {
      setTimeout(() => URL.revokeObjectURL(url), IDLE); // it has begun to load by then
    }
  }

  private end(): void {
    this.worker?.terminate();
    this.worker = undefined;
    for (const answer of this.waiting.values()) answer();
    this.waiting.clear();
  }
}
