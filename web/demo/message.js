/** A message as the page shows it. */
import { clone, part, make, icon } from './dom.js';
import { clock } from './format.js';
import { paintAvatar } from './names.js';

/**
 * @param {{kind: 'TEXT' | 'IMAGE' | 'FILE', from: string, own: boolean, time: number}} about time in ms since 1970
 * @param {Node} content
 */
export function messageElement({ kind, from, own, time }, content) {
  const element = clone('message');
  element.dataset.kind = kind;
  element.dataset.own = String(own);
  element.dataset.from = from;
  paintAvatar(part(element, 'span', 'avatar'), from);
  part(element, 'span', 'sender').textContent = own ? 'You' : from;
  const stamp = part(element, 'time', 'time');
  stamp.textContent = clock(time);
  stamp.dateTime = new Date(time).toISOString();
  part(element, 'div', 'content').append(content);
  return element;
}

/** Text, never markup. @param {string} text */
export function textContent(text) {
  return make('p', 'text', text);
}

const states = {
  sending: { text: 'Sending…', symbol: 'wait' },
  sent: { text: 'Sent', symbol: 'check' },
  delivered: { text: 'Delivered', symbol: 'ok' },
  offline: { text: 'Not online: waits for them, up to seven days', symbol: 'off' },
};

/**
 * @param {HTMLElement} element a message
 * @param {keyof typeof states} state
 */
export function showState(element, state) {
  const line = part(element, 'p', 'state');
  const { text, symbol } = states[state];
  line.dataset.state = state;
  line.replaceChildren(icon(symbol), text);
  line.hidden = false;
}

/**
 * @param {HTMLElement} element a message
 * @param {string} problem
 * @param {() => void} retry
 */
export function showFailure(element, problem, retry) {
  const line = part(element, 'p', 'state');
  const text = make('span', 'problem', icon('alert'), problem);
  const button = make('button', 'quiet', icon('retry'), 'Try again');
  text.dataset.testid = 'error';
  button.type = 'button';
  button.onclick = retry;
  line.dataset.state = 'failed';
  line.replaceChildren(text, button);
  line.hidden = false;
}
