/** The messages of a conversation on the page, in the order in which they came; pictures that follow each other are an album. */
import { KEEP } from './archive.js';
import { discard, make } from './dom.js';
import { day } from './format.js';
import { MessageView } from './message-view.js';

/** @import { Conversation } from './conversation.js' */
/** @import { Message } from './message.js' */

export class Thread {
  /** @type {Message[]} */
  messages = [];
  /** @type {Map<Message, MessageView>} */
  #views = new Map();

  /** The day of messages above the first line of a day. */
  #firstDay = day(Date.now());
  /** Of the last message. */
  #day = this.#firstDay;

  /** @param {Conversation} conversation */
  constructor(conversation) {
    this.conversation = conversation;
    this.element = make('div', 'thread');
    this.element.setAttribute('role', 'log');
    this.element.setAttribute('aria-label', `Messages in ${conversation.title}`);
  }

  /** @param {Message} message */
  add(message) {
    const last = this.messages.at(-1);
    const view = last && this.#views.get(last);
    this.messages.push(message);
    this.#sayDay(message.kept.time);
    if (view && view.element === this.element.lastElementChild && view.takes(message)) {
      view.add(message);
      this.#views.set(message, view);
    } else {
      this.#append(message);
    }
    while (this.messages.length > KEEP) this.remove(/** @type {Message} */ (this.messages[0]));
  }

  /** A line where another day begins. @param {number} time */
  #sayDay(time) {
    const now = day(time);
    if (now !== this.#day) this.note(now).dataset.day = now;
    this.#day = now;
  }

  /** @param {Message} message */
  #append(message) {
    const view = new MessageView(message, this.conversation);
    const before = this.element.lastElementChild;
    const continued = before instanceof HTMLElement && before.dataset.from === message.kept.from;
    view.element.classList.toggle('continued', continued);
    this.#views.set(message, view);
    this.element.append(view.element);
  }

  /** Takes away lines of days with nothing below them. */
  #clearDays() {
    const lines = /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll('.note[data-day]'));
    this.#day = this.#firstDay;
    for (const line of lines) {
      const next = line.nextElementSibling;
      if (!next || next.matches('[data-day]')) line.remove();
      else this.#day = line.dataset.day ?? '';
    }
  }

  /** A line between messages. @param {string} text */
  note(text) {
    const line = make('p', 'note', text);
    this.element.append(line);
    return line;
  }

  /** Takes a message away; what follows it moves up. @param {Message} message */
  remove(message) {
    const view = this.#views.get(message);
    if (!view) return;
    const { element } = view;
    const next = element.nextElementSibling ?? element.previousElementSibling;
    const hadFocus = element.contains(document.activeElement);
    this.#views.delete(message);
    this.messages = this.messages.filter((other) => other !== message);
    view.remove(message);
    if (!view.messages.length) {
      const after = element.nextElementSibling;
      if (!element.classList.contains('continued')) after?.classList.remove('continued'); // it says now who wrote
      discard(element);
      this.#clearDays();
    }
    if (hadFocus) ((view.messages.length ? element : next)?.querySelector('button') ?? document.getElementById('text'))?.focus();
  }

  /** Shows a message again, after its kind has changed. @param {Message} message */
  replace(message) {
    const old = this.#views.get(message);
    if (!old) return;
    const view = new MessageView(message, this.conversation);
    view.element.className = old.element.className;
    old.element.after(view.element);
    this.#views.set(message, view);
    old.remove(message);
    if (!old.messages.length) discard(old.element);
  }

  discard() {
    discard(this.element);
  }
}
