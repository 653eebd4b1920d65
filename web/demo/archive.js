/**
 * What was said, kept in this browser (IndexedDB), so that it is there after a reload. The gateway
 * keeps no messages for clients. Where the browser keeps nothing, the page works and forgets.
 */

/** @import { Kept } from './message.js' */

/** @typedef {{account: string, id: string, last: string, time: number, unread: number}} KeptConversation time: of the last message */

/** How many messages of a conversation are kept. */
export const KEEP = 500;

const all = (/** @type {string} */ account) => IDBKeyRange.bound([account], [account, []]);

export class Archive {
  /** @type {Promise<IDBDatabase | undefined>} */
  #db;

  /** @param {string} account whose messages: names the gateway, the app and the user */
  constructor(account) {
    this.account = account;
    this.#db = open().catch(() => undefined);
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
    await this.#run('messages', 'readwrite', (store) => remove(store, this.#of(id)));
  }

  /** The messages of a conversation in the order in which they were added. @param {string} id @returns {Promise<Kept[]>} */
  async messages(id) {
    const found = await this.#run('messages', 'readonly', (store) => store.index('conversation').getAll(this.#of(id)));
    /** @type {Kept[]} */
    const messages = (found ?? []).sort((/** @type {Kept} */ a, /** @type {Kept} */ b) => (a.key ?? 0) - (b.key ?? 0));
    for (const { key } of messages.splice(0, messages.length - KEEP)) if (key) this.remove(key);
    return messages;
  }

  /** Adds a message, or keeps a change of one that has a key. @param {Kept} message gets its key */
  async keep(message) {
    const key = await this.#run('messages', 'readwrite', (store) => store.put({ ...message, account: this.account }));
    if (key) message.key = key;
  }

  /** @param {number} key of a message */
  async remove(key) {
    await this.#run('messages', 'readwrite', (store) => store.delete(key));
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
    const db = await this.#db;
    if (!db) return undefined;
    try {
      return await result(work(db.transaction(name, mode).objectStore(name)));
    } catch {
      return undefined; // its disk is full, or the user has cleared the site's data
    }
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  const request = indexedDB.open('rtm-demo', 1);
  request.onupgradeneeded = () => {
    const db = request.result;
    db.createObjectStore('conversations', { keyPath: ['account', 'id'] });
    db.createObjectStore('messages', { keyPath: 'key', autoIncrement: true }).createIndex('conversation', ['account', 'conversation']);
  };
  return result(request);
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
