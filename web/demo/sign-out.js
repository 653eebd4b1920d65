/** Asks before signing out, because of what stays in the browser. */
import { byId, closeOnBackdrop, part, showText } from './dom.js';

const dialog = byId('dialog', 'sign-out');
const [forget, confirm] = [part(dialog, 'input', 'forget'), part(dialog, 'button', 'confirm')];
const unsentText = part(dialog, 'p', 'unsent');

/**
 * @param {string} name of who is signed in
 * @param {{later: number, lost: number}} unsent how many messages are sent after the next login, and how many never
 * @param {(forget: boolean) => void} signOut
 */
export function askSignOut(name, { later, lost }, signOut) {
  part(dialog, 'b', 'name').textContent = name;
  forget.checked = false;
  const say = () => {
    const [sent, gone] = forget.checked ? [0, later + lost] : [later, lost];
    const sentences = [sent && `${messages(sent)} not sent yet, and will be sent when you sign in again.`, gone && `${messages(gone)} not sent yet, and will not be sent.`];
    showText(unsentText, sentences.filter(Boolean).join(' '));
  };
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

/** @param {number} count */
function messages(count) {
  return count === 1 ? '1 message is' : `${count} messages are`;
}
