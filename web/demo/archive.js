/**
 * What was said, kept in this browser (IndexedDB), so that it is there after a reload. The gateway
 * keeps no messages for clients. Where the browser keeps nothing, the page says so, works and forgets.
 */

import { ANSWER_TIME, inTime, storageWorks } from './storage.js';

/** @import { Kept } from './message.js' */

/** @typedef {{account: string, id: string, last: string, time: number, unread: number}} KeptConversation time: of the last message */

/** How many messages of a conversation are kept. */
export const KEEP = 500;

const all = (/** @type {string} */ account) => IDBKeyRange.bound([account], [account, []]);

export class Archive {
  /** @type {Promise<IDBDatabase>} */
  #db;
  /** The last change of a message that was begun: the database makes them in the order in which they are begun. */
  #last = Promise.resolve();
  #works = true;
  /** What is being kept, by key: a read that was begun before has an older state of it. @type {Map<IDBValidKey, {message: Kept}>} */
  #pending = new Map();
  /** All is forgotten, and nothing is kept any more. */
  #over = false;
  /** Orders the keys of messages. */
  #order = 0;

  /** @param {string} account whose messages: names the gateway, the app and the user */
  constructor(account) {
    this.account = account;
    this.#db = open();
    this.#db.catch(() => {}); // told by what is asked of it
  }

  /** @returns {Promise<KeptConversation[]>} */
  async conversations() {
    return (await this.#try('conversations', 'readonly', (store) => store.getAll(all(this.account)))) ?? [];
  }

  /** @param {Omit<KeptConversation, 'account'>} conversation */
  async keepConversation(conversation) {
    if (!this.#over) await this.#try('conversations', 'readwrite', (store) => commit(store.put({ ...conversation, account: this.account })));
  }

  /** Takes a conversation off the list. @param {string} id */
  async hide(id) {
    await this.#try('conversations', 'readwrite', (store) => commit(store.delete([this.account, id])));
  }

  /** Forgets a conversation and all that was said in it. @param {string} id */
  forget(id) {
    this.hide(id);
    this.#inTurn(() => void this.#try('messages', 'readwrite', (store) => remove(store, this.#of(id))));
  }

  /** Forgets all of the account, and keeps nothing more. Rejects if the browser does not delete it, or does not answer. */
  async forgetAll() {
    this.#over = true;
    await this.#last;
    await Promise.all([
      this.#run('conversations', 'readwrite', (store) => store.delete(all(this.account)), ANSWER_TIME),
      this.#run('messages', 'readwrite', (store) => remove(store, all(this.account)), ANSWER_TIME),
    ]);
  }

  /** The messages of a conversation in the order in which they were added. @param {string} id @returns {Promise<Kept[]>} */
  async messages(id) {
    await this.#last;
    const found = await this.#try('messages', 'readonly', (store) => store.index('conversation').getAll(this.#of(id))); // in the order of their keys
    /** @type {Kept[]} */
    const messages = (found ?? []).map((/** @type {Kept} */ kept) => this.#pending.get(kept.key ?? '')?.message ?? thaw(kept));
    for (const { key } of messages) if (typeof key === 'string') this.#order = Math.max(this.#order, orderOf(key)); // the clock may have been set back
    for (const message of messages.splice(0, messages.length - KEEP)) this.remove(message);
    return messages;
  }

  /** Adds a message, or keeps a change of one that has a key. @param {Kept} message gets its key, so that keeping it twice makes no second one */
  keep(message) {
    const key = (message.key ??= newKey((this.#order = Math.max(this.#order + 1, Date.now()))));
    const change = { message };
    this.#pending.set(key, change);
    return this.#inTurn(async () => {
      const frozen = await freeze(message);
      if (this.#over) return;
      const kept = this.#try('messages', 'readwrite', (store) => commit(store.put({ ...frozen, account: this.account })));
      kept.then(() => this.#pending.get(key) === change && this.#pending.delete(key));
    });
  }

  /** @param {Kept} message */
  remove({ key }) {
    if (key === undefined) return;
    this.#pending.delete(key);
    this.#inTurn(() => void this.#try('messages', 'readwrite', (store) => commit(store.delete(key))));
  }

  /**
   * Begins a change of messages after those before it. It does not wait for their end, since the storage may be silent.
   * @param {() => void | Promise<void>} begin
   */
  #inTurn(begin) {
    return (this.#last = this.#last.then(begin));
  }

  /** @param {string} conversation */
  #of(conversation) {
    return IDBKeyRange.only([this.account, conversation]);
  }

  /**
   * Like #run, and undefined if that fails.
   * @param {string} name
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} work
   * @returns {Promise<any>}
   */
  #try(name, mode, work) {
    // What is broken is asked again, since it may work by now; but people don't wait for it each time.
    return this.#run(name, mode, work, this.#works ? ANSWER_TIME : ANSWER_TIME / 20).catch(() => undefined);
  }

  /**
   * @param {string} name of a store
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} work
   * @param {number} most how long it may take, in ms
   * @returns {Promise<any>} rejects where the browser keeps nothing
   */
  async #run(name, mode, work, most) {
    const answer = this.#db.then((db) => {
      const transaction = db.transaction(name, mode);
      return done(transaction, work(transaction.objectStore(name)));
    });
    // It may be late, and works again then.
    answer.then(() => this.#say(true), () => this.#say(false));
    return inTime(answer, most).catch((error) => {
      this.#say(false);
      throw error;
    });
  }

  /** @param {boolean} works not if the disk is full, the user has cleared the site's data, or nothing answers */
  #say(works) {
    this.#works = works;
    storageWorks('history', works);
  }
}

/** A key that sorts by its order, and that no other page makes. @param {number} order */
function newKey(order) {
  return `${order.toString(36).padStart(10, '0')} ${Math.random().toString(36).slice(2)}`;
}

/** @param {string} key */
function orderOf(key) {
  return parseInt(key, 36);
}

/**
 * What is kept of a message: its thumbnail as bytes, since not every browser keeps Blobs.
 * @param {Kept} message
 */
async function freeze(message) {
  const thumbnail = message.media?.thumbnail;
  if (!thumbnail) return { ...message };
  const bytes = await new Response(thumbnail).arrayBuffer().catch(() => undefined);
  return { ...message, media: { ...message.media, thumbnail: bytes && { bytes, type: thumbnail.type } } };
}

/**
 * The message of what is kept of it.
 * @param {any} kept
 * @returns {Kept}
 */
function thaw(kept) {
  const thumbnail = kept.media?.thumbnail;
  if (thumbnail && !(thumbnail instanceof Blob)) kept.media.thumbnail = new Blob([thumbnail.bytes], { type: thumbnail.type });
  return kept;
}

/** @returns {Promise<IDBDatabase>} */
async function open() {
  const request = indexedDB.open('rtm-demo', 1);
  request.onupgradeneeded = () => {
    const db = request.result;
    db.createObjectStore('conversations', { keyPath: ['account', 'id'] });
    db.createObjectStore('messages', { keyPath: 'key' }).createIndex('conversation', ['account', 'conversation']);
  };
  const opened = result(request).then((db) => {
    db.onversionchange = () => db.close(); // another page deletes it, or has a newer version
    return db;
  });
  /** @type {Promise<never>} */
  const blocked = new Promise((_, reject) => (request.onblocked = reject)); // another page keeps an older version open
  return Promise.race([opened, blocked]);
}

/**
 * Commits a transaction of one request, so that it counts if the page ends now: else the browser commits
 * when it has told the page of the request.
 * @param {IDBRequest} request
 */
function commit(request) {
  request.transaction?.commit?.(); // Safari 14 has no commit
  return request;
}

/**
 * @param {IDBObjectStore} store
 * @param {IDBKeyRange} range of its index
 */
function remove(store, range) {
  const keys = store.index('conversation').getAllKeys(range);
  keys.onsuccess = () => keys.result.forEach((key) => store.delete(key));
  return keys;
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function result(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });
}

/**
 * What a transaction of one request has found, once it is over: until then it may still be undone.
 * @template T
 * @param {IDBTransaction} transaction
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function done(transaction, request) {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve(request.result));
    transaction.addEventListener('abort', () => reject(transaction.error ?? request.error ?? new Error('the browser’s storage gave up')));
  });
}
