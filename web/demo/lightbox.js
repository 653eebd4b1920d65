/** One picture, large, above everything; from it one goes to the conversation's others. */
import { byId, part } from './dom.js';
import { saveAs } from './file-box.js';
import { pictures } from './gallery.js';

const dialog = byId('dialog', 'lightbox');
const image = part(dialog, 'img', 'image');
const [previous, next] = [part(dialog, 'button', 'previous'), part(dialog, 'button', 'next')];

/**
 * @param {Blob} blob a picture this browser has shown already
 * @param {string} name
 * @param {HTMLElement} opener what shows it when it is clicked
 */
export function showPicture(blob, name, opener) {
  const url = URL.createObjectURL(blob);
  URL.revokeObjectURL(image.src);
  image.src = url;
  image.alt = name;
  byId('p', 'lightbox-name').textContent = name;
  part(dialog, 'button', 'save').onclick = () => saveAs(blob, name);
  const all = pictures(opener.closest('.thread') ?? document);
  const at = all.indexOf(opener);
  for (const [button, other] of /** @type {const} */ ([[previous, all[at - 1]], [next, all[at + 1]]])) {
    button.hidden = all.length < 2;
    button.disabled = !other;
    button.onclick = () => other?.click();
  }
  if (!dialog.open) dialog.showModal();
}

dialog.onclose = () => {
  URL.revokeObjectURL(image.src);
  image.removeAttribute('src');
};
dialog.onkeydown = ({ key }) => {
  if (key === 'ArrowLeft') previous.click();
  if (key === 'ArrowRight') next.click();
};
part(dialog, 'button', 'close').onclick = () => dialog.close();
dialog.onclick = (event) => {
  if (event.target === dialog) dialog.close(); // beside the picture
};
