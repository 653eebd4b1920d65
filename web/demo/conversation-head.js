/** The top of the open conversation: what it is called, who is in it, and how to leave. */
import { byId, make, showText } from './dom.js';
import { people } from './format.js';
import { pictures, showGallery } from './gallery.js';
import { paintAvatar } from './names.js';
import { presenceText } from './presence.js';
import { paintConversation } from './sidebar.js';

/** @import { Conversation } from './conversation.js' */

const count = byId('button', 'member-count');
const members = byId('div', 'members');
const gallery = byId('button', 'show-gallery');
/** @type {string[] | undefined} */
let shown;

/**
 * @param {Conversation} conversation
 * @param {(member: string) => void} write called with who was chosen from the members
 */
export function showHead(conversation, write) {
  const { kind, name, memberCount } = conversation;
  const channel = kind === 'channel';
  byId('h2', 'title').textContent = name;
  const presence = conversation.presence;
  showText(byId('p', 'subtitle'), presence ? presenceText[presence] : channel ? '' : 'Person');
  byId('p', 'subtitle').dataset.presence = presence ?? '';
  byId('button', 'leave').textContent = channel ? 'Leave' : 'Remove';
  byId('button', 'leave').setAttribute('aria-label', channel ? `Leave ${name}` : `Remove the conversation with ${name}`);
  paintConversation(byId('span', 'title-icon'), conversation);
  count.hidden = !channel;
  count.textContent = people(memberCount);
  gallery.onclick = () => showGallery(conversation);
  showMembers(conversation, write);
}

/** @param {Conversation} conversation */
export function showPictures(conversation) {
  const { length } = pictures(conversation);
  gallery.hidden = !length;
  gallery.title = length === 1 ? '1 picture' : `${length} pictures`;
  gallery.setAttribute('aria-label', gallery.title);
}

/**
 * @param {Conversation} conversation
 * @param {(member: string) => void} write
 */
function showMembers({ members: names, session }, write) {
  if (names === shown) return; // called for each message; the list may be long, and in use
  shown = names;
  const rows = [...names].sort((a, b) => a.localeCompare(b)).map((name) => {
    const avatar = make('span', 'avatar small');
    avatar.setAttribute('aria-hidden', 'true');
    paintAvatar(avatar, name);
    if (name === session.uid) return make('li', 'member', avatar, make('span', 'member-name', name), make('span', 'muted', 'you'));
    const button = make('button', 'quiet', 'Write');
    button.type = 'button';
    button.setAttribute('aria-label', `Write to ${name}`);
    button.onclick = () => {
      members.hidePopover();
      write(name);
    };
    return make('li', 'member', avatar, make('span', 'member-name', name), button);
  });
  members.querySelector('ul')?.replaceChildren(...rows);
}
