/** One item of an outbox, as the application sees it. */
import { failed } from './errors.ts';
import type { Planned } from './outboxplan.ts';
import { newNonce, type Kept } from './outboxstore.ts';

/** What an item needs of its outbox. */
interface Owner {
  /** Keeps a change, and tells of it. */
  _change(item: OutboxItem, change: Partial<Kept>): Promise<void>;
  _remove(item: OutboxItem): Promise<void>;
  /** What work resolves with, or an error of the outbox. */
  _explained<T>(work: Promise<T>): Promise<T>;
}

export class OutboxItem {
  readonly id: number;
  readonly peerId: string | undefined;
  readonly channelId: string | undefined;
  readonly createdAt: number;
  readonly tag: string | undefined;
  state: Planned['state'] = 'WAITING';
  /** Of its upload, in bytes. */
  progress = { currentSize: 0, totalSize: 0 };
  error: (Error & { code?: number | undefined }) | undefined;
  /** Of one that was sent to a peer. */
  hasPeerReceived: boolean | undefined;

  /** For this package: this page is uploading or sending it. */
  _busy = false;
  _attempts = 0;
  _notBefore = 0;
  /** Ends the upload under way. */
  _abort: AbortController | undefined;
  /** The mediaId in the message is known to be good. */
  _uploaded = false;

  constructor(private readonly _outbox: Owner, public _kept: Kept) {
    this.id = _kept.id;
    this.peerId = _kept.peerId;
    this.channelId = _kept.channelId;
    this.createdAt = _kept.createdAt;
    this.tag = _kept.tag;
    this._take(_kept);
  }

  get payload(): Blob | undefined {
    return this._kept.payload;
  }

  get params(): Record<string, unknown> | undefined {
    return this._kept.params;
  }

  get message(): Record<string, unknown> | undefined {
    return this._kept.message;
  }

  cancel(): Promise<void> {
    const { name, code, message } = failed('RtmInterruptedError', 6, 'canceled') as any;
    const { nonce, message: uploaded } = this._kept;
    // What the gateway has of the upload is removed there: a retry begins another.
    return this._stop(() => this._outbox._change(this, { failure: { name, code, message }, ...(nonce && !uploaded && { nonce: newNonce() }) }));
  }

  async retry(): Promise<void> {
    if (this.state !== 'FAILED') return;
    this._attempts = this._notBefore = 0;
    await this._outbox._explained(this._outbox._change(this, { failure: undefined }));
  }

  remove(): Promise<void> {
    return this._stop(() => this._outbox._remove(this));
  }

  private async _stop(then: () => Promise<void>): Promise<void> {
    if (this.state === 'SENDING') throw failed('RtmInvalidStatusError', 5, 'the message is being sent and can not be taken back');
    this._abort?.abort();
    await this._outbox._explained(then());
  }

  /** Takes what is kept. */
  _take(kept: Kept): void {
    this._kept = kept;
    const { failure } = kept;
    this.error = failure && Object.assign(new Error(failure.message), failure);
    if (failure) this.state = 'FAILED';
    else if (this.state === 'FAILED') this.state = 'WAITING';
    this.progress = { currentSize: kept.message && kept.payload ? kept.payload.size : this.progress.currentSize, totalSize: kept.payload?.size ?? 0 };
  }

  _planned(): Planned {
    const { peerId, channelId, message } = this._kept;
    return { id: this.id, target: `${peerId ?? ''}/${channelId ?? ''}`, state: this.state, needsUpload: !message, notBefore: this._notBefore };
  }
}
