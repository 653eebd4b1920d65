/** A short note at the foot of the page with a button that takes back what was done. */
import { byId, part } from './dom.js';

const SHOWN = 10_000; // ms
const toast = byId('div', 'toast');
const [text, button] = [part(toast, 'span', 'text'), part(toast, 'button', 'undo')];
/** @type {(() => void) | undefined} */
let finish;

/**
 * @param {string} message
 * @param {() => void} undo
 * @param {() => void} done called when it can't be undone any more
 */
export function offerUndo(message, undo, done) {
  finish?.();
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const end = (/** @type {() => void} */ then) => {
    clearTimeout(timer);
    finish = undefined;
    toast.hidden = true;
    then();
  };
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => end(done), SHOWN);
  };
  finish = () => end(done);
  text.textContent = message;
  toast.hidden = false;
  button.onclick = () => end(undo);
  // It stays as long as somebody is about to use it.
  toast.onpointerenter = button.onfocus = () => clearTimeout(timer);
  toast.onpointerleave = button.onblur = wait;
  wait();
}

/** What could be undone can't be any more. */
export function endUndo() {
  finish?.();
}
