/** What was picked and is still to be sent: each with a preview and a button that takes it out again. */
import { byId, clone, discard, icon, objectUrl, part } from './dom.js';
import { showName } from './file-box.js';
import { bytes, fileIcon, fileName } from './format.js';

/** @import { PreparedImage } from '../src/rtm.d.ts' */

/**
 * @typedef {object} Picked
 * @property {File} file
 * @property {string} name
 * @property {boolean} isPicture as far as its type tells
 * @property {() => Promise<PreparedImage | undefined>} prepare undefined for what is no picture that this browser knows
 * @property {string} problem why it can't be sent, "" if it can
 */

const MOST_BYTES = 30 * 1024 * 1024;
/** Room in the message for a caption: 1000 characters of up to 4 bytes. */
const CAPTION_ROOM = ' '.repeat(4000);

const tray = byId('div', 'tray');
const list = byId('ul', 'tray-items');

/**
 * Looks at a file, and prepares it if it is a picture: without its metadata, and with a thumbnail.
 * @param {File} file
 * @returns {Picked}
 */
export function pick(file) {
  const name = fileName(file.name);
  const isPicture = file.type.startsWith('image/') && file.type !== 'image/svg+xml';
  const problem = file.size === 0 ? 'This file is empty.' : file.size > MOST_BYTES ? `${bytes(file.size)} is too large. The limit is 30 MB.` : '';
  const prepare = isPicture && !problem ? once(() => prepared(file, name)) : async () => undefined;
  prepare().catch(() => {}); // it begins now; what fails is told when it is sent
  return { file, name, isPicture, prepare, problem };
}

/**
 * @param {File} file
 * @param {string} fileName
 */
function prepared(file, fileName) {
  return AgoraRTM.prepareImage(file, { fileName, description: CAPTION_ROOM }).catch((error) => {
    // Anything else may pass, and must not have a picture sent with what its metadata tells.
    if (error.name !== 'RtmInvalidArgumentError') throw error;
    return undefined;
  });
}

/**
 * Runs a function once, and again only if that failed.
 * @template T
 * @param {() => Promise<T>} work
 */
function once(work) {
  /** @type {Promise<T> | undefined} */
  let result;
  return () => {
    result ??= work().catch((error) => {
      result = undefined;
      throw error;
    });
    return result;
  };
}

/**
 * Shows what is picked.
 * @param {Picked[]} picked
 * @param {(without: Picked) => void} remove
 */
export function showTray(picked, remove) {
  const rows = [...list.children].map((row) => /** @type {HTMLElement} */ (row));
  const wanted = picked.map((one) => rows.find((row) => shown.get(row) === one) ?? newRow(one, remove));
  for (const row of rows) if (!wanted.includes(row)) discard(row);
  wanted.forEach((row, i) => list.children[i] !== row && list.insertBefore(row, list.children[i] ?? null));
  tray.hidden = !picked.length;
}

/** @type {WeakMap<Element, Picked>} */
const shown = new WeakMap();

/**
 * @param {Picked} picked
 * @param {(without: Picked) => void} remove
 */
function newRow(picked, remove) {
  const { file, name, isPicture, problem } = picked;
  const row = clone('tray-item');
  shown.set(row, picked);
  const [preview, label, size, button] = [part(row, 'span', 'preview'), part(row, 'p', 'name'), part(row, 'p', 'size'), part(row, 'button', 'remove')];
  showName(label, name);
  size.textContent = problem || bytes(file.size);
  size.classList.toggle('problem', !!problem);
  if (problem) size.dataset.testid = 'error';
  row.classList.toggle('of-picture', isPicture && !problem);
  preview.append(icon(fileIcon(name)));
  if (isPicture && !problem) {
    const image = new Image();
    image.alt = '';
    image.onload = () => preview.replaceChildren(image);
    image.onerror = () => row.classList.remove('of-picture');
    image.src = objectUrl(row, file);
  }
  button.setAttribute('aria-label', `Remove ${name}`);
  button.title = 'Remove';
  button.onclick = () => {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    remove(picked);
    (next?.querySelector('button') ?? byId('textarea', 'text')).focus();
  };
  return row;
}

/**
 * Whether a file can be read: a folder that was dropped can't, and neither can what was moved since.
 * @param {File} file
 */
export function readable(file) {
  return file.slice(0, 1).arrayBuffer().then(() => true, () => false);
}
