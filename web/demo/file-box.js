/** A file in a message: what it is, and a button that fetches and saves it. */
import { clone, part, icon, discard } from './dom.js';
import { bytes, fileIcon } from './format.js';
import { transferCard } from './transfer-card.js';
import { Transfer, TransferQueue } from './transfers.js';

/** @import { MediaTransferHandler } from '../src/rtm.d.ts' */

/**
 * @typedef {object} Source
 * @property {string} name
 * @property {number} size in bytes
 * @property {(handler: MediaTransferHandler) => Promise<Blob>} fetch
 * @property {TransferQueue} transfers
 * @property {Blob} [local] the file itself, if it is on this machine
 */

/** @param {Source} source */
export function fileBox(source) {
  const box = clone('file');
  const save = part(box, 'button', 'save');
  part(box, 'span', 'icon').append(icon(fileIcon(source.name)));
  part(box, 'p', 'name').textContent = source.name;
  part(box, 'p', 'size').textContent = bytes(source.size);
  save.setAttribute('aria-label', `Save ${source.name}`);
  save.onclick = () => {
    if (source.local) return saveAs(source.local, source.name);
    fetchInto(box, source, (blob) => saveAs(blob, source.name));
  };
  return box;
}

/**
 * Fetches with a strip of progress at the end of an element.
 * @param {HTMLElement} box
 * @param {Source} source
 * @param {(blob: Blob) => void} use
 */
export function fetchInto(box, { name, size, fetch, transfers }, use) {
  const earlier = box.querySelector('.transfer');
  if (earlier) discard(earlier);
  /** @type {Blob} */
  let blob;
  const transfer = new Transfer({
    name,
    size,
    work: async (handler) => {
      blob = await fetch(handler);
    },
  });
  const strip = transferCard(transfer, transfers, 'download', () => {
    discard(strip);
    use(blob);
  });
  box.append(strip);
  transfers.add(transfer);
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
