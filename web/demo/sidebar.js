/** The list of conversations, and the form that starts one. */
import { byId, clone, icon, make, part, showText } from './dom.js';
import { when } from './format.js';
import { isName, paintAvatar } from './names.js';
import { presenceText } from './presence.js';

/** @import { Conversation } from './conversation.js' */

const list = byId('ul', 'conversations');
const form = byId('form', 'new-conversation');
const input = byId('input', 'new-name');
const problem = byId('p', 'new-error');

/**
 * @param {(kind: 'channel' | 'peer', name: string) => Promise<void>} open rejects with an Error to show
 */
export function startSidebar(open) {
  const attempt = async (/** @type {'channel' | 'peer'} */ kind, /** @type {string} */ name) => {
    showText(problem, '');
    try {
      if (!name) throw new Error('Type the name of a channel or of a person first.');
      if (!isName(name)) throw new Error('Names have up to 64 plain letters, digits, spaces and most punctuation.');
      await open(kind, name);
      input.value = '';
    } catch (error) {
      showText(problem, /** @type {Error} */ (error).message);
      input.focus();
    }
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const kind = event.submitter?.getAttribute('value') === 'peer' ? 'peer' : 'channel';
    const name = input.value.trim();
    attempt(kind, kind === 'channel' ? name.replace(/^#/, '') : name);
  };
  for (const button of [byId('button', 'offer'), byId('button', 'welcome-lobby')]) {
    button.onclick = () => attempt('channel', 'lobby');
  }
}

/**
 * @param {Iterable<Conversation>} conversations
 * @param {Conversation | undefined} active
 * @param {(conversation: Conversation) => void} choose
 */
export function showConversations(conversations, active, choose) {
  const all = [...conversations];
  const rows = new Map([...list.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.id, /** @type {HTMLElement} */ (row)]));
  const wanted = all.map((conversation) => {
    const row = rows.get(conversation.id) ?? newRow(conversation, () => choose(conversation));
    update(row, conversation, conversation === active);
    return row;
  });
  for (const row of rows.values()) if (!wanted.includes(row)) row.remove();
  wanted.forEach((row, i) => list.children[i] !== row && list.insertBefore(row, list.children[i] ?? null));
  byId('button', 'offer').hidden = all.some((c) => c.id === 'channel:lobby');
}

/**
 * @param {Conversation} conversation
 * @param {() => void} choose
 */
function newRow(conversation, choose) {
  const row = clone('conversation');
  const button = /** @type {HTMLButtonElement} */ (row.querySelector('button'));
  row.dataset.id = button.dataset.id = conversation.id;
  part(row, 'span', 'name').textContent = conversation.name;
  paintConversation(part(row, 'span', 'avatar'), conversation);
  button.onclick = choose;
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {Conversation} conversation
 * @param {boolean} active
 */
function update(row, { last, unread, kind, time, presence }, active) {
  showPresence(part(row, 'span', 'avatar'), presence);
  part(row, 'span', 'presence').textContent = presence ? presenceText[presence] : '';
  part(row, 'span', 'last').textContent = last || (kind === 'channel' ? 'Channel' : 'Person');
  part(row, 'time', 'time').textContent = last ? when(time) : '';
  const badge = part(row, 'span', 'badge');
  badge.replaceChildren(unread > 99 ? '99+' : String(unread), make('span', 'sr-only', ' unread'));
  badge.hidden = !unread;
  row.querySelector('button')?.setAttribute('aria-current', String(active));
}

/**
 * @param {HTMLElement} avatar
 * @param {Conversation} conversation
 */
export function paintConversation(avatar, { kind, name, presence }) {
  paintAvatar(avatar, name);
  showPresence(avatar, presence);
  if (kind === 'channel') avatar.replaceChildren(icon('hash'));
}

/**
 * A dot at the avatar of a person.
 * @param {HTMLElement} avatar
 * @param {import('./presence.js').State | undefined} presence
 */
function showPresence(avatar, presence) {
  if (presence) avatar.dataset.presence = presence;
  else delete avatar.dataset.presence;
}
