/** Asks before signing out, because of what stays in the browser. */
import { byId, closeOnBackdrop, part, showText } from './dom.js';

const dialog = byId('dialog', 'sign-out');
const [forget, confirm] = [part(dialog, 'input', 'forget'), part(dialog, 'button', 'confirm')];
const unsentText = part(dialog, 'p', 'unsent');

/** @typedef {import('./chat.js').Chat['unsent']} Unsent */

/**
 * @param {string} name of who is signed in
 * @param {Unsent} unsent
 * @param {(forget: boolean) => void} signOut
 */
export function askSignOut(name, unsent, signOut) {
  part(dialog, 'b', 'name').textContent = name;
  forget.checked = false;
  const say = () => showText(unsentText, forget.checked ? ifDeleted(unsent) : ifKept(unsent));
  forget.onchange = say;
  say();
  confirm.onclick = () => {
    dialog.close();
    signOut(forget.checked);
  };
  dialog.showModal(); // Back closes it as well, since navigation.js does not know it
}

part(dialog, 'button', 'cancel').onclick = () => dialog.close();
closeOnBackdrop(dialog);

/** What happens to messages that are not sent, if the browser keeps them. @param {Unsent} unsent */
function ifKept({ later, stopped, lost }) {
  const sentences = [];
  const other = () => (sentences.length ? ' other' : '');
  if (later) sentences.push(later === 1 ? '1 message has not been sent yet. It will be sent when you sign in again.'
    : `${later} messages have not been sent yet. They will be sent when you sign in again.`);
  if (stopped) sentences.push(stopped === 1 ? `1${other()} message was cancelled or failed. You can still send it after you sign in again.`
    : `${stopped}${other()} messages were cancelled or failed. You can still send them after you sign in again.`);
  if (lost) sentences.push(lost === 1 ? `1${other()} message will not be sent if you sign out now. To send it first, choose Cancel.`
    : `${lost}${other()} messages will not be sent if you sign out now. To send them first, choose Cancel.`);
  return sentences.join(' ');
}

/** What happens to them if the conversations are deleted. @param {Unsent} unsent */
function ifDeleted({ later, stopped, lost }) {
  const count = later + stopped + lost;
  if (!count) return '';
  return count === 1 ? '1 message has not been sent. It will be deleted too. To send it first, choose Cancel.'
    : `${count} messages have not been sent. They will be deleted too. To send them first, choose Cancel.`;
}
