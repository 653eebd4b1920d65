/** The conversations of one session, and which of them is open. */
import { Archive } from './archive.js';
import { focusComposer, setTarget, startComposer } from './composer.js';
import { Conversation } from './conversation.js';
import { showHead, showPictures } from './conversation-head.js';
import { byId, showText } from './dom.js';
import { explain } from './errors.js';
import { visit } from './navigation.js';
import { conversationOf, Outgoing } from './outgoing.js';
import { Presence } from './presence.js';
import { grown, showThread } from './scroller.js';
import { showConversations, startSidebar } from './sidebar.js';
import { endUndo, offerUndo } from './toast.js';
import { TransferQueue } from './transfers.js';

/** @import { ReceivedMessage } from '../src/rtm.d.ts' */
/** @import { OutboxItem } from '../package/outbox.d.ts' */
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
  /** What was kept is shown; what comes meanwhile stands below it. @type {Promise<void>} */
  #restored;

  /** @param {Session} session signed in */
  constructor(session) {
    this.session = session;
    this.archive = new Archive(session.account);
    this.presence = new Presence(session.client, (peer) => this.#conversations.get(`peer:${peer}`)?.presenceChanged());
    this.outgoing = new Outgoing(session, this.archive);
    startSidebar((kind, name) => this.open(kind, name));
    startComposer((conversation, text, picked) => this.outgoing.send(conversation, text, picked));
    byId('button', 'back').onclick = () => this.#go(undefined);
    byId('button', 'leave').onclick = () => this.#active && this.#close(this.#active);
    byId('div', 'members').onbeforetoggle = (event) => {
      if (event.newState === 'open') this.#active?.refreshMembers();
    };
    this.#restored = this.#restore();
    this.#paint();
  }

  /** The channel that code for developers begins with. */
  get channel() {
    return this.#active?.kind === 'channel' ? this.#active.name : 'lobby';
  }

  /** @param {boolean} connected */
  setConnected(connected) {
    this.transfers.setConnected(connected);
    this.outgoing.setConnected(connected);
  }

  /** Opens all conversations that were open on an earlier page. */
  async #restore() {
    const pending = this.outgoing.items(); // side by side: neither may answer
    for (const { id, last, time, unread } of await this.archive.conversations()) Object.assign(this.#add(id), { last, time, unread });
    const items = await pending;
    for (const item of items.values()) {
      const id = conversationOf(item);
      if (!this.#conversations.has(id)) this.#add(id);
    }
    for (const conversation of this.#conversations.values()) {
      await this.#recall(conversation, items);
      this.#enter(conversation);
    }
    this.outgoing.restored();
  }

  /** Joins what is on the list already, unless that is done. @param {Conversation} conversation */
  #enter(conversation) {
    conversation.open().catch((error) => conversation.note(explain(error, 'join')));
  }

  /**
   * Shows what was kept of a conversation.
   * @param {Conversation} conversation
   * @param {Map<number, OutboxItem>} items of the outbox; those of the conversation are taken out
   */
  async #recall(conversation, items) {
    const messages = this.outgoing.messages(await this.archive.messages(conversation.id));
    await this.outgoing.resumeAll(conversation, messages, items);
    conversation.restore(messages);
  }

  /**
   * Begins with a conversation, or with the list. Rejects like open.
   * @param {string} id "" for the list
   */
  async begin(id) {
    await this.#restored;
    const [kind, name] = [id.slice(0, id.indexOf(':')), id.slice(id.indexOf(':') + 1)];
    if (kind === 'channel' || kind === 'peer') return this.open(kind, name);
    this.#show(undefined);
    if (!byId('nav', 'list').matches(':focus-within')) focusList(); // somebody may be typing there already
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
    const opening = this.#opening.get(id) ?? this.#start(id);
    this.#opening.set(id, opening); // so that a double click joins once
    try {
      this.#go(await opening);
    } finally {
      this.#opening.delete(id);
    }
  }

  /** @param {string} id */
  async #start(id) {
    const conversation = new Conversation(id, this);
    conversation.time = Date.now();
    await this.#recall(conversation, await this.outgoing.items());
    await conversation.open().catch((error) => {
      throw new Error(explain(error, 'join'));
    });
    return this.#add(id, conversation);
  }

  /**
   * @param {ReceivedMessage} message
   * @param {string} peer
   * @param {number} time in ms since 1970
   */
  async receive(message, peer, time) {
    await this.#restored;
    const id = `peer:${peer}`;
    const conversation = this.#conversations.get(id) ?? this.#add(id);
    conversation.open(); // of a person that is only to watch their presence
    conversation.receive(message, peer, time);
  }

  /** How many messages are not sent, by what happens to them at sign-out. */
  get unsent() {
    const count = { later: 0, stopped: 0, lost: 0 };
    for (const { thread } of this.#conversations.values()) {
      for (const message of thread.messages) if (message.upload && !message.upload.unknown) count[this.outgoing.atSignOut(message)]++;
    }
    return count;
  }

  /** Shows no conversation any more. */
  hide() {
    endUndo();
    this.#show(undefined);
  }

  /** Frees all that was received and stops what is under way. */
  end() {
    this.hide();
    this.setConnected(false);
    this.outgoing.end();
    for (const conversation of this.#conversations.values()) conversation.close();
    this.#conversations.clear();
    this.#paint();
  }

  /**
   * @param {string} id
   * @param {Conversation} [conversation]
   */
  #add(id, conversation = new Conversation(id, this)) {
    this.#conversations.set(conversation.id, conversation);
    conversation.onchange = (added) => {
      if (added && conversation === this.#active) grown(added.kept.own);
      if (added && !added.kept.own && (conversation !== this.#active || document.hidden)) conversation.unread++;
      this.#keep(conversation);
      this.#paint();
    };
    this.#keep(conversation);
    return conversation;
  }

  /** @type {Map<string, string>} */
  #kept = new Map();

  /** Keeps what the list shows of a conversation. @param {Conversation} conversation */
  #keep({ id, last, time, unread }) {
    const now = `${time} ${unread} ${last}`;
    if (this.#kept.get(id) === now || !this.#conversations.has(id)) return;
    this.#kept.set(id, now);
    this.archive.keepConversation({ id, last, time, unread });
  }

  /** Shows a conversation, or the list, where Back leads to what was shown before. @param {Conversation | undefined} conversation */
  #go(conversation) {
    visit(conversation?.id ?? '');
    this.#show(conversation);
    if (conversation) this.#enter(conversation);
    if (!conversation) focusList();
  }

  /** @param {Conversation | undefined} conversation */
  #show(conversation) {
    showText(byId('p', 'new-error'), '');
    this.#active = conversation;
    view.dataset.pane = document.body.dataset.pane = conversation ? 'conversation' : 'list';
    byId('section', 'conversation').hidden = !conversation;
    byId('section', 'welcome').hidden = !!conversation;
    setTarget(conversation);
    if (conversation) {
      showThread(conversation.thread.element);
      focusComposer();
    }
    this.seen();
  }

  /** What is open has been read, if the page is in sight. */
  seen() {
    if (this.#active && !document.hidden && this.#active.unread) {
      this.#active.unread = 0;
      this.#keep(this.#active);
    }
    this.#paint();
  }

  /** Leaves a conversation; what was said in it is gone when that can't be undone any more. @param {Conversation} conversation */
  #close(conversation) {
    const { id, kind, name, title, thread } = conversation;
    const unsent = thread.messages.filter(({ upload }) => upload && !upload.unknown).length;
    conversation.close();
    this.#conversations.delete(id);
    this.#kept.delete(id);
    this.archive.hide(id);
    this.#go(undefined);
    const undo = () => this.open(kind, name).catch((error) => showText(byId('p', 'new-error'), error.message));
    const done = kind === 'channel' ? `You left ${title}` : `Conversation with ${title} removed`;
    offerUndo(unsent ? `${done}, with ${unsent === 1 ? '1 message' : `${unsent} messages`} not sent.` : `${done}.`, undo, () => {
      if (this.#conversations.has(id)) return; // it was opened again
      for (const message of thread.messages) if (message.upload) this.outgoing.drop(message);
      this.archive.forget(id);
    });
  }

  #paint() {
    const latestFirst = [...this.#conversations.values()].sort((a, b) => b.time - a.time);
    showConversations(latestFirst, this.#active, (conversation) => this.#go(conversation));
    if (this.#active) {
      showHead(this.#active, (member) => this.open('peer', member));
      showPictures(this.#active);
    }
    let unread = 0;
    for (const conversation of latestFirst) unread += conversation.unread;
    document.title = `${unread ? `(${unread}) ` : ''}${this.#active ? `${this.#active.title} · ` : ''}RTM chat`;
    byId('a', 'second').dataset.channel = this.channel;
  }
}

/** Where the focus goes when what had it is gone; not into a field where that calls up an on-screen keyboard. */
function focusList() {
  if (matchMedia('(hover: hover)').matches) byId('input', 'new-name').focus();
  else byId('nav', 'list').focus();
}
