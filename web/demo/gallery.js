/** All pictures of a conversation at a glance. */
import { byId, closeOnBackdrop, make, part } from './dom.js';
import { showPicture } from './viewer.js';
import { openDialog } from './navigation.js';
import { isSmall } from './picture.js';

/** @import { Conversation } from './conversation.js' */

const dialog = byId('dialog', 'gallery');
const list = part(dialog, 'ul', 'pictures');
/** @type {string[]} */
let urls = [];

/** The pictures of a conversation in order, those that are still to be loaded included. @param {Conversation} conversation */
export function pictures({ thread }) {
  return thread.messages.filter(({ kept }) => kept.kind === 'IMAGE');
}

/** @param {Conversation} conversation */
export function showGallery(conversation) {
  byId('h2', 'gallery-title').textContent = `Pictures · ${conversation.title}`;
  list.replaceChildren(...pictures(conversation).map((message) => {
    const { thumbnail, name = '' } = message.kept.media ?? {};
    const blob = thumbnail?.size ? thumbnail : message.local;
    const image = new Image();
    image.alt = '';
    if (blob) urls.push((image.src = URL.createObjectURL(blob)));
    const button = make('button', 'gallery-picture', image);
    button.type = 'button';
    button.classList.toggle('small', isSmall(message.kept.media ?? {}));
    button.setAttribute('aria-label', `Open picture ${name}`);
    button.onclick = () => showPicture(message, conversation);
    return make('li', '', button);
  }));
  openDialog(dialog);
}

dialog.onclose = () => {
  urls.forEach((url) => URL.revokeObjectURL(url));
  urls = [];
};
part(dialog, 'button', 'close').onclick = () => dialog.close();
closeOnBackdrop(dialog);
