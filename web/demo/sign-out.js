/** Asks before signing out, because of what stays in the browser. */
import { byId, part, showText } from './dom.js';

const dialog = byId('dialog', 'sign-out');
const [forget, confirm] = [part(dialog, 'input', 'forget'), part(dialog, 'button', 'confirm')];
const unsentText = part(dialog, 'p', 'unsent');

/**
 * @param {string} name of who is signed in
 * @param {number} unsent how many messages are still to be sent
 * @param {(forget: boolean) => void} signOut
 */
export function askSignOut(name, unsent, signOut) {
  part(dialog, 'b', 'name').textContent = name;
  forget.checked = false;
  const say = () => {
    const count = unsent === 1 ? '1 message is' : `${unsent} messages are`;
    showText(unsentText, unsent ? `${count} not sent yet, and ${forget.checked ? 'will not be sent' : 'will be sent when you sign in again'}.` : '');
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
dialog.onclick = (event) => {
  if (event.target === dialog) dialog.close();
};
