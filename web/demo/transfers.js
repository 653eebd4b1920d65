/**
 * Downloads. The SDK takes nine transfers at a time and refuses the tenth. The outbox uploads three,
 * so six are for downloads, and further ones wait here. The SDK takes none while the connection is
 * interrupted, so they wait then, too.
 */
import { Speed } from './speed.js';

const LIMIT = 6;

/** @import { MediaTransferHandler } from '../src/rtm.d.ts' */
/** @typedef {'queued' | 'running' | 'done' | 'failed' | 'cancelled'} TransferState */

export class Transfer {
  /** @type {TransferState} */
  state = 'queued';
  /** Bytes so far. */
  current = 0;
  /** The connection is interrupted; the SDK goes on by itself when it is back. */
  paused = false;
  /** @type {unknown} */
  error = undefined;
  /** Called after each change. */
  onchange = () => {};

  /** @type {AbortController | undefined} */
  #abort;
  #speed = new Speed();

  /**
   * @param {{name: string, size: number, work: (handler: MediaTransferHandler) => Promise<void>}} task
   *   size in bytes; work may be called again after it failed
   */
  constructor({ name, size, work }) {
    this.name = name;
    this.size = size;
    this.work = work;
  }

  /** Bytes a second; undefined during the first second. */
  get rate() {
    return this.#speed.rate;
  }

  get stalled() {
    return this.state === 'running' && this.current < this.size && this.#speed.stalled;
  }

  /** Runs until it is done or has failed, or was cancelled. Never rejects. */
  async run() {
    const abort = (this.#abort = new AbortController());
    this.#speed.reset();
    const clock = setInterval(() => this.onchange(), 1000); // its speed falls also while nothing happens
    try {
      await this.work({ cancelSignal: abort.signal, onOperationProgress: (p) => !abort.signal.aborted && this.#progress(p.currentSize) });
      if (!abort.signal.aborted) this.set('done');
    } catch (error) {
      this.error = error;
      if (!abort.signal.aborted) this.set('failed');
    } finally {
      clearInterval(clock);
    }
  }

  cancel() {
    if (this.state !== 'queued' && this.state !== 'running') return;
    this.#abort?.abort();
    this.set('cancelled');
  }

  /** @param {TransferState} state */
  set(state) {
    this.state = state;
    this.onchange();
  }

  /** @param {number} current */
  #progress(current) {
    this.current = current;
    this.#speed.note(current);
    this.set('running');
  }
}

export class TransferQueue {
  connected = false;

  /** @type {Transfer[]} */
  #waiting = [];
  /** @type {Set<Transfer>} */
  #running = new Set();

  /** Starts a transfer as soon as there is room, also one that has ended before. @param {Transfer} transfer */
  add(transfer) {
    transfer.current = 0;
    transfer.set('queued');
    this.#waiting = [...this.#waiting.filter((t) => t !== transfer), transfer];
    this.#next();
  }

  /** @param {boolean} connected */
  setConnected(connected) {
    this.connected = connected;
    for (const transfer of this.#running) {
      transfer.paused = !connected;
      transfer.onchange();
    }
    this.#next();
  }

  #next() {
    while (this.connected && this.#running.size < LIMIT) {
      // One tried again right after it was cancelled waits until its first run has ended.
      const transfer = this.#waiting.find((t) => !this.#running.has(t));
      if (!transfer) return;
      this.#waiting = this.#waiting.filter((t) => t !== transfer);
      if (transfer.state === 'queued') this.#start(transfer);
    }
  }

  /** @param {Transfer} transfer */
  async #start(transfer) {
    this.#running.add(transfer);
    transfer.paused = false;
    await transfer.run();
    this.#running.delete(transfer);
    // The connection broke while the file was looked at; without one the SDK takes none. It waits like the others.
    const { code } = /** @type {{code?: number}} */ (transfer.error ?? {});
    if (transfer.state === 'failed' && code === 102) this.add(transfer);
    this.#next();
  }
}
