/** A channel or a person one talks with: who is there, what was said, and how to say more. */
import { fileName } from './format.js';
import { Message } from './message.js';
import { Thread } from './thread.js';

/** @import { RtmChannel, ReceivedMessage } from '../src/rtm.d.ts' */
/** @import { Archive } from './archive.js' */
/** @import { Outgoing } from './outgoing.js' */
/** @import { Presence } from './presence.js' */
/** @import { Session } from './session.js' */
/** @import { Picked } from './tray.js' */
/** @import { TransferQueue } from './transfers.js' */

export class Conversation {
  unread = 0;
  /** The latest message in a few words. */
  last = '';
  /** When that was, in ms since 1970. */
  time = 0;
  /** What was typed and not sent. */
  draft = '';
  /** What was picked and not sent. @type {Picked[]} */
  picked = [];
  /** @type {string[]} */
  members = [];
  memberCount = 0;
  /** Called after each change. @type {(added?: Message) => void} */
  onchange = () => {};

  /** @type {RtmChannel | undefined} */
  #channel;
  /** @type {Promise<void> | undefined} */
  #opening;

  /**
   * @param {string} id "channel:" or "peer:", and the name
   * @param {{session: Session, transfers: TransferQueue, outgoing: Outgoing, archive: Archive, presence: Presence}} services
   */
  constructor(id, { session, transfers, outgoing, archive, presence }) {
    this.id = id;
    this.kind = /** @type {'channel' | 'peer'} */ (id.slice(0, id.indexOf(':')));
    this.name = id.slice(id.indexOf(':') + 1);
    this.session = session;
    this.transfers = transfers;
    this.outgoing = outgoing;
    this.archive = archive;
    this.presences = presence;
    this.title = this.kind === 'channel' ? `#${this.name}` : this.name;
    this.thread = new Thread(this);
  }

  /** Where the SDK sends what is for this conversation. */
  get receiver() {
    return this.kind === 'channel' ? { channelId: this.name } : { peerId: this.name };
  }

  /** Whether the person is online; undefined of a channel, and until it is known. */
  get presence() {
    return this.kind === 'peer' ? this.presences.of(this.name) : undefined;
  }

  /** Joins the channel, or asks whether the person is online. Once, and again if that failed. */
  open() {
    return (this.#opening ??= this.#open().catch((error) => {
      this.#opening = undefined;
      throw error;
    }));
  }

  async #open() {
    if (this.kind === 'peer') return this.presences.watch(this.name);
    const channel = (this.#channel = await this.session.join(this.name));
    channel.on('ChannelMessage', (message, from, props) => this.receive(message, from, props.serverReceivedTs));
    channel.on('MemberCountUpdated', (count) => this.#update({ count }));
    channel.on('MemberJoined', (member) => {
      this.#update({ members: [...new Set([...this.members, member])] });
      this.note(`${member} joined`);
    });
    channel.on('MemberLeft', (member) => {
      this.#update({ members: this.members.filter((m) => m !== member) });
      this.note(`${member} left`);
    });
    await this.refreshMembers();
  }

  /** Asks for the members; the events in between are only sent in channels of up to 512. */
  async refreshMembers() {
    const members = await this.#channel?.getMembers().catch(() => undefined);
    if (members) this.#update({ members, count: this.#channel?.memberCount || members.length });
  }

  /** Leaves the channel, and frees what was received. */
  close() {
    if (this.#channel) this.session.leave(this.#channel);
    this.#channel?.removeAllListeners();
    this.#channel = this.#opening = undefined;
    if (this.kind === 'peer') this.presences.unwatch(this.name);
    this.thread.discard();
  }

  /**
   * Shows what was kept of an earlier page.
   * @param {Iterable<Message>} messages
   */
  restore(messages) {
    for (const message of messages) this.thread.add(message);
    const latest = this.thread.messages.at(-1);
    if (latest) [this.last, this.time] = [latest.summary(this.kind), latest.kept.time];
    this.onchange();
  }

  /**
   * @param {ReceivedMessage} message
   * @param {string} from
   * @param {number} time in ms since 1970
   */
  receive(message, from, time) {
    const about = { conversation: this.id, from, own: false, time };
    if (message.messageType === 'RAW') return; // this page has no use for them
    if (message.messageType === 'TEXT') {
      this.add(new Message({ ...about, kind: 'TEXT', text: message.text }), true);
      return;
    }
    const kind = message.messageType;
    const { mediaId, size, thumbnail, description } = message;
    const { width, height } = /** @type {{width?: number, height?: number}} */ (message);
    const media = { mediaId, size, width, height, thumbnail, name: fileName(message.fileName, kind === 'IMAGE' ? 'picture' : 'file') };
    this.add(new Message({ ...about, kind, text: description ?? '', media }), true);
  }

  /**
   * @param {Message} message
   * @param {boolean} [keep] in the archive
   */
  add(message, keep = false) {
    this.thread.add(message);
    this.last = message.summary(this.kind);
    this.time = message.kept.time;
    if (keep) this.archive.keep(message.kept);
    this.onchange(message);
  }

  /** The person is online or not. What waited for one who is online again does so no more, but nobody says that they got it. */
  presenceChanged() {
    if (this.presence === 'ONLINE') {
      for (const message of this.thread.messages) {
        if (message.kept.state !== 'offline') continue;
        message.kept.state = 'sent';
        this.archive.keep(message.kept);
        message.onchange();
      }
    }
    this.onchange();
  }

  /** Drops a message that was not sent. @param {Message} message */
  async drop(message) {
    if (!(await this.outgoing.drop(message))) return;
    this.thread.remove(message);
    this.last = this.thread.messages.at(-1)?.summary(this.kind) ?? '';
    this.onchange();
  }

  /** Shows as a file what is no picture that this browser knows. @param {Message} message */
  showAsFile(message) {
    message.kept.kind = 'FILE';
    this.thread.replace(message);
  }

  /** @param {string} text */
  note(text) {
    this.thread.note(text);
    this.onchange();
  }

  /** @param {{members?: string[], count?: number}} news */
  #update({ members = this.members, count }) {
    this.members = members;
    this.memberCount = count ?? Math.max(members.length, 1);
    this.onchange();
  }
}
