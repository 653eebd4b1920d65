/**
 * Sends what was given to it once and in order, after whatever happens to the page: an addition to the API. It is not part of the
 * script, but a file of its own that works on a client.
 */
import { isBlob } from './blob.ts';
import { ID_RULE, isId, isPlainObject } from './checks.ts';
import type { RtmClient } from './client.ts';
import { Emitter } from './emitter.ts';
import { failed, invalidArgument, messageOf, mustBe } from './errors.ts';
import { uploadArguments } from './media.ts';
import { normalise } from './messages.ts';
import { OutboxItem } from './outboxitem.ts';
import { isFull, newNonce, Store, type Kept } from './outboxstore.ts';
import { Worker } from './outboxwork.ts';

/** What all items of a page's origin may take, in bytes, and how many there may be. */
const MOST_BYTES = 200 << 20;
const MOST_ITEMS = 1000;
/** What must stay free of the browser's quota, in bytes. */
const RESERVE = 1 << 20;

/** The codes of an outbox's errors. */
export const OutboxError = { OUTBOX_ERR_FAILURE: 1, OUTBOX_ERR_INVALID_ARGUMENT: 2, OUTBOX_ERR_FULL: 3, OUTBOX_ERR_NO_USER: 4, OUTBOX_ERR_BEING_SENT: 5 } as const;

const wrong = (text: string) => invalidArgument(OutboxError.OUTBOX_ERR_INVALID_ARGUMENT, text);

/** What pages of one browser tell each other: that an item is another, or that all are gone. */
type News = { account: string } & (
  | { id: number; state: OutboxItem['state']; progress: OutboxItem['progress'] }
  | { cleared: string[] }); // the nonces of uploads that the gateway may still have

export class Outbox extends Emitter {
  readonly _store = new Store();
  /** Those of the account, by id. */
  private _byId = new Map<number, OutboxItem>();
  private _account = '';
  private _loaded: Promise<void> | undefined;
  private _ended = false;
  /** Ends with the last call of send or clear that writes: they take effect in the order of the calls, however long each takes. */
  private _adding: Promise<unknown> = Promise.resolve();
  private _worker: Worker | undefined;
  private readonly _news = typeof BroadcastChannel === 'function' ? new BroadcastChannel('rtm-outbox') : undefined;

  constructor(private readonly _client: RtmClient) {
    super(_client._log, 10);
    this._news?.addEventListener('message', ({ data }) => this._try(this._hear(data)));
    this._follow();
  }

  get [Symbol.toStringTag](): string {
    return 'RtmOutbox';
  }

  async send(to: unknown, content: unknown, params: unknown = {}): Promise<OutboxItem> {
    const account = this._mustHaveAccount();
    const kept = { account, createdAt: Date.now(), ...receiver(to), ...this._content(content, params) };
    const adding = this._adding.then(() => this._explained(this._keep(kept)));
    this._adding = adding.catch(() => {});
    const item = this._appear({ ...kept, id: await adding });
    this._tell(item);
    this._pump();
    return item;
  }

  /** Stores an item. Resolves with its id. */
  private async _keep(kept: Omit<Kept, 'id'>): Promise<number> {
    await this._load();
    await mustFit(kept.size);
    return this._store.add(kept, (bytes, items) => {
      if (items >= MOST_ITEMS) throw full(`it has ${items} items, which is the most`);
      if (bytes + kept.size > MOST_BYTES) throw full(`its items have ${bytes} bytes, this one has ${kept.size}, and the most is ${MOST_BYTES}`);
    });
  }

  /** What work resolves with. Where the browser's store fails, the error is one that outbox.d.ts names. */
  async _explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof Error && error.name.startsWith('Rtm')) throw error;
      if (this._ended) throw ended();
      if (isFull(error)) throw full('the browser has no more space for this site');
      throw failed('RtmUnavailableError', OutboxError.OUTBOX_ERR_FAILURE, `the browser's storage can not be used: ${messageOf(error)}`);
    }
  }

  /** The items of the user, in the order in which they were added. */
  async list(): Promise<OutboxItem[]> {
    this._mustHaveAccount();
    await this._explained(this._load());
    return this._items();
  }

  /** Removes all of the user: what send was given before, and what is still to be removed at the gateway. */
  async clear(): Promise<void> {
    const account = this._mustHaveAccount();
    const clearing = this._adding.then(() => this._explained(this._store.clear(account)));
    this._adding = clearing.catch(() => {});
    const cleared = await clearing;
    this._post({ account, cleared });
    await this._explained(this._cleared(account, cleared));
  }

  /** The store has nothing more of an account. */
  private async _cleared(account: string, nonces: string[]): Promise<void> {
    if (account !== this._account) return;
    await this._reload();
    if (account === this._account) await this._worker?.discard(nonces);
  }

  _items(): OutboxItem[] {
    return [...this._byId.values()].sort((a, b) => a.id - b.id);
  }

  private _content(content: unknown, params: unknown): Pick<Kept, 'size' | 'tag' | 'options' | 'payload' | 'params' | 'nonce' | 'message'> {
    if (!isPlainObject(params)) throw wrong(mustBe('params', 'a plain object', params));
    const { enableOfflineMessaging = true, enableHistoricalMessaging = false, tag, ...rest } = params;
    if (tag !== undefined && typeof tag !== 'string') throw wrong(mustBe('tag', 'a string', tag));
    const options = { enableOfflineMessaging: !!enableOfflineMessaging, enableHistoricalMessaging: !!enableHistoricalMessaging };
    const common = { options, ...(tag !== undefined && { tag: tag as string }) };
    if (!isBlob(content)) {
      const { outgoing } = normalise(content);
      if (outgoing.fault) throw wrong(outgoing.faultText!);
      const message = { ...(content as Record<string, unknown>) };
      return { ...common, message, size: sizeOf({ ...message, tag }) };
    }
    if (rest.prepare) throw wrong('prepare the picture with AgoraRTM.prepareImage first, and give its result');
    for (const key of ['cancelSignal', 'onOperationProgress']) if (rest[key]) throw wrong(`${key} is not for an outbox: its items have cancel() and progress`);
    if (uploadArguments(content, rest, undefined).params.faultText) throw wrong('a dimension must be a number');
    return { ...common, payload: content, params: rest, nonce: newNonce(), size: content.size + sizeOf({ ...rest, tag }) };
  }

  private _mustHaveAccount(): string {
    if (this._ended) throw ended();
    if (!this._accountNow()) throw failed('RtmInvalidStatusError', OutboxError.OUTBOX_ERR_NO_USER, 'call login first: an item belongs to a user; it need not have succeeded');
    this._update();
    return this._account;
  }

  /** Gateway, app and user; "" before the first login. */
  private _accountNow(): string {
    const { context: { uid }, _appId, _core } = this._client;
    return uid && [_core.address(), _appId, uid].join(' ');
  }

  /** The client was destroyed: nothing of the outbox stays in the page. */
  _end(): void {
    this._ended = true;
    this._client._outbox = undefined;
    this._stop();
    this._news?.close();
    this._store.close();
    this.removeAllListeners();
  }

  /** The client's state has changed. */
  _follow(): void {
    this._worker?.renew();
    this._update();
  }

  /** Adapts to who is logged in, and to the state of the connection. */
  private _update(): void {
    const account = this._accountNow();
    if (account !== this._account) {
      this._account = account;
      this._byId = new Map();
      this._loaded = undefined;
      this._stop();
    }
    switch (this._client.connectionState) {
      case 'CONNECTED':
        this._worker ??= new Worker(this, this._client, account);
        this._worker.pump();
        break;
      case 'DISCONNECTED':
      case 'ABORTED':
        this._stop();
    }
  }

  private _stop(): void {
    this._worker?.stop();
    this._worker = undefined;
  }

  private _load(): Promise<void> {
    return (this._loaded ??= this._reload().then(
      () => this._pump(),
      (error) => {
        this._loaded = undefined; // the next call tries again
        throw error;
      },
    ));
  }

  /** Reads the store again, and tells of what has changed. */
  async _reload(): Promise<void> {
    const account = this._account;
    const all = await this._store.list(account);
    if (account !== this._account) return;
    for (const kept of all) {
      const item = this._byId.get(kept.id);
      if (item) item._take(kept);
      else this._appear(kept);
    }
    const ids = new Set(all.map(({ id }) => id));
    for (const item of this._byId.values()) if (!ids.has(item.id)) this._gone(item);
  }

  /** The item of what is kept. It is shown if it belongs to the present user: another may have logged in while it was written. */
  private _appear(kept: Kept): OutboxItem {
    const item = this._byId.get(kept.id) ?? new OutboxItem(this, kept);
    if (kept.account === this._account && !this._byId.has(kept.id)) {
      this._byId.set(kept.id, item);
      this.emit('ItemAdded', item);
    }
    return item;
  }

  private _gone(item: OutboxItem): void {
    item._abort?.abort();
    if (this._byId.delete(item.id)) this.emit('ItemRemoved', item);
  }

  /** Keeps a change, and tells of it. */
  async _change(item: OutboxItem, change: Partial<Kept>): Promise<void> {
    if (!(await this._store.update(item.id, change))) return this._gone(item);
    item._take(Object.assign(item._kept, change));
    this._show(item, item.state);
    this._pump();
    if (change.nonce) this._worker?.clear();
  }

  async _remove(item: OutboxItem, state?: 'SENT' | undefined): Promise<void> {
    await this._store.remove(item.id);
    if (state) this._show(item, state);
    this._gone(item);
    this._tell(item);
    this._pump();
    if (!state) this._worker?.clear();
  }

  /** Shows a state or progress here and on other pages. */
  _show(item: OutboxItem, state: OutboxItem['state']): void {
    item.state = state;
    if (!this._byId.has(item.id)) return;
    this.emit('ItemChanged', item);
    this._tell(item);
  }

  /** What nobody waits for and fails is logged. */
  _try(work: Promise<void>): void {
    work.catch((error) => this._ended || this._log.error('the outbox could not read or write its store', error));
  }

  _pump(): void {
    this._worker?.pump();
  }

  private _tell({ id, state, progress, _kept: { account } }: OutboxItem): void {
    this._post({ account, id, state, progress });
  }

  private _post(news: News): void {
    if (!this._ended) this._news?.postMessage(news);
  }

  /** Another page has changed an item, or has removed all. */
  private async _hear(news: News): Promise<void> {
    const { account } = news;
    if (account !== this._account || !account) return;
    if ('cleared' in news) return this._cleared(account, news.cleared);
    const { id, state, progress } = news;
    const kept = await this._store.get(id);
    const item = this._byId.get(id);
    if (account !== this._account) return;
    if (!kept) {
      if (!item) return;
      if (state === 'SENT') {
        item.state = state;
        this.emit('ItemChanged', item);
      }
      this._gone(item);
    } else if (!item) this._appear(kept);
    else {
      if (kept.failure) item._abort?.abort();
      if (!item._busy || kept.failure) {
        item._take(kept);
        if (!kept.failure && !this._worker?.holds) [item.state, item.progress] = [state, progress];
        this.emit('ItemChanged', item);
      }
    }
    this._pump();
    if (!kept || kept.failure) this._worker?.clear();
  }
}

function receiver(to: any): { peerId: string } | { channelId: string } {
  const { peerId, channelId } = isPlainObject(to) ? (to as any) : ({} as any);
  if ((peerId === undefined) === (channelId === undefined)) throw wrong('the receiver must be { peerId } or { channelId }');
  const [name, id] = peerId === undefined ? ['channelId', channelId] : ['peerId', peerId];
  if (!isId(id)) throw wrong(mustBe(name, ID_RULE, id));
  return { [name]: id } as any;
}

function full(text: string): Error {
  return failed('RtmLimitExceededError', OutboxError.OUTBOX_ERR_FULL, `the outbox is full: ${text}`);
}

const ended = () => failed('RtmInvalidStatusError', OutboxError.OUTBOX_ERR_NO_USER, 'the client was destroyed: call openOutbox again');

/** Refuses what the browser would not keep. Where it does not tell, writing does. */
async function mustFit(size: number): Promise<void> {
  const { quota, usage } = await Promise.resolve(navigator.storage?.estimate?.()).catch(() => undefined) ?? {};
  if (quota && quota - usage! < size + RESERVE) throw full(`the browser has ${Math.max(0, quota - usage!)} bytes left for this site, and this item has ${size}`);
}

/** About what a message or params take, in bytes. */
function sizeOf(fields: Record<string, unknown>): number {
  let size = 500;
  for (const value of Object.values(fields)) {
    if (typeof value === 'string') size += 2 * value.length;
    else size += (value as Blob)?.size ?? (value as Uint8Array)?.byteLength ?? 8;
  }
  return size;
}

/** The outbox of a client; see outbox.d.ts. */
export function openOutbox(client: RtmClient): Outbox {
  if (Object.prototype.toString.call(client) !== '[object RtmClient]') throw wrong(mustBe('the client', 'one that createInstance made', client));
  return (client._outbox ??= new Outbox(client)) as Outbox;
}
