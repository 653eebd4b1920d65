/**
 * Sending: texts, pictures and files go to the outbox, which sends them once and in order, also after a
 * reload. A message is shown in its place before that, and stays there whatever becomes of it.
 */
import { Direct } from './direct.js';
import { Message } from './message.js';
import { ANSWER_TIME, inTime, storageWorks } from './storage.js';
import { Upload } from './upload.js';

/** @import { Outbox, OutboxItem } from '../package/outbox.d.ts' */
/** @import { Archive } from './archive.js' */
/** @import { Conversation } from './conversation.js' */
/** @import { Kept } from './message.js' */
/** @import { Session } from './session.js' */
/** @import { Picked } from './tray.js' */

/** @typedef {() => Promise<[Blob | Record<string, unknown>, Record<string, unknown>]>} Make makes what is sent, and its params */

/** A text longer than this goes in a message of its own, not as a caption: captions share 32 KB with the thumbnail. */
export const CAPTION = 1000; // characters

export class Outgoing {
  /** @type {Map<number, Message>} */
  #byItem = new Map();
  /** Those being prepared for the outbox, and those that failed before it had them. @type {Set<Message>} */
  #unkept = new Set();
  /** Those who send to a conversation give their messages to the outbox one after the other. @type {Map<string, Promise<void>>} */
  #turns = new Map();
  /** Those that the outbox had, while the browser's storage does not tell what became of them. @type {Map<Message, Conversation>} */
  #unknown = new Map();
  /** Those sent before their messages were known, while what was kept is restored. @type {Map<number, OutboxItem> | undefined} */
  #early = new Map();
  #connected = true;
  #ended = false;
  /** @type {Outbox | Direct} */
  #outbox;
  #direct;

  /**
   * @param {Session} session
   * @param {Archive} archive
   */
  constructor(session, archive) {
    this.session = session;
    this.archive = archive;
    const changed = (/** @type {OutboxItem} */ item) => {
      const message = this.#byItem.get(item.id);
      if (message) this.#changed(message, item);
      else if (item.state === 'SENT') this.#early?.set(item.id, item);
    };
    this.#outbox = session.outbox.on('ItemChanged', changed);
    this.#direct = new Direct(session, changed);
    storageWorks('outbox', true); // what an earlier session could not do is tried again
  }

  /**
   * What happens to a message that is not sent when its user signs out: it is sent after the next login, it can be sent again then,
   * or it is lost because the outbox does not have it yet.
   * @param {Message} message
   */
  atSignOut({ kept, upload }) {
    if (kept.item === undefined) return 'lost';
    return upload?.state === 'queued' || upload?.state === 'running' ? 'later' : 'stopped';
  }

  /** Whether something is to be sent that is lost with the page. */
  get losesWithPage() {
    return this.#direct.size > 0 || [...this.#unkept].some(({ upload }) => upload?.state === 'queued');
  }

  /**
   * @param {Conversation} conversation
   * @param {string} text also the caption of what is picked
   * @param {Picked[]} picked
   */
  send(conversation, text, picked) {
    const apart = text.length > CAPTION || !picked.length;
    picked.forEach((one, i) => this.#sendPicked(conversation, one, i || apart ? '' : text));
    if (text && apart) this.#sendText(conversation, this.#start(conversation, { kind: 'TEXT', text }));
  }

  /**
   * @param {Conversation} conversation
   * @param {Message} message
   */
  #sendText(conversation, message) {
    this.#prepare(conversation, message, textOf(message)).keep();
    conversation.add(message, true);
  }

  /**
   * @param {Conversation} conversation
   * @param {Picked} picked
   * @param {string} caption
   */
  #sendPicked(conversation, { file, name, prepare, isPicture }, caption) {
    const message = this.#start(conversation, { kind: isPicture ? 'IMAGE' : 'FILE', text: caption, media: { name, size: file.size } }, file);
    const { media } = message.kept;
    const upload = this.#prepare(conversation, message, async () => {
      const picture = await prepare();
      if (!picture) {
        if (message.kept.kind === 'IMAGE') conversation.showAsFile(message);
        return [file, { messageType: 'FILE', fileName: name, description: caption }];
      }
      const { payload, placeholder, ...params } = picture;
      Object.assign(media ?? {}, { size: payload.size, width: params.width, height: params.height, thumbnail: params.thumbnail });
      return [payload, { ...params, messageType: 'IMAGE', fileName: name, description: caption }];
    });
    upload.keep();
    conversation.add(message, true);
  }

  /**
   * Shows a message that is to be sent.
   * @param {Conversation} conversation
   * @param {Pick<import('./message.js').Kept, 'kind' | 'text' | 'media'>} what
   * @param {File} [local]
   */
  #start(conversation, what, local) {
    const message = new Message({ ...what, conversation: conversation.id, from: this.session.uid, own: true, time: Date.now(), state: 'waiting' });
    message.local = local;
    return message;
  }

  /**
   * Has a message given to the outbox when it is to be kept, after those before it; again when it is retried.
   * @param {Conversation} conversation
   * @param {Message} message
   * @param {Make} make
   */
  #prepare({ id, receiver }, message, make) {
    const upload = this.#upload(message, () => {
      const attempt = ++upload.attempt;
      this.#unkept.add(message);
      const before = this.#turns.get(id) ?? Promise.resolve();
      this.#turns.set(id, before.then(() => this.#keep(receiver, message, upload, attempt, make)));
    });
    return upload;
  }

  /**
   * @param {Conversation['receiver']} receiver
   * @param {Message} message
   * @param {Upload} upload
   * @param {number} attempt not the upload's any more if it was cancelled, dropped or retried meanwhile
   * @param {Make} make
   */
  async #keep(receiver, message, upload, attempt, make) {
    try {
      const [content, params] = await make();
      if (attempt !== upload.attempt) return;
      upload.size = content instanceof Blob ? content.size : 0;
      const taken = this.#take(receiver, content, { ...params, tag: String(message.kept.key) });
      upload.taken = taken.catch(() => undefined);
      const item = await taken;
      if (item.id > 0) message.kept.item = item.id;
      this.archive.keep(message.kept);
      this.#unkept.delete(message);
      this.#follow(message, item);
    } catch (error) {
      if (attempt !== upload.attempt) return;
      upload.fail(error);
    }
  }

  /**
   * Gives it to the outbox or, where the browser keeps nothing, sends it without one.
   * @param {Conversation['receiver']} receiver
   * @param {Blob | Record<string, unknown>} content
   * @param {Record<string, unknown>} params
   */
  async #take(receiver, content, params) {
    try {
      return await this.#outbox.send(receiver, content, params);
    } catch (error) {
      const { name, code } = /** @type {{name?: string, code?: number}} */ (error);
      if (name !== 'RtmUnavailableError' || code !== 1 || this.#outbox === this.#direct || this.#ended) throw error;
      this.#doWithout();
      return this.#direct.send(receiver, content, params);
    }
  }

  #doWithout() {
    if (this.#ended) return; // the outbox ended with the session; nothing is wrong
    this.#outbox = this.#direct;
    storageWorks('outbox', false);
  }

  /**
   * @param {Message} message
   * @param {() => void} [keep]
   */
  #upload(message, keep = () => {}) {
    const upload = (message.upload = new Upload(message.kept.media?.size ?? 0, keep, () => message.onchange()));
    upload.paused = !this.#connected;
    return upload;
  }

  /**
   * @param {Message} message
   * @param {OutboxItem} item
   */
  #follow(message, item) {
    this.#byItem.set(item.id, message);
    this.#changed(message, item);
  }

  /**
   * @param {Message} message
   * @param {OutboxItem} item
   */
  #changed(message, item) {
    const { kept, upload } = message;
    const mediaId = /** @type {string | undefined} */ (item.message?.mediaId);
    const uploaded = mediaId && kept.media && kept.media.mediaId !== mediaId;
    if (uploaded && kept.media) kept.media.mediaId = mediaId;
    upload?.follow(item);
    if (item.state === 'SENT') {
      kept.state = item.hasPeerReceived === undefined ? 'sent' : item.hasPeerReceived ? 'delivered' : 'offline';
      delete kept.item;
      this.#byItem.delete(item.id);
      message.upload = undefined;
    }
    if (uploaded || item.state === 'SENT') this.archive.keep(kept);
    message.onchange();
  }

  /** What the outbox has, by id. */
  async items() {
    /** @type {OutboxItem[]} */
    let list = [];
    try {
      if (this.#outbox !== this.#direct) list = await inTime(this.session.outbox.list());
    } catch {
      this.#doWithout();
    }
    return new Map(list.map((item) => [item.id, item]));
  }

  /**
   * The messages that were kept, as they are now: those that are being prepared or sent, and those of which nothing is known, are here.
   * @param {Kept[]} all
   */
  messages(all) {
    const known = new Map([...this.#unkept, ...this.#unknown.keys(), ...this.#byItem.values()].map((message) => [message.kept.key, message]));
    return all.map((kept) => known.get(kept.key) ?? new Message(kept));
  }

  /**
   * Has messages that were kept follow what the outbox has of them. Those that it has of the conversation without a message get one.
   * @param {Conversation} conversation
   * @param {Message[]} messages
   * @param {Map<number, OutboxItem>} items of the outbox; those of the conversation are taken out
   */
  async resumeAll(conversation, messages, items) {
    const followed = new Set(this.#byItem.values());
    for (const message of messages) {
      const { item, own, state } = message.kept;
      if (followed.has(message)) {
        items.delete(item ?? 0);
        continue;
      }
      if (item === undefined && (!own || state !== 'waiting' || this.#unkept.has(message))) continue;
      if (item !== undefined && this.#outbox === this.#direct) {
        this.#setUnknown(conversation, message);
        continue;
      }
      const found = this.#find(message, items);
      if (item === undefined && !found) this.#unfinished(conversation, message);
      else this.#resume(message, found);
      if (found) items.delete(found.id);
    }
    for (const item of items.values()) {
      if (conversationOf(item) !== conversation.id) continue;
      const message = this.#fromItem(item);
      items.delete(item.id);
      this.archive.keep(message.kept);
      this.#resume(message, item);
      messages.push(message);
    }
  }

  /**
   * What the outbox has, or has just sent, of a message. If the page ended too early to note the item, its tag tells.
   * @param {Message} message
   * @param {Map<number, OutboxItem>} items
   */
  #find({ kept: { item, key } }, items) {
    const all = [...items.values(), ...(this.#early?.values() ?? [])];
    return all.find(({ id, tag }) => (item === undefined ? tag === String(key) : id === item));
  }

  /**
   * Says that the browser's storage does not tell whether a message was sent. To send it again might send it twice; to ask again may help.
   * @param {Conversation} conversation
   * @param {Message} message
   */
  #setUnknown(conversation, message) {
    this.#unknown.set(message, conversation);
    const upload = message.upload ?? this.#upload(message, () => this.#askAgain());
    upload.unknown = true;
    upload.fail(new Error('This browser’s storage does not tell whether this was sent.'));
  }

  /** Asks the outbox what became of the messages that are unknown. */
  async #askAgain() {
    try {
      const items = new Map((await inTime(this.session.outbox.list())).map((item) => [item.id, item]));
      if (!this.#direct.size) { // else what follows could overtake them
        this.#outbox = this.session.outbox;
        storageWorks('outbox', true);
      }
      for (const [message, conversation] of [...this.#unknown].reverse()) { // the order in which replace keeps that of an album
        message.upload = undefined;
        this.#resume(message, items.get(message.kept.item ?? 0));
        conversation.thread.replace(message);
      }
      this.#unknown.clear();
    } catch {
      for (const [message, conversation] of this.#unknown) this.#setUnknown(conversation, message);
    }
  }

  /**
   * The page ended before the outbox had a message. A text can be tried again; a file is not there any more.
   * @param {Conversation} conversation
   * @param {Message} message
   */
  #unfinished(conversation, message) {
    const isText = message.kept.kind === 'TEXT';
    const upload = isText ? this.#prepare(conversation, message, textOf(message)) : this.#upload(message);
    upload.hopeless = !isText;
    upload.fail(new Error(`Not sent: the page was closed too early.${isText ? '' : ' Add it again.'}`));
    this.#unkept.add(message);
  }

  /**
   * Has a message that was kept follow what the outbox has of it.
   * @param {Message} message
   * @param {OutboxItem | undefined} item undefined if it was sent meanwhile
   */
  #resume(message, item) {
    if (item && item.state !== 'SENT') {
      message.local = item.payload;
      this.#upload(message);
      this.#follow(message, item);
      return;
    }
    message.kept.state = item?.hasPeerReceived === false ? 'offline' : item?.hasPeerReceived ? 'delivered' : 'sent';
    const mediaId = /** @type {string | undefined} */ (item?.message?.mediaId);
    if (mediaId && message.kept.media) message.kept.media.mediaId = mediaId;
    delete message.kept.item;
    this.archive.keep(message.kept);
  }

  /** What was kept is restored: all that was in the outbox is followed now. */
  restored() {
    this.#early = undefined;
  }

  /**
   * The message of an item that is in the outbox alone: the page ended before it kept more.
   * @param {OutboxItem} item
   * @returns {Message}
   */
  #fromItem(item) {
    const { id, createdAt, payload, params = {}, message } = item;
    const { messageType = 'TEXT', fileName = 'file', width, height, thumbnail, description } = params;
    return new Message({
      conversation: conversationOf(item), kind: payload ? messageType : 'TEXT', from: this.session.uid, own: true, time: createdAt,
      text: payload ? (description ?? '') : String(message?.text ?? ''), state: 'waiting', item: id,
      ...(payload && { media: { name: fileName, size: payload.size, width, height, thumbnail } }),
    });
  }

  /**
   * Drops a message that was not sent.
   * @param {Message} message
   * @returns {Promise<boolean>} whether it could be
   */
  async drop(message) {
    const { kept, upload } = message;
    if (upload && !(await upload.remove())) return false;
    this.#unknown.delete(message);
    this.#unkept.delete(message);
    for (const [id, followed] of this.#byItem) if (followed === message) this.#byItem.delete(id);
    this.archive.remove(kept);
    return true;
  }

  /** Drops all that is not sent, also what no conversation shows. Rejects if the browser does not delete it, or does not answer. */
  async dropAll() {
    for (const { upload } of this.#unkept) upload?.remove(); // what the outbox is just taking goes with the rest
    this.#direct.clear();
    await inTime(this.session.outbox.clear(), 2 * ANSWER_TIME); // it has the gateway delete uploads as well
  }

  /** Follows nothing any more. */
  end() {
    this.#ended = true;
    for (const { upload } of this.#byItem.values()) upload?.end();
    this.#byItem.clear();
  }

  /** @param {boolean} connected */
  setConnected(connected) {
    this.#connected = connected;
    for (const message of this.#byItem.values()) {
      if (!message.upload) continue;
      message.upload.paused = !connected;
      message.upload.onchange();
      message.onchange();
    }
  }
}

/** @param {Message} message @returns {Make} */
function textOf({ kept: { text } }) {
  return async () => [{ text }, {}];
}

/** The id of the conversation that an item of the outbox belongs to. @param {OutboxItem} item */
export function conversationOf({ peerId, channelId }) {
  return peerId === undefined ? `channel:${channelId}` : `peer:${peerId}`;
}
