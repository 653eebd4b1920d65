/** A picture in a message: its thumbnail, blurred, until the picture itself is there. */
import { clone, part, icon, objectUrl } from './dom.js';
import { fetchInto, fileBox } from './file-box.js';
import { bytes } from './format.js';
import { showPicture } from './lightbox.js';

/** @import { Source } from './file-box.js' */

const FETCH_AT_ONCE = 5 * 1024 * 1024; // bytes
const BOX = { width: 320, height: 320, least: 96 }; // pixels

/**
 * @param {{width?: number, height?: number, thumbnail?: Blob}} picture
 * @param {Source} source
 */
export function pictureBox(picture, source) {
  const box = clone('picture');
  const [open, load] = [part(box, 'button', 'open'), part(box, 'button', 'load')];
  fit(open, picture);
  open.setAttribute('aria-label', `Picture ${source.name}`);

  const start = () => {
    load.hidden = true;
    fetchInto(box, source, (blob) => show(box, blob, source));
  };
  if (source.local) {
    show(box, source.local, source);
    return box;
  }
  if (picture.thumbnail?.size) {
    part(box, 'img', 'image').src = objectUrl(part(box, 'img', 'image'), picture.thumbnail);
  } else {
    open.append(icon('image'));
  }
  open.classList.add('preview');
  open.onclick = () => !load.hidden && start();
  if (source.size <= FETCH_AT_ONCE) {
    start();
  } else {
    load.append(icon('down'), `Load ${bytes(source.size)}`);
    load.setAttribute('aria-label', `Load ${source.name}, ${bytes(source.size)}`);
    load.hidden = false;
    load.onclick = start;
  }
  return box;
}

/**
 * Shows the picture itself, or offers to save it if this browser can't.
 * @param {HTMLElement} box
 * @param {Blob} blob
 * @param {Source} source
 */
async function show(box, blob, source) {
  const image = new Image();
  image.alt = '';
  image.src = objectUrl(image, blob);
  try {
    await image.decode();
  } catch {
    box.replaceChildren(fileBox({ ...source, local: blob }));
    return;
  }
  const open = part(box, 'button', 'open');
  const preview = open.querySelector('img');
  if (preview?.src) URL.revokeObjectURL(preview.src);
  open.replaceChildren(image);
  open.classList.remove('preview');
  open.setAttribute('aria-label', `Open picture ${source.name}`);
  open.onclick = () => showPicture(blob, source.name, open);
  open.dispatchEvent(new Event('shown', { bubbles: true })); // the gallery has one more
}

/**
 * Gives a picture's place its size before it is there. The numbers are a stranger's.
 * @param {HTMLElement} element
 * @param {{width?: number, height?: number}} picture in pixels, 0 if unknown
 */
function fit(element, { width = 0, height = 0 }) {
  const known = width > 0 && height > 0 && Number.isFinite(width) && Number.isFinite(height);
  const ratio = known ? Math.min(5, Math.max(0.2, width / height)) : 4 / 3;
  const shown = Math.min(BOX.width, BOX.height * ratio, known ? Math.max(width, BOX.least) : 240);
  element.style.width = `${Math.round(shown)}px`;
  element.style.aspectRatio = String(ratio);
}
