/** A picture in a message: its thumbnail, blurred, until the picture itself is there. */
import { clone, part, icon, objectUrl, showText } from './dom.js';
import { fetchMedia } from './file-box.js';
import { bytes } from './format.js';
import { showPicture } from './viewer.js';
import { showTransfer } from './transfer-view.js';

/** @import { Message } from './message.js' */
/** @import { Conversation } from './conversation.js' */

const FETCH_AT_ONCE = 5 * 1024 * 1024; // bytes
const BOX = { width: 320, height: 320, least: 96 }; // pixels

/**
 * @param {Message} message with media
 * @param {Conversation} conversation
 */
export function pictureTile(message, conversation) {
  const media = /** @type {import('./message.js').Media} */ (message.kept.media);
  const box = clone('picture');
  const [open, image, status] = [part(box, 'button', 'open'), part(box, 'img', 'image'), part(box, 'p', 'status')];
  fit(box, media);
  open.setAttribute('aria-label', `Open picture ${media.name}`);
  open.onclick = () => showPicture(message, conversation);

  const show = async (/** @type {Blob} */ blob) => {
    const full = new Image();
    full.alt = '';
    full.src = objectUrl(open, blob);
    try {
      await full.decode();
    } catch {
      if (open.isConnected) conversation.showAsFile(message); // no picture that this browser knows
      return;
    }
    fit(box, { width: full.naturalWidth, height: full.naturalHeight });
    full.dataset.part = 'image';
    open.querySelector('img, .icon')?.replaceWith(full);
    open.classList.remove('preview');
  };
  const load = async () => {
    box.querySelector('.load')?.remove();
    const blob = await fetchMedia(message, conversation, { box, ring: box, status, name: media.name, retry: () => message.load() });
    if (!blob) return undefined;
    message.local = blob;
    showText(status, ''); // how large it is mattered before
    await show(blob);
    return blob;
  };
  message.load = () => {
    if (message.local) return Promise.resolve(message.local);
    const loading = (message.loading ??= load());
    loading.finally(() => (message.loading = undefined));
    return loading;
  };

  if (message.upload) showTransfer(message.upload, 'upload', { box, ring: box, status, name: media.name });
  if (message.local) {
    if (media.thumbnail) image.src = objectUrl(image, media.thumbnail);
    show(message.local);
    return box;
  }
  open.classList.add('preview');
  if (media.thumbnail?.size) image.src = objectUrl(image, media.thumbnail);
  else image.replaceWith(icon('image'));
  if (media.size <= FETCH_AT_ONCE) whenNear(box, () => message.load());
  else offer(box, media, () => message.load());
  return box;
}

/**
 * @param {HTMLElement} box
 * @param {import('./message.js').Media} media
 * @param {() => void} load
 */
function offer(box, { name, size }, load) {
  const button = clone('load');
  button.append(icon('down'));
  button.setAttribute('aria-label', `Load ${name}, ${bytes(size)}`);
  button.title = `Load ${bytes(size)}`;
  button.onclick = load;
  box.append(button);
  showText(part(box, 'p', 'status'), bytes(size));
}

/** @type {WeakMap<Element, () => void>} */
const waiting = new WeakMap();
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    waiting.get(target)?.();
  }
}, { rootMargin: '800px' });

/**
 * Runs a function once an element comes near what is in sight, so that an old conversation does not load all its pictures.
 * @param {Element} element
 * @param {() => void} work
 */
function whenNear(element, work) {
  waiting.set(element, work);
  near.observe(element);
}

/**
 * Whether a picture is so small that it is shown as it is, not enlarged to fill its place.
 * @param {{width?: number, height?: number}} picture in pixels, 0 if unknown
 */
export function isSmall({ width = 0, height = 0 }) {
  return width > 0 && height > 0 && width < BOX.least && height < BOX.least;
}

/**
 * Gives a picture's place its size before it is there. The numbers are a stranger's. A small picture
 * is not made larger; it stands in the middle of a place that one can hit.
 * @param {HTMLElement} box
 * @param {{width?: number, height?: number}} picture in pixels, 0 if unknown
 */
function fit(box, { width = 0, height = 0 }) {
  const open = part(box, 'button', 'open');
  const known = width > 0 && height > 0 && Number.isFinite(width) && Number.isFinite(height);
  const ratio = known ? Math.min(5, Math.max(0.2, width / height)) : 4 / 3;
  const shown = Math.min(BOX.width, BOX.height * ratio, known ? width : 240);
  const small = isSmall({ width, height });
  open.classList.toggle('small', small);
  open.style.width = `${Math.round(small ? BOX.least : Math.max(shown, BOX.least))}px`;
  open.style.aspectRatio = String(small ? 1 : Math.max(shown, BOX.least) / Math.max(shown / ratio, 40));
}
