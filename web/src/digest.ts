/** The SHA-256 of a Blob's parts, for the Go program's global object. */

/** Returns the digests of parts of `part` bytes, one after the other. The last part may be shorter. */
export type Sha256 = (blob: Blob, part: number) => Promise<Uint8Array>;

/** From this size on, in bytes, a worker hashes: on the page 30 MiB would block it for more than 50 ms at a time. */
const LARGE = 1 << 20;

/** How long after its last answer the worker ends, in ms. Starting a worker takes longer than hashing some MiB. */
const IDLE = 10_000;

/** Keeps readers alive: Chromium collects a reader that only its own pending read refers to, and the read never settles. */
type Held = Set<unknown>;

/**
 * Runs on the page and, from its source text, in the worker. The application's build may have
 * rewritten it to use names that the worker does not have: then the worker fails and the page does the work.
 * Objects in `held` are not collected.
 */
async function sums(blob: Blob, part: number, held: Held, read: (blob: Blob) => Promise<ArrayBuffer>): Promise<Uint8Array> {
  const out = new Uint8Array(Math.ceil(blob.size / part) * 32);
  const sum = async (i: number, bytes: Uint8Array<ArrayBuffer>) => out.set(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), i * 32);
  let stream, reader, whole;
  try { // reading all at once costs as much as hashing, because it needs new memory for the complete Blob
    if (blob.size > part && globalThis.ReadableStreamBYOBReader) { // Safari has no such reader, and reads a Blob completely when it makes a stream
      stream = blob.stream();
      reader = stream.getReader({ mode: 'byob' });
    }
  } catch {
    void stream?.cancel();
  }
  if (!reader) whole = new Uint8Array(await read(blob));
  // As large as the Blob, although only its first part is used: browsers count the size of buffers, not of Blobs, so this makes them collect both soon.
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

/** `read` reads a complete Blob. Returns undefined if the page has no SHA-256: pages loaded over plain http do not have it. */
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

/** A worker that is started when there is work, and ended when it is idle. */
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
