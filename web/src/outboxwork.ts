/** Uploads and sends what is in an outbox, as long as the client is logged in; one page of a user at a time. */
import type { RtmClient } from './client.ts';
import { uploadArguments } from './media.ts';
import type { OutboxItem } from './outboxitem.ts';
import { ATTEMPTS, pause, plan, verdict } from './outboxplan.ts';
import type { Kept, Store } from './outboxstore.ts';

/** What the work needs of its outbox. */
interface Owner {
  readonly _store: Store;
  /** The items of the user, in order. */
  _items(): OutboxItem[];
  /** Reads the store again, and tells of what has changed. */
  _reload(): Promise<void>;
  /** Keeps a change, and tells of it. */
  _change(item: OutboxItem, change: Partial<Kept>): Promise<void>;
  _remove(item: OutboxItem, state?: 'SENT' | undefined): Promise<void>;
  /** Shows a state or progress here and on other pages. */
  _show(item: OutboxItem, state: OutboxItem['state']): void;
  /** Has whoever works now look for what can begin. */
  _pump(): void;
  /** What nobody waits for and fails is logged. */
  _try(work: Promise<void>): void;
}

/** How long the gateway may take to forget uploads before nobody waits for it any more, in ms. */
const ANSWER_LIMIT = 5_000;
/** How many uploads the gateway is asked to forget at a time. A browser opens six connections to a server, and the app needs some. */
const REMOVALS = 4;

export class Worker {
  private _over = false;
  private _release: (() => void) | undefined;
  /** Whether this page is the one that works. */
  holds = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private readonly _waiting = new AbortController();
  /** The nonces that the gateway was asked to forget since the client became CONNECTED. */
  private _discarded = new Set<string>();

  constructor(private readonly _outbox: Owner, private readonly _client: RtmClient, private readonly _account: string) {
    const work = () => {
      if (this._over) return Promise.resolve();
      this.holds = true;
      _outbox._try(_outbox._reload().then(() => this._begin()));
      return new Promise<void>((resolve) => (this._release = resolve));
    };
    const { locks } = navigator as any;
    // Without locks two pages may work at the same time: the gateway lets only one be logged in, and knows the rest by its numbers.
    if (locks) locks.request(`rtm-outbox ${_account}`, { signal: this._waiting.signal }, work).catch(() => {});
    else void work();
  }

  stop(): void {
    this._over = true;
    clearTimeout(this._timer);
    this._waiting.abort();
    this._release?.();
  }

  /** What another page was doing ended with it. */
  private _begin(): void {
    if (this._over) return;
    this.clear();
    for (const item of this._outbox._items()) if (!item._busy && (item.state === 'UPLOADING' || item.state === 'SENDING')) this._outbox._show(item, 'WAITING');
    this.pump();
  }

  /** Begins what can begin. */
  pump(): void {
    if (this._over || !this.holds || this._client.connectionState !== 'CONNECTED') return;
    const items = this._outbox._items();
    const next = plan(items.map((item) => item._planned()), Date.now(), (target) => this._isOpen(target));
    for (const item of items) {
      if (next.upload.includes(item.id)) this._outbox._try(this._work(item, () => this._upload(item)));
      if (next.send.includes(item.id)) this._outbox._try(this._work(item, () => this._send(item)));
    }
    clearTimeout(this._timer);
    if (next.wakeAt < Infinity) this._timer = setTimeout(() => this.pump(), Math.max(0, next.wakeAt - Date.now()));
  }

  /** The client's state has changed. In another session nobody answers what was asked in the former one. */
  renew(): void {
    this._discarded = new Set();
    this.clear();
  }

  /** Has the gateway forget what canceled and removed items have left there. */
  clear(): void {
    if (!this._over && this.holds && this._client.connectionState === 'CONNECTED') this._outbox._try(this._clear());
  }

  private async _clear(): Promise<void> {
    const discarded = this._discarded;
    const isOver = () => this._over || discarded !== this._discarded; // another user may be logged in, and has other uploads
    await severalAtATime(await this._outbox._store.removals(this._account), async (nonce) => {
      if (isOver() || discarded.has(nonce)) return;
      discarded.add(nonce);
      await this._discard(nonce);
      if (!isOver()) await this._outbox._store.removed(nonce);
    });
  }

  /**
   * Has the gateway forget uploads that the browser keeps no note of, as long as this session lasts. Resolves when it has, or does
   * not answer in time. Without a connection nobody waits for it.
   */
  async discard(nonces: string[]): Promise<void> {
    if (this._over || !this.holds) return;
    const discarding = severalAtATime(nonces, async (nonce) => this._over || this._discard(nonce));
    if (this._client.connectionState !== 'CONNECTED') return;
    let timer: ReturnType<typeof setTimeout>;
    await Promise.race([discarding, new Promise((resolve) => (timer = setTimeout(resolve, ANSWER_LIMIT)))]);
    clearTimeout(timer!);
  }

  /** Resolves when the gateway has forgotten an upload; never, if the session ends before. */
  private _discard(nonce: string): Promise<void> {
    return new Promise((done) => this._client._core.call('discard', nonce, () => done()));
  }

  private _channel(channelId: string) {
    for (const channel of this._client._channels.values()) if (channel.channelId === channelId && channel.joinState === 'JOINED') return channel;
    return undefined;
  }

  private _isOpen(target: string): boolean {
    const channelId = target.slice(target.indexOf('/') + 1);
    return !channelId || !!this._channel(channelId);
  }

  private async _work(item: OutboxItem, work: () => Promise<void>): Promise<void> {
    item._busy = true;
    try {
      await work();
    } catch (error) { // the browser's store failed
      item._notBefore = Date.now() + pause(ATTEMPTS);
      this._outbox._show(item, 'WAITING');
      throw error;
    } finally {
      item._busy = false;
      this._outbox._pump();
    }
  }

  private async _upload(item: OutboxItem): Promise<void> {
    const { payload, params, nonce } = item._kept;
    const abort = (item._abort = new AbortController());
    this._outbox._show(item, 'UPLOADING');
    try {
      const upload = uploadArguments(payload, params, {
        cancelSignal: abort.signal,
        onOperationProgress: (progress: OutboxItem['progress']) => {
          item.progress = progress;
          this._outbox._show(item, item.state);
        },
      });
      const link = this._client._core;
      const uploaded = await this._client._transfer<any>(upload.handler, (task, progress, done) =>
        link.call('upload', task, upload.payload, { ...upload.params, nonce: nonce! }, progress, done));
      item._uploaded = true;
      await this._outbox._change(item, { message: upload.message(uploaded) as Record<string, unknown> });
      if (item.state === 'UPLOADING') this._outbox._show(item, 'WAITING');
    } catch (error) {
      await this._failed(item, error, 'upload', abort.signal.aborted);
    } finally {
      item._abort = undefined;
    }
  }

  private async _send(item: OutboxItem): Promise<void> {
    this._outbox._show(item, 'SENDING');
    try {
      if (item._kept.payload && !item._uploaded && !(await this._isThere(item))) {
        await this._outbox._change(item, { message: undefined as any });
        this._outbox._show(item, 'WAITING');
      } else {
        const named = await this._outbox._store.number(item.id);
        if (named) item.hasPeerReceived = await this._deliver(item, named);
        await this._outbox._remove(item, named && 'SENT');
      }
    } catch (error) {
      await this._failed(item, error, 'send', false);
    }
  }

  /** Whether the media that was uploaded some time ago can still be read. */
  private async _isThere({ _kept: { message } }: OutboxItem): Promise<boolean> {
    try {
      await this._client._core.ask('mediaUrl', message!.mediaId, 0, '');
      return true;
    } catch (error) {
      if ((error as any).code === 4) return false;
      throw error;
    }
  }

  private _deliver({ _kept: { message, peerId, channelId, options } }: OutboxItem, named: { origin: number; number: number }): Promise<boolean | undefined> {
    const link = this._client._core;
    return this._client._send(message, options.enableHistoricalMessaging, (outgoing, done) => {
      // Another user may have logged in while the store or the thumbnail was read.
      if (this._over) return done({ name: 'RtmInvalidStatusError', code: 102, text: 'not logged in' });
      outgoing.origin = named.origin;
      outgoing.number = named.number;
      if (peerId) link.call('sendPeer', peerId, outgoing, options.enableOfflineMessaging, done);
      else {
        const channel = this._channel(channelId!);
        if (channel) link.call('sendChannel', channel._handle, outgoing, done);
        else done({ name: 'RtmInvalidStatusError', code: 5, text: 'join the channel first' });
      }
    });
  }

  private async _failed(item: OutboxItem, error: any, doing: 'upload' | 'send', byUser: boolean): Promise<void> {
    if (item.state !== 'UPLOADING' && item.state !== 'SENDING') return; // canceled or removed
    if (byUser) return;
    const what = verdict(error, doing, !this._over && this._client.connectionState === 'CONNECTED');
    if (what === 'fail' || (what === 'count' && ++item._attempts >= ATTEMPTS)) {
      await this._outbox._change(item, { failure: { name: String(error?.name), code: error?.code, message: String(error?.message ?? error) } });
      return;
    }
    item._notBefore = Date.now() + pause(what === 'count' ? item._attempts : 0);
    this._outbox._show(item, 'WAITING');
  }
}

/** Calls `remove` for each upload, REMOVALS at a time. Rejects with the first error. */
async function severalAtATime(nonces: string[], remove: (nonce: string) => Promise<unknown>): Promise<void> {
  const rest = nonces.values(); // each of the loops takes the next one
  await Promise.all(Array.from({ length: REMOVALS }, async () => {
    for (const nonce of rest) await remove(nonce);
  }));
}
