/** The state of the connection, always in sight. */
import { byId, icon, make, part } from './dom.js';

/** @import { RtmStatusCode } from '../src/rtm.d.ts' */

const shown = byId('p', 'connection');
const notice = byId('div', 'notice');
const again = byId('button', 'again');

const looks = {
  DISCONNECTED: { text: 'Not signed in', symbol: 'off' },
  CONNECTING: { text: 'Connecting…', symbol: 'wait' },
  CONNECTED: { text: 'Connected', symbol: 'ok' },
  RECONNECTING: { text: 'Reconnecting…', symbol: 'wait' },
  ABORTED: { text: 'Disconnected', symbol: 'alert' },
};

const aborted = {
  REMOTE_LOGIN: 'You signed in elsewhere with this name, so this page was signed out.',
  BANNED_BY_SERVER: 'The server has banned you.',
};

/**
 * @param {RtmStatusCode.ConnectionState} state
 * @param {string} [reason]
 */
export function showConnection(state, reason) {
  const { text, symbol } = looks[state];
  shown.dataset.state = notice.dataset.state = state;
  shown.replaceChildren(icon(symbol), make('span', '', text));
  if (state === 'RECONNECTING') say('The connection is lost, trying to reconnect. Transfers go on by themselves afterwards.');
  else if (state === 'ABORTED') say(aborted[/** @type {keyof typeof aborted} */ (reason)] ?? 'You are no longer signed in.');
  else say('');
  again.hidden = state !== 'ABORTED';
}

/** @param {string} text */
function say(text) {
  part(notice, 'p', 'text').textContent = text;
  notice.hidden = !text;
}
