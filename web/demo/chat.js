/** The conversations of one session, and which of them is open. */
import { draft, focusComposer, setTarget, startComposer } from './composer.js';
import { Conversation } from './conversation.js';
import { showHead, showPictures } from './conversation-head.js';
import { byId, showText } from './dom.js';
import { explain } from './errors.js';
import { visit } from './navigation.js';
import { sendFiles, sendText } from './outgoing.js';
import { grown, showThread } from './scroller.js';
import { showConversations, startSidebar } from './sidebar.js';
import { TransferQueue } from './transfers.js';

/** @import { ReceivedMessage } from '../src/rtm.d.ts' */
/** @import { Session } from './session.js' */

const view = byId('main', 'chat-view');

export class Chat {
  transfers = new TransferQueue();

  /** @type {Map<string, Conversation>} */
  #conversations = new Map();
  /** Those being joined. @type {Map<string, Promise<Conversation>>} */
  #opening = new Map();
  /** @type {Conversation | undefined} */
  #active;

  /** @param {Session} session */
  constructor(session) {
    this.session = session;
    startSidebar((kind, name) => this.open(kind, name));
    startComposer({
      onText: (text) => this.#active && sendText(this.#active, text),
      onFiles: (files) => this.#active && sendFiles(this.#active, files),
    });
    byId('button', 'back').onclick = () => this.#go(undefined);
    byId('button', 'leave').onclick = () => this.#active && this.#close(this.#active);
    byId('div', 'members').onbeforetoggle = (event) => {
      if (event.newState === 'open') this.#active?.refreshMembers();
    };
    this.#paint();
  }

  /**
   * Begins with a conversation, or with the list. Rejects like open.
   * @param {string} id "" for the list
   */
  async begin(id) {
    const [kind, name] = split(id);
    if (kind === 'channel' || kind === 'peer') return this.open(kind, name);
    this.#show(undefined);
    focusList();
  }

  /** Shows what Back or Forward leads to: the list for what is not open any more. @param {string} id */
  showPlace(id) {
    const conversation = this.#conversations.get(id);
    if (conversation === this.#active) return;
    this.#show(conversation);
    if (!conversation) focusList();
  }

  /**
   * Opens a conversation, or shows it if it is open already. Rejects with an Error whose
   * message is fit to be shown.
   * @param {'channel' | 'peer'} kind
   * @param {string} name
   */
  async open(kind, name) {
    if (kind === 'peer' && name === this.session.uid) throw new Error('That is you. Open a second window to be somebody else.');
    const id = `${kind}:${name}`;
    const existing = this.#conversations.get(id);
    if (existing) return this.#go(existing);
    const opening = this.#opening.get(id) ?? this.#start(kind, name);
    this.#opening.set(id, opening); // so that a double click joins once
    try {
      this.#go(await opening);
    } finally {
      this.#opening.delete(id);
    }
  }

  /**
   * @param {'channel' | 'peer'} kind
   * @param {string} name
   */
  async #start(kind, name) {
    const conversation = new Conversation(kind, name, this);
    await conversation.open().catch((error) => {
      throw new Error(explain(error, 'join'));
    });
    return this.#add(conversation);
  }

  /**
   * @param {ReceivedMessage} message
   * @param {string} peer
   * @param {number} time in ms since 1970
   */
  receive(message, peer, time) {
    const conversation = this.#conversations.get(`peer:${peer}`) ?? this.#add(new Conversation('peer', peer, this));
    conversation.receive(message, peer, time);
  }

  /** Frees all that was received and stops what is under way. */
  end() {
    this.transfers.setConnected(false);
    for (const conversation of this.#conversations.values()) conversation.close();
    this.#conversations.clear();
    this.#show(undefined);
  }

  /** @param {Conversation} conversation */
  #add(conversation) {
    this.#conversations.set(conversation.id, conversation);
    conversation.thread.addEventListener('shown', () => conversation === this.#active && showPictures(conversation));
    conversation.onchange = (added) => {
      const own = added?.dataset.own === 'true' || added?.dataset.testid === 'transfer';
      if (conversation === this.#active && added) grown(own);
      if (added?.dataset.own === 'false' && (conversation !== this.#active || document.hidden)) conversation.unread++;
      this.#paint();
    };
    return conversation;
  }

  /** Shows a conversation, or the list, where Back leads to what was shown before. @param {Conversation | undefined} conversation */
  #go(conversation) {
    visit(conversation?.id ?? '');
    this.#show(conversation);
    if (!conversation) focusList();
  }

  /** @param {Conversation | undefined} conversation */
  #show(conversation) {
    showText(byId('p', 'new-error'), '');
    if (this.#active) this.#active.draft = draft('');
    this.#active = conversation;
    view.dataset.pane = conversation ? 'conversation' : 'list';
    byId('section', 'conversation').hidden = !conversation;
    byId('section', 'welcome').hidden = !!conversation;
    if (conversation) {
      setTarget(conversation.title);
      draft(conversation.draft);
      showThread(conversation.thread);
      focusComposer();
    }
    this.seen();
  }

  /** What is open has been read, if the page is in sight. */
  seen() {
    if (this.#active && !document.hidden) this.#active.unread = 0;
    this.#paint();
  }

  /** @param {Conversation} conversation */
  #close(conversation) {
    conversation.close();
    this.#conversations.delete(conversation.id);
    this.#go(undefined);
  }

  #paint() {
    showConversations(this.#conversations.values(), this.#active, (conversation) => this.#go(conversation));
    if (this.#active) showHead(this.#active, (member) => this.open('peer', member));
    let unread = 0;
    for (const conversation of this.#conversations.values()) unread += conversation.unread;
    document.title = `${unread ? `(${unread}) ` : ''}${this.#active ? `${this.#active.title} · ` : ''}RTM chat`;
    const channel = this.#active?.kind === 'channel' ? this.#active.name : 'lobby';
    byId('a', 'second').dataset.channel = channel;
  }
}

/** Where the focus goes when what had it is gone; not into a field where that calls up an on-screen keyboard. */
function focusList() {
  if (matchMedia('(hover: hover)').matches) byId('input', 'new-name').focus();
  else byId('nav', 'list').focus();
}

/** The kind and the name in the id of a conversation. @param {string} id */
function split(id) {
  const colon = id.indexOf(':');
  return /** @type {const} */ ([id.slice(0, colon), id.slice(colon + 1)]);
}
