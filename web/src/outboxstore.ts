/** What an outbox keeps in IndexedDB: its items with their Blobs, the numbers of its messages, and what the gateway is to forget. */

/** A Blob as it is kept: a thumbnail always, and what is uploaded where the browser keeps no Blobs. */
interface Bytes {
  bytes: ArrayBuffer;
  type: string;
}

/** An item as it is kept. */
export interface Kept {
  /** Given by the store; rises. */
  id: number;
  /** Gateway, app and user that the item belongs to. */
  account: string;
  peerId?: string;
  channelId?: string;
  /** Unix time, in ms. */
  createdAt: number;
  /** The application's own name for it. */
  tag?: string;
  /** What it counts for the cap, in bytes. */
  size: number;
  options: SendOptions;
  /** What is uploaded, and its params; absent of a message without an upload. */
  payload?: Blob;
  params?: Record<string, unknown>;
  /** By which the gateway knows the upload. */
  nonce?: string;
  /** What is sent; of an upload from the moment when it is done. */
  message?: Record<string, unknown>;
  /** By which the gateway and the receiver know the message, see wire.Send. Kept before it is sent. */
  origin?: number;
  number?: number;
  failure?: KeptFailure | undefined;
}

export interface SendOptions {
  enableOfflineMessaging: boolean;
  enableHistoricalMessaging: boolean;
}

/** An error as it is kept. */
export interface KeptFailure {
  name: string;
  code: number | undefined;
  message: string;
}

/** An upload whose item is gone, and that the gateway may still have. */
interface Removal {
  account: string;
  nonce: string;
}

const NAME = 'rtm-outbox';
/** 2: with removals. */
const VERSION = 2;
/** How long the database may take to open, in ms. Some browsers never answer. */
const OPEN_LIMIT = 20_000;
/** Numbers below 2^53 pass to Go exactly. */
const MOST = Number.MAX_SAFE_INTEGER;

type Stores = Record<'items' | 'counters' | 'removals', IDBObjectStore>;

export class Store {
  private _db: Promise<IDBDatabase> | undefined;

  /** Adds an item; `mayAdd` gets the bytes and the number of all items there are, and throws to refuse. */
  async add(item: Omit<Kept, 'id'>, mayAdd: (bytes: number, items: number) => void): Promise<number> {
    const write = (value: unknown) => this._run<number>('readwrite', async ({ items }) => {
      const all = await done<Kept[]>(items.getAll());
      mayAdd(all.reduce((sum, { size }) => sum + size, 0), all.length);
      return done(items.add(value)) as Promise<number>;
    });
    const frozen = await freeze(item);
    try {
      return await write(frozen);
    } catch (error) {
      if (!item.payload || isFull(error) || (error as Error).name.startsWith('Rtm')) throw error;
      return write({ ...frozen, payload: await toBytes(item.payload) }); // it may keep no Blobs, as WebKit, and private windows
    }
  }

  async list(account: string): Promise<Kept[]> {
    const all = await this._run<Kept[]>('readonly', ({ items }) => done(items.index('account').getAll(account)));
    return Promise.all(all.map(thaw));
  }

  async get(id: number): Promise<Kept | undefined> {
    const item = await this._run<Kept | undefined>('readonly', ({ items }) => done(items.get(id)));
    return item && thaw(item);
  }

  /** Changes an item that is still there, other than its payload. Returns whether it is. With another nonce, the former upload is to be removed. */
  async update(id: number, change: Omit<Partial<Kept>, 'payload'>): Promise<boolean> {
    const frozen = await freeze(change);
    return this._run('readwrite', async ({ items, removals }) => {
      const item = await done<Kept | undefined>(items.get(id));
      if (!item) return false;
      if (change.nonce) await noteRemoval(removals, item);
      await done(items.put(Object.assign(item, frozen)));
      return true;
    });
  }

  /** Gives an item its number, higher than that of any other, unless it has one that is still good. Undefined: it is gone. */
  number(id: number): Promise<{ origin: number; number: number } | undefined> {
    return this._run('readwrite', async ({ items, counters }) => {
      const item = await done<Kept | undefined>(items.get(id));
      if (!item) return undefined;
      const counter = (await done<{ origin: number; number: number } | undefined>(counters.get(0))) ?? { origin: Math.ceil(Math.random() * MOST), number: 0 };
      // The gateway and receivers remember the latest 64 numbers.
      if (item.origin === counter.origin && counter.number - item.number! < 60) return { origin: item.origin!, number: item.number! };
      counter.number++;
      await done(counters.put(counter, 0));
      await done(items.put(Object.assign(item, counter)));
      return counter;
    });
  }

  /** Removes an item. Its upload, unless it is done, is to be removed too. */
  remove(id: number): Promise<void> {
    return this._run('readwrite', async ({ items, removals }) => {
      const item = await done<Kept | undefined>(items.get(id));
      if (item) await noteRemoval(removals, item);
      await done(items.delete(id));
    });
  }

  /** The nonces of uploads that the gateway is to forget. */
  async removals(account: string): Promise<string[]> {
    const all = await this._run<Removal[]>('readonly', ({ removals }) => done(removals.getAll()));
    return all.filter((removal) => removal.account === account).map(({ nonce }) => nonce);
  }

  /** Removes all of an account. Returns the nonces of uploads that the gateway may still have. */
  clear(account: string): Promise<string[]> {
    return this._run('readwrite', async ({ items, removals }) => {
      const all = await done<Kept[]>(items.index('account').getAll(account));
      const noted = (await done<Removal[]>(removals.getAll())).filter((removal) => removal.account === account);
      for (const { id } of all) await done(items.delete(id));
      for (const { nonce } of noted) await done(removals.delete(nonce));
      return [...noted, ...all.filter(isUnfinished)].map(({ nonce }) => nonce!);
    });
  }

  /** The gateway has forgotten an upload. */
  removed(nonce: string): Promise<void> {
    return this._run('readwrite', ({ removals }) => done(removals.delete(nonce)));
  }

  /** Lets go of the database; what comes later fails. */
  close(): void {
    const db = this._db;
    this._db = Promise.reject(new Error('the outbox is closed'));
    this._db.catch(() => {});
    db?.then((db) => db.close(), () => {});
  }

  private async _run<T>(mode: IDBTransactionMode, work: (stores: Stores) => Promise<T>): Promise<T> {
    const db = await this._open();
    // Strict: what is answered is on the disk.
    const names = ['items', 'counters', 'removals'] as const;
    const transaction = (db as any).transaction(names, mode, { durability: 'strict' }) as IDBTransaction;
    const over = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('the transaction was aborted'));
    });
    over.catch(() => {});
    try {
      const result = await work(Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)])) as Stores);
      await over;
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It is over.
      }
      throw error;
    }
  }

  private _open(): Promise<IDBDatabase> {
    if (this._db) return this._db;
    const opening = new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(NAME, VERSION);
      let problem = `IndexedDB has not answered for ${OPEN_LIMIT / 1000} s`;
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        reject(new Error(problem));
      }, OPEN_LIMIT);
      // The other tab closes its connection when it is asked to. It may be suspended, or be in the middle of a write.
      request.onblocked = () => (problem = 'another tab has the outbox of an earlier version of the SDK open: close or reload it');
      request.onupgradeneeded = ({ oldVersion }) => {
        const { result: db } = request;
        if (oldVersion < 1) {
          db.createObjectStore('items', { keyPath: 'id', autoIncrement: true }).createIndex('account', 'account');
          db.createObjectStore('counters');
        }
        db.createObjectStore('removals', { keyPath: 'nonce' });
      };
      request.onerror = () => {
        clearTimeout(timer);
        reject(request.error!.name === 'VersionError' ? new Error('another tab has loaded a later version of the SDK: reload the page') : request.error);
      };
      request.onsuccess = () => {
        clearTimeout(timer);
        const db = request.result;
        if (late) return db.close(); // whoever needed it has an error, and the next call opens it again
        const forget = () => {
          this._db = undefined;
        };
        db.onversionchange = () => {
          db.close();
          forget();
        };
        db.onclose = forget;
        resolve(db);
      };
    }).catch((error) => {
      if (this._db === opening) this._db = undefined; // the next call tries again, unless the store was closed
      throw error;
    });
    return (this._db = opening);
  }
}

/** 18 random bytes in Base64. */
export function newNonce(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))));
}

/** Notes that the gateway is to forget the upload of an item, unless it is done. */
async function noteRemoval(removals: IDBObjectStore, item: Kept): Promise<void> {
  if (isUnfinished(item)) await done(removals.put({ account: item.account, nonce: item.nonce } as Removal));
}

/** Whether an item has an upload that is not done. */
function isUnfinished({ nonce, message }: Kept): boolean {
  return !!nonce && !message;
}

export function isFull(error: unknown): boolean {
  return (error as Error | undefined)?.name === 'QuotaExceededError';
}

function done<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A copy whose thumbnails went through `f`. */
async function convert(item: any, f: (value: any) => any): Promise<any> {
  const copy = { ...item };
  for (const key of ['params', 'message']) if (copy[key]?.thumbnail) copy[key] = { ...copy[key], thumbnail: await f(copy[key].thumbnail) };
  return copy;
}

async function toBytes(blob: Blob): Promise<Bytes> {
  return { bytes: await new Response(blob).arrayBuffer(), type: blob.type };
}

function toBlob(value: Blob | Bytes): Blob {
  return value instanceof Blob ? value : new Blob([value.bytes], { type: value.type });
}

/** As it is kept. Thumbnails are small, and bytes are kept by every browser. */
function freeze(item: object): Promise<any> {
  return convert(item, toBytes);
}

async function thaw(item: Kept): Promise<Kept> {
  const thawed = await convert(item, toBlob);
  if (thawed.payload) thawed.payload = toBlob(thawed.payload);
  return thawed;
}
