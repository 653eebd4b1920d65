/**
 * The browser's history has an entry for each conversation that was opened and for each dialog
 * that fills the page. So Back, on a phone above all, closes what was opened last instead of
 * leaving the page. The address names the conversation, so a reload and a link lead to it.
 */

/** @typedef {{conversation: string, fromList?: boolean, dialogs?: string[]}} Place conversation: its id, "" for the list */

/** @type {(conversation: string) => void} */
let onPlace = () => {};

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
  history.replaceState(null, '', address(''));
}

/** Notes that a conversation is shown. @param {string} conversation its id, "" for the list */
export function visit(conversation) {
  const now = place();
  if (now.conversation === conversation) return;
  if (!conversation && now.fromList) history.back();
  else history.pushState({ conversation, fromList: !now.conversation }, '', address(conversation));
}

/**
 * Opens a dialog above what is shown; Back closes it.
 * @param {HTMLDialogElement} dialog
 */
export function openDialog(dialog) {
  if (dialog.open) return;
  const now = place();
  history.pushState({ ...now, dialogs: [...(now.dialogs ?? []), dialog.id] }, '');
  dialog.addEventListener('close', () => place().dialogs?.at(-1) === dialog.id && history.back(), { once: true });
  dialog.showModal();
}

addEventListener('popstate', () => {
  const { conversation, dialogs = [] } = place();
  for (const dialog of document.querySelectorAll('dialog')) if (dialog.open && !dialogs.includes(dialog.id)) dialog.close();
  onPlace(conversation);
});
