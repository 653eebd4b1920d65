/**
 * What was said, kept in this browser (IndexedDB), so that it is there after a reload. The gateway
 * keeps no messages for clients. Where the browser keeps nothing, the page says so, works and forgets.
 */

import { inTime, storageWorks } from './storage.js';

/** @import { Kept } from './message.js' */

/** @typedef {{account: string, id: string, last: string, time: number, unread: number}} KeptConversation time: of the last message */

/** How many messages of a conversation are kept. */
export const KEEP = 500;

const all = (/** @type {string} */ account) => IDBKeyRange.bound([account], [account, []]);

export class Archive {
  /** @type {Promise<IDBDatabase>} */
  #db;
  /** The last change of a message: they are made one after another. */
  #last = Promise.resolve();
  #works = true;

  /** @param {string} account whose messages: names the gateway, the app and the user */
  constructor(account) {
    this.account = account;
    this.#db = open();
    this.#db.catch(() => {}); // told by what is asked of it
  }

  /** @returns {Promise<KeptConversation[]>} */
  async conversations() {
    return (await this.#run('conversations', 'readonly', (store) => store.getAll(all(this.account)))) ?? [];
  }

  /** @param {Omit<KeptConversation, 'account'>} conversation */
  async keepConversation(conversation) {
    await this.#run('conversations', 'readwrite', (store) => store.put({ ...conversation, account: this.account }));
  }

  /** Takes a conversation off the list. @param {string} id */
  async hide(id) {
    await this.#run('conversations', 'readwrite', (store) => store.delete([this.account, id]));
  }

  /** Forgets a conversation and all that was said in it. @param {string} id */
  async forget(id) {
    await this.hide(id);
    await this.#inTurn(() => this.#run('messages', 'readwrite', (store) => remove(store, this.#of(id))));
  }

  /** Forgets all of the account. */
  async forgetAll() {
    await this.#run('conversations', 'readwrite', (store) => store.delete(all(this.account)));
    await this.#inTurn(() => this.#run('messages', 'readwrite', (store) => remove(store, all(this.account))));
  }

  /** The messages of a conversation in the order in which they were added. @param {string} id @returns {Promise<Kept[]>} */
  async messages(id) {
    await this.#last;
    const found = await this.#run('messages', 'readonly', (store) => store.index('conversation').getAll(this.#of(id)));
    /** @type {Kept[]} */
    const messages = (found ?? []).map(thaw).sort((/** @type {Kept} */ a, /** @type {Kept} */ b) => (a.key ?? 0) - (b.key ?? 0));
    for (const message of messages.splice(0, messages.length - KEEP)) this.remove(message);
    return messages;
  }

  /** Adds a message, or keeps a change of one that has a key. @param {Kept} message gets its key */
  keep(message) {
    return this.#inTurn(async () => {
      const frozen = await freeze(message);
      const key = await this.#run('messages', 'readwrite', (store) => store.put({ ...frozen, account: this.account }));
      if (key) message.key = key;
    });
  }

  /** @param {Kept} message */
  remove(message) {
    return this.#inTurn(async () => {
      const { key } = message;
      if (key !== undefined) await this.#run('messages', 'readwrite', (store) => store.delete(key));
    });
  }

  /**
   * Makes a change of messages after those before it: of two of a new message, the first gives it its key.
   * @param {() => Promise<void>} change
   */
  #inTurn(change) {
    return (this.#last = this.#last.then(change));
  }

  /** @param {string} conversation */
  #of(conversation) {
    return IDBKeyRange.only([this.account, conversation]);
  }

  /**
   * @param {string} name of a store
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} work
   * @returns {Promise<any>} undefined where the browser keeps nothing
   */
  async #run(name, mode, work) {
    if (!this.#works) return undefined;
    const answer = this.#db.then((db) => result(work(db.transaction(name, mode).objectStore(name))));
    // It may be late, and works again then.
    answer.then(() => this.#say(true), () => this.#say(false));
    return inTime(answer).catch(() => this.#say(false));
  }

  /** @param {boolean} works not if the disk is full, the user has cleared the site's data, or nothing answers */
  #say(works) {
    this.#works = works;
    storageWorks('history', works);
  }
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
    db.createObjectStore('messages', { keyPath: 'key', autoIncrement: true }).createIndex('conversation', ['account', 'conversation']);
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
