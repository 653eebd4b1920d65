/** All pictures of a conversation at a glance. */
import { byId, make, part } from './dom.js';

const dialog = byId('dialog', 'gallery');
const list = part(dialog, 'ul', 'pictures');

/**
 * The buttons that open pictures, in the order of the messages; those whose picture is still to come are left out.
 * @param {ParentNode} thread
 * @returns {HTMLElement[]}
 */
export function pictures(thread) {
  return [...thread.querySelectorAll('button.picture:not(.preview)')].map((button) => /** @type {HTMLElement} */ (button));
}

/**
 * @param {ParentNode} thread
 * @param {string} title of the conversation
 */
export function showGallery(thread, title) {
  byId('h2', 'gallery-title').textContent = `Pictures · ${title}`;
  list.replaceChildren(...pictures(thread).map((opener) => {
    const button = make('button', 'gallery-picture', Object.assign(new Image(), { src: opener.querySelector('img')?.src, alt: '' }));
    button.type = 'button';
    button.setAttribute('aria-label', opener.getAttribute('aria-label') ?? '');
    button.onclick = () => {
      dialog.close();
      opener.click();
    };
    return make('li', '', button);
  }));
  dialog.showModal();
}

part(dialog, 'button', 'close').onclick = () => dialog.close();
dialog.onclick = (event) => {
  if (event.target === dialog) dialog.close();
};
