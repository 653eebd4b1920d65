/** One picture, large, above everything. */
import { byId, part } from './dom.js';
import { saveAs } from './file-box.js';

const dialog = byId('dialog', 'lightbox');
const image = part(dialog, 'img', 'image');

/**
 * @param {Blob} blob a picture this browser has shown already
 * @param {string} name
 */
export function showPicture(blob, name) {
  const url = URL.createObjectURL(blob);
  image.src = url;
  image.alt = name;
  byId('p', 'lightbox-name').textContent = name;
  part(dialog, 'button', 'save').onclick = () => saveAs(blob, name);
  dialog.onclose = () => {
    image.removeAttribute('src');
    URL.revokeObjectURL(url);
  };
  dialog.showModal();
}

part(dialog, 'button', 'close').onclick = () => dialog.close();
dialog.onclick = (event) => {
  if (event.target === dialog) dialog.close(); // beside the picture
};
