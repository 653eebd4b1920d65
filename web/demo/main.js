/**
 * The demo: a small chat on the RTM Web SDK. Start reading here; session.js has the calls for
 * signing in and channels, outgoing.js and incoming.js those for messages and media.
 */
import { Chat } from './chat.js';
import { showConnection } from './connection.js';
import { byId, part, showText } from './dom.js';
import { explain } from './errors.js';
import { paintAvatar, recall, remember, suggestName } from './names.js';
import { Session } from './session.js';

/** @import { Settings } from './names.js' */

const form = byId('form', 'login');
const [uid, appId, token, gateway] = [byId('input', 'uid'), byId('input', 'app-id'), byId('input', 'token'), byId('input', 'gateway')];
const submit = /** @type {HTMLButtonElement} */ (form.querySelector('[data-testid="login-submit"]'));
const query = new URLSearchParams(location.search);

/** @type {Session | undefined} */
let session;
/** @type {Chat | undefined} */
let chat;

/** @param {Settings} settings */
async function signIn(settings) {
  submit.disabled = true;
  showText(byId('p', 'login-error'), '');
  try {
    session = start(settings);
    await session.login();
    enter(session);
  } catch (error) {
    showText(byId('p', 'login-error'), explain(error, 'login'));
    const { name } = /** @type {{name?: string}} */ (error);
    if (name === 'RtmUnauthenticatedError') byId('details', 'advanced').open = true; // the cure is in there
  } finally {
    submit.disabled = false;
  }
}

/** @param {Settings} settings */
function start(settings) {
  if (typeof AgoraRTM === 'undefined') throw new Error('The SDK, sdk/rtm.js, could not be loaded.');
  return new Session(settings, {
    onState(state, reason) {
      showConnection(state, reason);
      chat?.transfers.setConnected(state === 'CONNECTED');
      if (state === 'DISCONNECTED' && reason === 'LOGOUT' && !returning) exit();
    },
    onPeerMessage: (message, peer, time) => chat?.receive(message, peer, time),
  });
}

/** Shows the chat. @param {Session} signedIn */
function enter(signedIn) {
  chat = new Chat(signedIn);
  chat.transfers.setConnected(true);
  show('chat');
  paintAvatar(part(byId('div', 'me'), 'span', 'avatar'), signedIn.uid);
  part(byId('div', 'me'), 'span', 'name').textContent = signedIn.uid;
  const channel = query.get('channel');
  if (channel) chat.open('channel', channel).catch((error) => showText(byId('p', 'new-error'), error.message));
}

function exit() {
  chat?.end();
  chat = undefined;
  show('login');
  uid.focus();
}

/** @param {'login' | 'chat'} view */
function show(view) {
  byId('main', 'login-view').hidden = view !== 'login';
  byId('main', 'chat-view').hidden = byId('div', 'me').hidden = view !== 'chat';
}

let returning = false;

/** Out of ABORTED and in again, without losing the conversations. */
async function signInAgain() {
  returning = true;
  try {
    await session?.loginAgain();
  } catch (error) {
    exit();
    showText(byId('p', 'login-error'), explain(error, 'login'));
  } finally {
    returning = false;
  }
}

const settings = { ...recall(), ...(query.get('uid') && { uid: query.get('uid') ?? '' }) };
[uid.value, appId.value, gateway.value] = [settings.uid, settings.appId, settings.gateway];

form.onsubmit = (event) => {
  event.preventDefault();
  const entered = { uid: uid.value.trim(), appId: appId.value.trim(), token: token.value.trim(), gateway: gateway.value.trim() };
  remember(entered);
  signIn(entered);
};
// A browser can't point out what is wrong inside closed details.
appId.oninvalid = gateway.oninvalid = () => {
  byId('details', 'advanced').open = true;
};
byId('button', 'logout').onclick = () => session?.end();
byId('button', 'again').onclick = signInAgain;
byId('a', 'second').onclick = (event) => {
  const link = /** @type {HTMLAnchorElement} */ (event.currentTarget);
  link.search = String(new URLSearchParams({ uid: suggestName(), channel: link.dataset.channel ?? 'lobby' }));
};
document.addEventListener('visibilitychange', () => chat?.seen());
addEventListener('pagehide', () => session?.end());

if (query.get('uid')) signIn(settings);
