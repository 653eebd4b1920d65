/** Where messages are written, and where files come in: by button, by paste, by drop. */
import { byId, part } from './dom.js';

const form = byId('form', 'compose');
const text = byId('textarea', 'text');
const input = byId('input', 'attach-input');
const drop = byId('div', 'drop');

/**
 * @param {{onText: (text: string) => void, onFiles: (files: File[]) => void}} handlers
 */
export function startComposer({ onText, onFiles }) {
  form.onsubmit = (event) => {
    event.preventDefault();
    if (text.value.trim()) onText(text.value);
    draft('');
    text.focus();
  };
  text.onkeydown = (event) => {
    // While characters are being composed, Enter belongs to the input method.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  };
  text.oninput = grow;
  document.onpaste = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || target.hidden || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    onFiles(files);
  };
  byId('button', 'attach').onclick = () => input.click();
  input.onchange = () => {
    onFiles([...(input.files ?? [])]);
    input.value = ''; // so that the same file can be chosen again
  };
  acceptDrops(onFiles);
}

/**
 * What is typed but not sent.
 * @param {string} [value] replaces it
 * @returns {string} what it was
 */
export function draft(value) {
  const before = text.value;
  if (value !== undefined) {
    text.value = value;
    grow();
  }
  return before;
}

/** @param {string} title of the conversation */
export function setTarget(title) {
  text.placeholder = `Message ${title}`;
  text.setAttribute('aria-label', `Message ${title}`);
  part(drop, 'b', 'target').textContent = title;
}

/** Puts the cursor there, but does not call up an on-screen keyboard. */
export function focusComposer() {
  if (matchMedia('(hover: hover)').matches) text.focus();
}

function grow() {
  text.style.height = 'auto';
  text.style.height = `${Math.min(text.scrollHeight + 2, 160)}px`;
}

const target = byId('section', 'conversation');
const hasFiles = (/** @type {DragEvent} */ event) => !!event.dataTransfer?.types.includes('Files');

/** @param {(files: File[]) => void} onFiles */
function acceptDrops(onFiles) {
  let depth = 0; // entering a child comes before leaving its parent
  const over = (/** @type {number} */ now) => {
    depth = now;
    drop.hidden = depth === 0;
  };
  target.ondragenter = (event) => hasFiles(event) && over(depth + 1);
  target.ondragleave = (event) => hasFiles(event) && over(Math.max(0, depth - 1));
  target.ondrop = (event) => {
    over(0);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length) onFiles(files);
  };
}

// A file dropped anywhere else would replace the page.
for (const type of /** @type {const} */ (['dragover', 'drop'])) {
  addEventListener(type, (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = target.contains(/** @type {Node} */ (event.target)) ? 'copy' : 'none';
  });
}
