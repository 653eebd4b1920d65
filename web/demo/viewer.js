/** One picture, large, above everything; from it one goes to the conversation's others. */
import { byId, part, showText } from './dom.js';
import { saveAs } from './file-box.js';
import { pictures } from './gallery.js';
import { openDialog } from './navigation.js';
import { Zoom } from './zoom.js';

/** @import { Conversation } from './conversation.js' */
/** @import { Message } from './message.js' */

const dialog = byId('dialog', 'lightbox');
const image = part(dialog, 'img', 'image');
const [previous, next, save] = [part(dialog, 'button', 'previous'), part(dialog, 'button', 'next'), part(dialog, 'button', 'save')];
const zoom = new Zoom(part(dialog, 'div', 'stage'), image);
/** @type {{message: Message, conversation: Conversation} | undefined} */
let shown;

/**
 * @param {Message} message
 * @param {Conversation} conversation
 */
export async function showPicture(message, conversation) {
  shown = { message, conversation };
  const { name = '', thumbnail, width, height } = message.kept.media ?? {};
  const all = pictures(conversation);
  const at = all.indexOf(message);
  image.alt = name;
  byId('p', 'lightbox-name').textContent = name;
  part(dialog, 'span', 'place').textContent = all.length > 1 ? `${at + 1} of ${all.length}` : '';
  const focused = document.activeElement;
  for (const [button, other] of /** @type {const} */ ([[previous, all[at - 1]], [next, all[at + 1]]])) button.hidden = !other;
  openDialog(dialog);
  if (focused instanceof HTMLElement && focused.hidden) (previous.hidden ? next : previous).focus();
  showText(part(dialog, 'p', 'problem'), '');
  zoom.own = width && height ? { width, height } : undefined;
  if (message.local) put(message.local);
  else if (thumbnail?.size) put(thumbnail);
  else image.removeAttribute('src');
  image.classList.toggle('loading', !message.local);
  zoom.reset();
  save.disabled = !message.local;
  const blob = message.local ?? (await message.load());
  if (shown?.message !== message) return;
  image.classList.remove('loading');
  if (!blob) return showText(part(dialog, 'p', 'problem'), 'This picture could not be loaded.');
  if (save.disabled) put(blob);
  save.disabled = false;
}

/** Shows a neighbour of the picture. @param {number} step */
function go(step) {
  if (!shown) return;
  const { message, conversation } = shown;
  const all = pictures(conversation);
  const other = all[all.indexOf(message) + step];
  if (other) showPicture(other, conversation);
}

/** @param {Blob} blob */
function put(blob) {
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(blob);
}

const percent = part(dialog, 'button', 'fit');
zoom.onchange = (now) => {
  percent.textContent = `${now}%`;
  percent.setAttribute('aria-label', `${now}%, show all`);
};
zoom.onswipe = go;
zoom.onoutside = () => dialog.close();
percent.onclick = () => zoom.reset();
part(dialog, 'button', 'in').onclick = () => zoom.by(1.5);
part(dialog, 'button', 'out').onclick = () => zoom.by(1 / 1.5);
previous.onclick = () => go(-1);
next.onclick = () => go(1);
save.onclick = () => shown?.message.local && saveAs(shown.message.local, shown.message.kept.media?.name ?? 'picture');
part(dialog, 'button', 'close').onclick = () => dialog.close();
dialog.onkeydown = (event) => {
  const { key, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey) return; // those are the browser's
  if (zoom.key(key)) event.preventDefault();
  else if (key === 'ArrowLeft') go(-1);
  else if (key === 'ArrowRight') go(1);
};
dialog.onclose = () => {
  shown = undefined;
  URL.revokeObjectURL(image.src);
  image.removeAttribute('src');
};
