/**
 * Sending: texts, pictures and files go to the outbox, which sends them once and in order, also after a
 * reload. A message is shown in its place before that, and stays there whatever becomes of it.
 */
import { Message } from './message.js';
import { Upload } from './upload.js';

/** @import { OutboxItem } from '../package/outbox.d.ts' */
/** @import { Archive } from './archive.js' */
/** @import { Conversation } from './conversation.js' */
/** @import { Session } from './session.js' */
/** @import { Picked } from './tray.js' */

/** A text longer than this goes in a message of its own, not as a caption: captions share 32 KB with the thumbnail. */
export const CAPTION = 1000; // characters

export class Outgoing {
  /** @type {Map<number, Message>} */
  #byItem = new Map();
  /** Those sent before their messages were known, while what was kept is restored. @type {Map<number, OutboxItem> | undefined} */
  #early = new Map();
  #connected = true;

  /**
   * @param {Session} session
   * @param {Archive} archive
   */
  constructor(session, archive) {
    this.session = session;
    this.archive = archive;
    session.outbox.on('ItemChanged', (item) => {
      const message = this.#byItem.get(item.id);
      if (message) this.#changed(message, item);
      else if (item.state === 'SENT') this.#early?.set(item.id, item);
    });
  }

  /**
   * @param {Conversation} conversation
   * @param {string} text also the caption of what is picked
   * @param {Picked[]} picked
   */
  send(conversation, text, picked) {
    const apart = text.length > CAPTION || !picked.length;
    picked.forEach((one, i) => this.#sendPicked(conversation, one, i || apart ? '' : text));
    if (text && apart) {
      const message = this.#start(conversation, { kind: 'TEXT', text });
      this.#queue(conversation, message, async () => [{ text }, {}]);
    }
  }

  /**
   * @param {Conversation} conversation
   * @param {Picked} picked
   * @param {string} caption
   */
  #sendPicked(conversation, { file, name, prepare, isPicture }, caption) {
    const message = this.#start(conversation, { kind: isPicture ? 'IMAGE' : 'FILE', text: caption, media: { name, size: file.size } }, file);
    const { media } = message.kept;
    this.#queue(conversation, message, async () => {
      const picture = await prepare();
      if (!picture) {
        if (message.kept.kind === 'IMAGE') conversation.showAsFile(message);
        return [file, { messageType: 'FILE', fileName: name, description: caption }];
      }
      const { payload, placeholder, ...params } = picture;
      Object.assign(media ?? {}, { size: payload.size, width: params.width, height: params.height, thumbnail: params.thumbnail });
      return [payload, { ...params, messageType: 'IMAGE', fileName: name, description: caption }];
    });
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
   * Gives a message to the outbox, after those before it.
   * @param {Conversation} conversation
   * @param {Message} message
   * @param {() => Promise<[Blob | Record<string, unknown>, Record<string, unknown>]>} make what is sent, and its params
   */
  #queue(conversation, message, make) {
    const keep = () => {
      message.onchange(); // it may have failed before
      conversation.queue = conversation.queue.then(async () => {
        try {
          const [content, params] = await make();
          upload.size = content instanceof Blob ? content.size : 0;
          const item = await this.session.outbox.send(conversation.receiver, content, params);
          message.kept.item = item.id;
          this.archive.keep(message.kept);
          this.#follow(message, item);
        } catch (error) {
          upload.fail(error);
          message.onchange();
        }
      });
    };
    const upload = this.#upload(message, keep);
    conversation.add(message);
    keep();
  }

  /**
   * @param {Message} message
   * @param {() => void} [keep]
   */
  #upload(message, keep = () => {}) {
    const upload = (message.upload = new Upload(message.kept.media?.size ?? 0, keep));
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
    return new Map((await this.session.outbox.list()).map((item) => [item.id, item]));
  }

  /**
   * Has a message that was kept follow what the outbox has of it.
   * @param {Message} message
   * @param {OutboxItem | undefined} item undefined if it was sent meanwhile
   */
  resume(message, item) {
    if (item) {
      message.local = item.payload;
      this.#upload(message);
      this.#follow(message, item);
      return;
    }
    const early = this.#early?.get(message.kept.item ?? -1);
    message.kept.state = early?.hasPeerReceived === false ? 'offline' : early?.hasPeerReceived ? 'delivered' : 'sent';
    const mediaId = /** @type {string | undefined} */ (early?.message?.mediaId);
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
  fromItem(item) {
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
  async drop({ kept, upload }) {
    if (upload && !(await upload.remove())) return false;
    if (kept.item !== undefined) this.#byItem.delete(kept.item);
    await this.archive.remove(kept);
    return true;
  }

  /** Follows nothing any more. */
  end() {
    for (const { upload } of this.#byItem.values()) upload?.end();
    this.#byItem.clear();
  }

  /** @param {boolean} connected */
  setConnected(connected) {
    this.#connected = connected;
    for (const { upload } of this.#byItem.values()) {
      if (!upload) continue;
      upload.paused = !connected;
      upload.onchange();
    }
  }
}

/** The id of the conversation that an item of the outbox belongs to. @param {OutboxItem} item */
export function conversationOf({ peerId, channelId }) {
  return peerId === undefined ? `channel:${channelId}` : `peer:${peerId}`;
}
