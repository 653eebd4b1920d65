/** A message, or an album of several pictures, as the page shows it. */
import { clone, discard, icon, make, part } from './dom.js';
import { explain } from './errors.js';
import { fileBox } from './file-box.js';
import { clock } from './format.js';
import { withLinks } from './links.js';
import { continuesAlbum } from './message.js';
import { paintAvatar } from './names.js';
import { pictureTile } from './picture.js';

/** @import { Conversation } from './conversation.js' */
/** @import { Message } from './message.js' */

const states = {
  waiting: { text: 'Sending…', symbol: 'wait' },
  sent: { text: 'Sent', symbol: 'check' },
  delivered: { text: 'Delivered', symbol: 'ok' },
  asking: { text: 'Asking the storage again…', symbol: 'wait' },
  paused: { text: 'Waits for the connection', symbol: 'clock' },
  offline: { text: 'Waits until they are online', symbol: 'clock' },
};

export class MessageView {
  /** One, or the pictures of an album. @type {Message[]} */
  messages = [];
  /** @type {Map<Message, HTMLElement>} */
  #tiles = new Map();

  /**
   * @param {Message} message
   * @param {Conversation} conversation
   */
  constructor(message, conversation) {
    this.conversation = conversation;
    const { kind, from, own, time, text } = message.kept;
    const element = (this.element = clone('message'));
    Object.assign(element.dataset, { kind, own: String(own), from });
    paintAvatar(part(element, 'span', 'avatar'), from);
    part(element, 'span', 'sender').textContent = own ? 'You' : from;
    const stamp = part(element, 'time', 'time');
    stamp.textContent = clock(time);
    stamp.dateTime = new Date(time).toISOString();
    const content = part(element, 'div', 'content');
    if (kind === 'IMAGE') content.append(make('div', 'album'));
    if (kind === 'FILE') content.append(fileBox(message, conversation));
    if (text) content.append(make('p', kind === 'TEXT' ? 'text' : 'text caption', ...withLinks(text)));
    this.add(message);
  }

  /** Whether a message is to be shown together with those here. @param {Message} message */
  takes(message) {
    return continuesAlbum(this.messages, message);
  }

  /** @param {Message} message */
  add(message) {
    this.messages.push(message);
    if (message.kept.kind === 'IMAGE') {
      const tile = pictureTile(message, this.conversation);
      this.#tiles.set(message, tile);
      part(this.element, 'div', 'content').querySelector('.album')?.append(tile);
      this.#arrange();
    }
    message.onchange = () => this.paint();
    this.paint();
  }

  /** @param {Message} message */
  remove(message) {
    this.messages = this.messages.filter((other) => other !== message);
    const tile = this.#tiles.get(message);
    if (tile) discard(tile);
    this.#tiles.delete(message);
    this.#arrange();
    this.paint();
  }

  /** Widths of an album's pictures, in sixths of it: two or three beside each other. */
  #arrange() {
    const tiles = [...this.#tiles.values()];
    const wide = tiles.length === 3 ? 1 : 0; // the first one of three stands alone
    const pairs = tiles.length === 2 || tiles.length === 4 ? tiles.length : tiles.length === 3 ? 2 : (3 - (tiles.length % 3)) % 3 * 2;
    const album = this.element.querySelector('.album');
    if (album instanceof HTMLElement) album.dataset.count = String(tiles.length);
    tiles.forEach((tile, i) => (tile.dataset.span = i < wide ? '6' : i < wide + pairs ? '3' : '2'));
  }

  /** Shows how far the sending is. */
  paint() {
    const { element, messages } = this;
    if (element.dataset.own !== 'true') return;
    const line = part(element, 'p', 'state');
    const failed = messages.filter(({ upload }) => upload?.state === 'failed' || upload?.state === 'cancelled');
    if (failed.length) {
      line.dataset.state = 'failed';
      line.replaceChildren(...this.#failure(failed));
    } else {
      const order = /** @type {const} */ (['waiting', 'offline', 'sent', 'delivered']);
      const found = order.find((s) => messages.some(({ kept }) => (kept.state ?? 'sent') === s)) ?? 'sent';
      const some = (/** @type {'unknown' | 'paused'} */ what) => found === 'waiting' && messages.some(({ upload }) => upload?.[what]);
      const state = some('unknown') ? 'asking' : some('paused') ? 'paused' : found;
      line.dataset.state = state;
      line.replaceChildren(icon(states[state].symbol), states[state].text);
    }
    line.hidden = (line.dataset.state === 'waiting' || line.dataset.state === 'paused') && element.dataset.kind !== 'TEXT'; // the ring tells
  }

  /** @param {Message[]} failed */
  #failure(failed) {
    const first = failed[0]?.upload;
    const some = this.messages.length > 1 ? `${failed.length} of ${this.messages.length} not sent. ` : '';
    const cancelled = first?.state === 'cancelled';
    const problem = make('span', cancelled ? '' : 'problem', icon(cancelled ? 'close' : 'alert'), `${some}${cancelled ? 'Cancelled' : explain(first?.error, failed[0]?.kept.kind === 'TEXT' ? 'send' : 'upload')}`);
    if (!cancelled) problem.dataset.testid = 'error';
    const buttons = [];
    if (!failed.some(({ upload }) => upload?.unknown)) buttons.push(button('Remove', 'close', 'transfer-dismiss', () => failed.forEach((message) => this.conversation.drop(message))));
    if (!failed.every(({ upload }) => upload?.hopeless || isTooLarge(upload?.error))) {
      buttons.unshift(button('Try again', 'retry', 'transfer-retry', () => failed.forEach(({ upload }) => upload?.hopeless || upload?.retry())));
    }
    if (buttons[0]) buttons[0].dataset.takesOver = '';
    return [problem, ...buttons];
  }
}

/** @param {unknown} error */
function isTooLarge(error) {
  const { name, code } = /** @type {{name?: string, code?: number}} */ (error ?? {});
  return name === 'RtmLimitExceededError' && (code === 4 || code === 7);
}

/**
 * @param {string} text
 * @param {string} symbol
 * @param {string} testid
 * @param {() => void} onclick
 */
function button(text, symbol, testid, onclick) {
  const made = make('button', 'quiet', icon(symbol), text);
  made.type = 'button';
  made.dataset.testid = testid;
  made.onclick = onclick;
  return made;
}
