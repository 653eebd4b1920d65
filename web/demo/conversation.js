/** A channel or a person one talks with: who is there, what was said, and how to say more. */
import { discard, make } from './dom.js';
import { received } from './incoming.js';

/** @import { RtmChannel, RtmMessage, ReceivedMessage } from '../src/rtm.d.ts' */
/** @import { Session } from './session.js' */
/** @import { TransferQueue } from './transfers.js' */

/** How many messages stay on the page; older ones are removed, and their pictures freed. */
const KEEP = 500;

export class Conversation {
  unread = 0;
  /** The latest message in a few words. */
  last = '';
  /** What was typed and not sent. */
  draft = '';
  /** @type {string[]} */
  members = [];
  memberCount = 0;
  /** Called after each change. @type {(added?: HTMLElement) => void} */
  onchange = () => {};

  /** @type {RtmChannel | undefined} */
  #channel;

  /**
   * @param {'channel' | 'peer'} kind
   * @param {string} name
   * @param {{session: Session, transfers: TransferQueue}} services
   */
  constructor(kind, name, { session, transfers }) {
    this.kind = kind;
    this.name = name;
    this.session = session;
    this.transfers = transfers;
    this.id = `${kind}:${name}`;
    this.title = kind === 'channel' ? `#${name}` : name;
    this.thread = make('div', 'thread');
    this.thread.setAttribute('role', 'log');
    this.thread.setAttribute('aria-label', `Messages in ${this.title}`);
  }

  /** Joins the channel; a person needs no preparation. */
  async open() {
    if (this.kind === 'peer') return;
    const channel = (this.#channel = await this.session.join(this.name));
    channel.on('ChannelMessage', (message, from, props) => this.receive(message, from, props.serverReceivedTs));
    channel.on('MemberCountUpdated', (count) => this.#update({ count }));
    channel.on('MemberJoined', (member) => {
      this.#update({ members: [...new Set([...this.members, member])] });
      this.#note(`${member} joined`);
    });
    channel.on('MemberLeft', (member) => {
      this.#update({ members: this.members.filter((m) => m !== member) });
      this.#note(`${member} left`);
    });
    await this.refreshMembers();
  }

  /** Asks for the members; the events in between are only sent in channels of up to 512. */
  async refreshMembers() {
    const members = await this.#channel?.getMembers().catch(() => undefined);
    if (members) this.#update({ members, count: this.#channel?.memberCount || members.length });
  }

  /** Leaves, ends what is under way and frees what was received. */
  close() {
    if (this.#channel) this.session.leave(this.#channel);
    this.#channel?.removeAllListeners();
    discard(this.thread);
  }

  /**
   * @param {RtmMessage} message
   * @returns {Promise<'sent' | 'delivered' | 'offline'>}
   */
  async send(message) {
    if (this.#channel) {
      await this.#channel.sendMessage(message);
      return 'sent';
    }
    const { hasPeerReceived } = await this.session.client.sendMessageToPeer(message, this.name, { enableOfflineMessaging: true });
    return hasPeerReceived ? 'delivered' : 'offline';
  }

  /**
   * @param {ReceivedMessage} message
   * @param {string} from
   * @param {number} time in ms since 1970
   */
  receive(message, from, time) {
    const element = received(message, from, time, this);
    const last = message.messageType === 'TEXT' ? message.text : message.messageType === 'IMAGE' ? 'Sent a picture' : 'Sent a file';
    if (element) this.append(element, last);
  }

  /**
   * @param {HTMLElement} element
   * @param {string} last what the list of conversations shows
   */
  append(element, last) {
    const before = this.thread.lastElementChild;
    const { from } = element.dataset;
    element.classList.toggle('continued', !!from && before instanceof HTMLElement && before.dataset.from === from);
    this.thread.append(element);
    while (this.thread.children.length > KEEP) discard(/** @type {Element} */ (this.thread.firstElementChild));
    if (last) this.last = last;
    this.onchange(element);
  }

  /** @param {string} text */
  #note(text) {
    this.append(make('p', 'note', text), '');
  }

  /** @param {{members?: string[], count?: number}} news */
  #update({ members = this.members, count }) {
    this.members = members;
    this.memberCount = count ?? Math.max(members.length, 1);
    this.onchange();
  }
}
