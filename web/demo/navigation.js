/**
 * The browser's history has an entry for each conversation that was opened and for each dialog
 * that fills the page. So Back, on a phone above all, closes what was opened last instead of
 * leaving the page. The address names the conversation, so a reload and a link lead to it.
 */

import { byId } from './dom.js';

/** @typedef {{conversation: string, fromList?: boolean, dialogs?: string[]}} Place conversation: its id, "" for the list */

/** @type {(conversation: string) => void} */
let onPlace = () => {};

/**
 * The changes of the history, one after another: a step back is taken by the browser a moment after it was asked for.
 * @type {Promise<unknown>}
 */
let steps = Promise.resolve();

/** @param {() => unknown} change called when the steps back before it are taken */
function step(change) {
  steps = steps.then(change).catch(reportError);
}

/** @type {string | undefined} Where the step back leads that this page has asked for, while the browser has not taken it */
let expected;

/** @param {string} conversation where it leads */
function goBack(conversation) {
  expected = conversation;
  return new Promise((taken) => {
    addEventListener('popstate', taken, { once: true });
    history.back();
  });
}

/** @returns {Place} */
const place = () => history.state ?? { conversation: inAddress() };

/** The conversation that the address names. */
function inAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ''; // a percent sign that is no encoding
  }
}

/** @param {string} conversation */
const address = (conversation) => location.pathname + (conversation && `#${encodeURIComponent(conversation).replace('%3A', ':')}`);

/**
 * @param {(conversation: string) => void} show called when Back or Forward leads to a conversation, "" for the list
 * @param {string} [first] the conversation to begin with, instead of the one that the address names
 * @returns {string} the conversation to begin with
 */
export function startNavigation(show, first) {
  const wanted = first ?? place().conversation;
  const known = history.state && first === undefined;
  onPlace = show;
  if (!known) history.replaceState({ conversation: '' }, '', address('')); // Back from the first conversation leads to the list
  return wanted;
}

export function endNavigation() {
  onPlace = () => {};
  const leave = () => history.replaceState(null, '', address(''));
  leave();
  step(leave); // a step back that has begun leads to another entry
}

/** Notes that a conversation is shown. @param {string} conversation its id, "" for the list */
export function visit(conversation) {
  step(() => {
    const now = place();
    if (now.conversation === conversation) return;
    if (!conversation && now.fromList) return goBack('');
    history.pushState({ conversation, fromList: !now.conversation }, '', address(conversation));
  });
}

/**
 * Opens a dialog above what is shown; Back closes it.
 * @param {HTMLDialogElement} dialog
 */
export function openDialog(dialog) {
  if (dialog.open) return;
  dialog.addEventListener('close', () => step(leaveClosed), { once: true });
  dialog.showModal();
  step(() => {
    const now = place();
    const dialogs = now.dialogs ?? [];
    if (dialog.open && !dialogs.includes(dialog.id)) history.pushState({ ...now, dialogs: [...dialogs, dialog.id] }, '');
  });
}

/** Goes back from the entries of dialogs that were closed. */
async function leaveClosed() {
  for (let top; (top = place().dialogs?.at(-1)) && !byId('dialog', top).open; ) await goBack(place().conversation);
}

addEventListener('popstate', () => {
  const { conversation, dialogs = [] } = place();
  const own = conversation === expected;
  expected = undefined;
  if (own) return; // what is shown is newer than that entry
  for (const dialog of document.querySelectorAll('dialog')) if (dialog.open && !dialogs.includes(dialog.id)) dialog.close();
  onPlace(conversation);
});
