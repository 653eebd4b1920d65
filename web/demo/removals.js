/**
 * The outbox notes in the browser which uploads the gateway is still to delete, and for whom. Who deletes
 * what the browser keeps of them wants those notes gone as well. The gateway deletes uploads without them when they expire.
 */
import { done } from './archive.js';

/**
 * Forgets the notes of one user. The outbox has no call for it, so this is done in its database.
 * @param {string} appId
 * @param {string} uid
 */
export async function forgetRemovals(appId, uid) {
  const db = await open();
  if (!db?.objectStoreNames.contains('removals')) return db?.close();
  try {
    const transaction = db.transaction('removals', 'readwrite');
    const store = transaction.objectStore('removals');
    const request = store.openCursor();
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return;
      const { account } = cursor.value; // the gateway's address, the app and the user
      if (account.slice(account.indexOf(' ') + 1) === `${appId} ${uid}`) cursor.delete();
      cursor.continue();
    };
    await done(transaction, request);
  } finally {
    db.close();
  }
}

/** @returns {Promise<IDBDatabase | undefined>} undefined if there is none */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('rtm-outbox');
    request.onupgradeneeded = () => {
      request.transaction?.abort(); // making it is for the outbox
      resolve(undefined);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
