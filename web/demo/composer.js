/** Where messages are written, and where files come in: by button, by paste, by drop. */
import { byId, part } from './dom.js';
import { pick, readable, showTray } from './tray.js';

/** @import { Conversation } from './conversation.js' */
/** @import { Picked } from './tray.js' */

const form = byId('form', 'compose');
const text = byId('textarea', 'text');
const input = byId('input', 'attach-input');
const drop = byId('div', 'drop');

/** @type {Conversation | undefined} */
let target;

/**
 * @param {(conversation: Conversation, text: string, picked: Picked[]) => void} send
 */
export function startComposer(send) {
  form.onsubmit = (event) => {
    event.preventDefault();
    if (!target) return;
    const ready = target.picked.filter(({ problem }) => !problem);
    if (!text.value.trim() && !ready.length) return text.focus();
    send(target, text.value.trim() && text.value, ready);
    target.picked = [];
    text.value = '';
    show();
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
    if (!files.length || pane.hidden || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    add(files);
  };
  byId('button', 'attach').onclick = () => input.click();
  input.onchange = () => {
    add([...(input.files ?? [])]);
    input.value = ''; // so that the same file can be chosen again
  };
  acceptDrops();
}

/**
 * Writes to another conversation; what was typed and picked for the one before stays with it.
 * @param {Conversation | undefined} conversation
 */
export function setTarget(conversation) {
  if (target) target.draft = text.value;
  target = conversation;
  if (!target) return;
  text.value = target.draft;
  part(drop, 'b', 'target').textContent = target.title;
  show();
}

/** Puts the cursor there, but does not call up an on-screen keyboard. */
export function focusComposer() {
  if (matchMedia('(hover: hover)').matches) text.focus();
  else byId('div', 'scroller').focus();
}

/** @param {File[]} files */
async function add(files) {
  const conversation = target;
  if (!conversation) return;
  const picked = files.map(pick);
  conversation.picked = [...conversation.picked, ...picked];
  if (conversation === target) show();
  text.focus();
  for (const one of picked) {
    if (one.problem || (await readable(one.file))) continue;
    one.problem = 'This can’t be read. Is it a folder, or was it moved since it was chosen?';
    conversation.picked = conversation.picked.map((other) => (other === one ? { ...one } : other));
    if (conversation === target) show();
  }
}

/** Shows the tray, and what the text will be. */
function show() {
  if (!target) return;
  const { picked, title } = target;
  showTray(picked, (without) => {
    if (target) target.picked = target.picked.filter((other) => other !== without);
    show();
  });
  const what = picked.some(({ problem }) => !problem) ? 'Add a caption' : `Message ${title}`;
  text.placeholder = what;
  text.setAttribute('aria-label', what);
  grow();
}

function grow() {
  text.style.height = 'auto';
  text.style.height = `${Math.min(text.scrollHeight + 2, 160)}px`;
}

const pane = byId('section', 'conversation');
const hasFiles = (/** @type {DragEvent} */ event) => !!event.dataTransfer?.types.includes('Files');

function acceptDrops() {
  let depth = 0; // entering a child comes before leaving its parent
  const over = (/** @type {number} */ now) => {
    depth = now;
    drop.hidden = depth === 0;
  };
  pane.ondragenter = (event) => hasFiles(event) && over(depth + 1);
  pane.ondragleave = (event) => hasFiles(event) && over(Math.max(0, depth - 1));
  pane.ondrop = (event) => {
    over(0);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length) add(files);
  };
}

// A file dropped anywhere else would replace the page.
for (const type of /** @type {const} */ (['dragover', 'drop'])) {
  addEventListener(type, (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = pane.contains(/** @type {Node} */ (event.target)) ? 'copy' : 'none';
  });
}
