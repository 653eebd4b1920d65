/** A file in a message: what it is, and a button that fetches and saves it; audio and video also play. */
import { clone, part, icon, whenDiscarded } from './dom.js';
import { bytes, fileIcon, nameParts } from './format.js';
import { player } from './player.js';
import { showTransfer } from './transfer-view.js';
import { Transfer } from './transfers.js';

/** @import { Message } from './message.js' */
/** @import { Conversation } from './conversation.js' */

/**
 * @param {Message} message with media
 * @param {Conversation} conversation
 */
export function fileBox(message, conversation) {
  const media = /** @type {import('./message.js').Media} */ (message.kept.media);
  const box = clone('file');
  const [save, status, symbol] = [part(box, 'button', 'save'), part(box, 'p', 'size'), part(box, 'span', 'icon')];
  symbol.append(icon(fileIcon(media.name)));
  showName(part(box, 'p', 'name'), media.name);
  status.textContent = bytes(media.size);
  save.setAttribute('aria-label', `Save ${media.name}`);
  const place = { box, ring: symbol, status, name: media.name };
  const load = async () => {
    const blob = message.local ?? (await fetchMedia(message, conversation, { ...place, retry: load }));
    if (blob) saveAs(blob, media.name);
  };
  save.onclick = load;
  if (message.upload) showTransfer(message.upload, 'upload', place);
  const plays = player(message, conversation);
  if (plays) box.prepend(plays);
  return box;
}

/**
 * A name that keeps its end, and so its extension, where there is no room for all of it.
 * @param {HTMLElement} element
 * @param {string} name
 */
export function showName(element, name) {
  const [start, end] = nameParts(name);
  const [a, b] = [document.createElement('span'), document.createElement('span')];
  [a.textContent, b.textContent] = [start, end];
  element.replaceChildren(a, b);
  element.title = name;
}

/**
 * Downloads what a message names.
 * @param {Message} message
 * @param {Conversation} conversation
 * @param {import('./transfer-view.js').Place} place where its progress is shown
 * @returns {Promise<Blob | undefined>} undefined if it failed or was cancelled
 */
export function fetchMedia(message, { session, transfers }, place) {
  if (message.upload) return Promise.resolve(undefined); // it has never come to the gateway
  const { mediaId = '', size } = message.kept.media ?? { size: 0 };
  return new Promise((resolve) => {
    /** @type {Blob | undefined} */
    let blob;
    const transfer = new Transfer({
      name: place.name,
      size,
      work: async (handler) => {
        blob = await session.client.downloadMedia(mediaId, handler);
      },
    });
    place.ring.querySelector('.ring')?.remove();
    showTransfer(transfer, 'download', place);
    const paint = transfer.onchange;
    transfer.onchange = () => {
      paint();
      if (transfer.state !== 'queued' && transfer.state !== 'running') resolve(blob);
    };
    transfers.add(transfer);
    whenDiscarded(place.box, () => transfer.cancel());
  });
}

/**
 * Lets the browser save a Blob. Its type is hidden, so that no browser shows what a stranger
 * sent as a page of this site.
 * @param {Blob} blob
 * @param {string} name
 */
export function saveAs(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([blob], { type: 'application/octet-stream' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // no event tells when the browser has read it
}
