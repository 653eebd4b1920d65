/** Sends at once what the outbox can't keep, where the browser keeps nothing. It looks like an outbox, and forgets all when the page ends. */

/** @import { OutboxItem, OutboxReceiver } from '../package/outbox.d.ts' */
/** @import { Session } from './session.js' */

/** Sends messages and files in order, by the calls of the SDK that an outbox uses as well. */
export class Direct {
  /** Those not sent, by id. @type {Map<number, Item>} */
  #items = new Map();
  /** What is sent to a receiver goes in order. @type {Map<string, Promise<void>>} */
  #turns = new Map();
  #last = 0;
  /** Called after each change. @type {(item: OutboxItem) => void} */
  #onchange;

  /**
   * @param {Session} session
   * @param {(item: OutboxItem) => void} onchange
   */
  constructor(session, onchange) {
    this.session = session;
    this.#onchange = onchange;
  }

  /** How many are not sent. */
  get size() {
    return this.#items.size;
  }

  /**
   * Takes what is to be sent, and begins. Like `send` of an outbox, except that nothing is kept.
   * @param {OutboxReceiver} to
   * @param {Blob | Record<string, unknown>} content what is uploaded, or a message
   * @param {Record<string, any>} params
   * @returns {Promise<OutboxItem>}
   */
  async send(to, content, params) {
    const item = new Item(this, --this.#last, to, content, params); // an outbox counts up
    this.#items.set(item.id, item);
    this.begin(item);
    return item;
  }

  /** Sends an item after those before it. @param {Item} item */
  begin(item) {
    const key = `${item.peerId} ${item.channelId}`;
    this.#turns.set(key, (this.#turns.get(key) ?? Promise.resolve()).then(() => this.#send(item)));
  }

  /** @param {Item} item */
  async #send(item) {
    if (item.state !== 'WAITING' || !this.#items.has(item.id)) return;
    try {
      await this.#upload(item);
      this.change(item, 'SENDING');
      await this.#deliver(item);
      this.#items.delete(item.id);
      this.change(item, 'SENT');
    } catch (error) {
      item.error = /** @type {Error} */ (error);
      this.change(item, 'FAILED');
    }
  }

  /** @param {Item} item */
  async #upload(item) {
    const { payload, params } = item;
    if (!payload || item.message) return;
    this.change(item, 'UPLOADING');
    const onOperationProgress = (/** @type {{currentSize: number, totalSize: number}} */ progress) => {
      item.progress = progress;
      this.#onchange(item);
    };
    const { client } = this.session;
    item.message = /** @type {any} */ (await client.createMediaMessageByUploading(payload, /** @type {any} */ (params), { cancelSignal: item.abort.signal, onOperationProgress }));
  }

  /** @param {Item} item */
  async #deliver(item) {
    const { peerId, channelId, message } = item;
    if (peerId === undefined) return this.session.channel(channelId ?? '').sendMessage(/** @type {any} */ (message));
    const { hasPeerReceived } = await this.session.client.sendMessageToPeer(/** @type {any} */ (message), peerId, { enableOfflineMessaging: true });
    item.hasPeerReceived = hasPeerReceived;
  }

  /** Gives an item another state, and tells of it. @param {Item} item @param {OutboxItem['state']} state */
  change(item, state) {
    item.state = state;
    this.#onchange(item);
  }

  /** Drops all, as an outbox does. */
  clear() {
    for (const item of this.#items.values()) item.abort.abort();
    this.#items.clear();
  }

  /** Sends an item no more. @param {Item} item */
  forget(item) {
    this.#items.delete(item.id);
  }
}

/** One message to be sent, with the properties and methods of an item of an outbox. */
class Item {
  /** @type {OutboxItem['state']} */
  state = 'WAITING';
  progress;
  /** @type {Error | undefined} */
  error;
  /** @type {boolean | undefined} */
  hasPeerReceived;
  /** @type {Record<string, unknown> | undefined} */
  message;
  createdAt = Date.now();
  abort = new AbortController();

  /**
   * @param {Direct} owner
   * @param {number} id
   * @param {OutboxReceiver} to
   * @param {Blob | Record<string, unknown>} content
   * @param {Record<string, any>} params
   */
  constructor(owner, id, { peerId, channelId }, content, { tag, ...params }) {
    this.owner = owner;
    this.id = id;
    this.peerId = peerId;
    this.channelId = channelId;
    this.tag = tag;
    this.params = params;
    this.payload = content instanceof Blob ? content : undefined;
    if (!(content instanceof Blob)) this.message = content;
    this.progress = { currentSize: 0, totalSize: this.payload?.size ?? 0 };
  }

  /** Ends its upload; it stays as FAILED. Without effect while the message itself is being sent. */
  async cancel() {
    if (this.state === 'WAITING') {
      this.error = Object.assign(new Error('cancelled'), { name: 'RtmInterruptedError', code: 6 });
      this.owner.change(this, 'FAILED');
    }
    this.abort.abort();
  }

  /** Sends it again, after those before it. */
  async retry() {
    this.error = undefined;
    this.abort = new AbortController();
    this.owner.change(this, 'WAITING');
    this.owner.begin(this);
  }

  /** Takes it out. Rejects while the message itself is being sent. */
  async remove() {
    if (this.state === 'SENDING') throw new Error('it is being sent');
    this.owner.forget(this);
    this.abort.abort();
  }
}
