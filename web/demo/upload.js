/** How far the sending of a message is: first it is prepared, then the outbox has it. */
import { Speed } from './speed.js';

/** @import { OutboxItem } from '../package/outbox.d.ts' */
/** @import { TransferState } from './transfers.js' */

const states = /** @type {const} */ ({ WAITING: 'queued', UPLOADING: 'running', SENDING: 'running', SENT: 'done', FAILED: 'failed' });

export class Upload {
  /** @type {TransferState} */
  state = 'queued';
  /** Bytes so far. */
  current = 0;
  paused = false;
  /** @type {unknown} */
  error = undefined;
  /** Called after each change. */
  onchange = () => {};

  /** Rises with each attempt to give it to the outbox, and when that is no longer wanted. */
  attempt = 0;
  /** It would fail again for sure. */
  hopeless = false;
  /** Nobody can tell whether it was sent, so it can't be dropped, and must not be sent again. */
  unknown = false;
  /** What the outbox is just taking. @type {Promise<unknown>} */
  taken = Promise.resolve();

  /** @type {OutboxItem | undefined} */
  #item;
  #speed = new Speed();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;

  /**
   * @param {number} size in bytes
   * @param {() => void} keep gives the message to the outbox, again if that failed
   * @param {() => void} onstate called when its state is another
   */
  constructor(size, keep, onstate) {
    this.size = size;
    this.keep = keep;
    this.onstate = onstate;
  }

  get rate() {
    return this.#speed.rate;
  }

  get stalled() {
    return this.state === 'running' && this.current < this.size && this.#speed.stalled;
  }

  /** Follows an item of the outbox. @param {OutboxItem} item */
  follow(item) {
    this.#item = item;
    const { state, progress, error } = item;
    const begins = states[state] === 'running' && this.state !== 'running'; // it may stall before its first byte
    if (begins || progress.currentSize !== this.current) this.#speed.note(progress.currentSize);
    if (state === 'WAITING') this.#speed.reset();
    this.current = progress.currentSize;
    this.error = error;
    this.#set(error?.name === 'RtmInterruptedError' ? 'cancelled' : states[state]);
  }

  /** The outbox did not take it. @param {unknown} error */
  fail(error) {
    this.error = error;
    this.#set('failed');
  }

  /** Whether there is something to cancel: what the outbox is sending can't be taken back. */
  get cancellable() {
    const state = this.#item?.state; // FAILED for a moment after retry
    return !this.unknown && state !== 'SENDING' && state !== 'SENT';
  }

  async cancel() {
    if (this.unknown) return;
    const { attempt } = this;
    await this.taken; // it may be about to have an item
    if (this.#item) return this.#item.cancel().catch(() => {}); // it was sent meanwhile
    if (this.attempt !== attempt || this.state !== 'queued') return;
    this.attempt++;
    this.#set('cancelled');
  }

  retry() {
    this.error = undefined;
    this.#set('queued');
    if (this.#item) this.#item.retry();
    else this.keep();
  }

  /** Drops the message. @returns {Promise<boolean>} whether it could be: false of one that was sent meanwhile */
  async remove() {
    this.attempt++;
    await this.taken;
    try {
      await this.#item?.remove();
      this.end();
      return true;
    } catch {
      return false;
    }
  }

  /** Nobody looks at it any more. */
  end() {
    clearInterval(this.#clock);
  }

  /** @param {TransferState} state */
  #set(state) {
    const changed = state !== this.state;
    this.state = state;
    clearInterval(this.#clock);
    if (state === 'running') this.#clock = setInterval(() => this.onchange(), 1000); // its speed falls also while nothing happens
    this.onchange();
    if (changed) this.onstate();
  }
}
