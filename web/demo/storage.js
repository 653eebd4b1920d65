/** Waiting for the browser's storage, which may be broken or blocked: then it fails, or never answers at all. */
import { byId, showText } from './dom.js';

/** How long it may take to answer, in ms. It takes a hundredth of that. */
export const ANSWER_TIME = 5000;

/**
 * What the storage answers. Rejects if it does not.
 * @template T
 * @param {Promise<T>} answer
 * @param {number} [most] how long it may take, in ms
 * @returns {Promise<T>}
 */
export function inTime(answer, most = ANSWER_TIME) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the browser’s storage does not answer')), most);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const notice = byId('div', 'storage-notice');
/** What does not work at the moment. */
const broken = new Set();

/**
 * Says whether something of the storage works; the page tells people if anything does not.
 * @param {'history' | 'outbox'} what
 * @param {boolean} works
 */
export function storageWorks(what, works) {
  if (broken.has(what) !== works) return;
  if (works) broken.delete(what);
  else broken.add(what);
  showText(byId('p', 'storage-text'), broken.size ? 'This browser keeps nothing for this page at the moment. You can chat, but messages are gone when you reload or close it.' : '');
  notice.hidden = !broken.size;
}

byId('button', 'storage-dismiss').onclick = () => (notice.hidden = true);
