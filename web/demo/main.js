/**
 * The demo: a small chat on the RTM Web SDK. Start reading here; session.js has the calls for
 * signing in and channels, outgoing.js those for sending, conversation.js and file-box.js those for what is received.
 */
import { Chat } from './chat.js';
import { showConnection } from './connection.js';
import { byId, part, showText } from './dom.js';
import { entered, needsToken, resume, showForgetting, showForgotten, showLogin, startLogin } from './login.js';
import { startFocus } from './focus.js';
import { paintAvatar, suggestName } from './names.js';
import { endNavigation, startNavigation } from './navigation.js';
import { Session } from './session.js';
import { forgetSettings, recall, setSignedIn, signedIn } from './settings.js';
import { askSignOut } from './sign-out.js';
import { startSnippet } from './snippet.js';
import { inTime } from './storage.js';
import { endUndo } from './toast.js';

/** @import { Settings } from './settings.js' */

/** @type {Session | undefined} */
let session;
/** @type {Chat | undefined} */
let chat;

/** Signs in; rejects with what is wrong. @param {Settings} settings */
async function signIn(settings) {
  if (typeof AgoraRTM === 'undefined') throw new Error('The SDK, sdk/rtm.js, could not be loaded.');
  session = new Session(settings, {
    onState(state, reason) {
      showConnection(state, reason);
      chat?.setConnected(state === 'CONNECTED');
      if (state === 'DISCONNECTED' && reason === 'LOGOUT' && !returning && !leaving && !forgetting) exit();
    },
    onPeerMessage: (message, peer, time) => chat?.receive(message, peer, time),
  });
  try {
    await session.login();
  } catch (error) {
    session.destroy();
    throw error;
  }
  setSignedIn(settings);
  await enter(session);
}

/** Shows the chat. @param {Session} signedIn */
async function enter(signedIn) {
  chat = new Chat(signedIn);
  chat.setConnected(true);
  show('chat');
  paintAvatar(part(byId('div', 'me'), 'span', 'avatar'), signedIn.uid);
  part(byId('div', 'me'), 'span', 'name').textContent = signedIn.uid;
  const channel = query.get('channel');
  query.delete('channel');
  const first = startNavigation((id) => chat?.showPlace(id), channel ? `channel:${channel}` : undefined);
  await chat.begin(first).catch((error) => showText(byId('p', 'new-error'), error.message));
}

/** Shows the form again. @param {unknown} [error] why */
function exit(error) {
  if (!chat) return;
  leaveChat(chat);
  chat.end();
  session?.destroy();
  chat = session = undefined;
  showLogin(error);
}

/** Shows the view with the form, which Back does not leave any more. @param {Chat} chat */
function leaveChat(chat) {
  chat.hide();
  setSignedIn(undefined);
  endNavigation();
  show('login');
}

/** @param {'login' | 'chat'} view */
function show(view) {
  byId('main', 'login-view').hidden = view !== 'login';
  byId('main', 'chat-view').hidden = byId('div', 'me').hidden = view !== 'chat';
}

let returning = false;
/** The page goes away, and whoever is signed in stays so for the next one. */
let leaving = false;

/** Out of ABORTED and in again, without losing the conversations. */
async function signInAgain() {
  returning = true;
  try {
    await session?.loginAgain();
    chat?.presence.renew();
  } catch (error) {
    exit(error);
  } finally {
    returning = false;
  }
}

let forgetting = false;

/** @param {boolean} forget also deletes what this browser keeps of the account */
async function signOut(forget) {
  if (!session || !chat) return;
  if (!forget) return session.end();
  forgetting = true;
  leaveChat(chat);
  showForgetting();
  const failed = await forgetAccount(session, chat);
  forgetting = false;
  if (!failed.length) forgetSettings();
  exit();
  showForgotten(failed);
}

/**
 * Deletes what this browser keeps of the account, and logs out.
 * @param {Session} session
 * @param {Chat} chat
 * @returns {Promise<string[]>} what could not be deleted
 */
async function forgetAccount(session, { archive, outgoing }) {
  const [conversations, messages] = await Promise.allSettled([archive.forgetAll(), outgoing.dropAll()]);
  await inTime(session.end()).catch(() => {});
  return [
    ...(conversations.status === 'rejected' ? ['your conversations'] : []),
    ...(messages.status === 'rejected' ? ['messages that were not sent'] : []),
  ];
}

startFocus();
byId('button', 'logout').onclick = () => {
  endUndo(); // the conversation that was left goes before its messages are counted
  if (chat) askSignOut(chat.session.uid, chat.unsent, signOut);
};
byId('button', 'again').onclick = signInAgain;
byId('a', 'second').onclick = (event) => {
  const link = /** @type {HTMLAnchorElement} */ (event.currentTarget);
  link.search = String(new URLSearchParams({ uid: suggestName(), channel: link.dataset.channel ?? 'lobby' }));
};
startSnippet(() => {
  const { gateway, appId, token } = signedIn() ?? entered();
  return { gateway: gateway || location.origin, appId, channel: chat?.channel ?? 'lobby', needsToken: !!token || needsToken() };
});
document.addEventListener('visibilitychange', () => chat?.seen());
addEventListener('beforeunload', (event) => chat?.outgoing.losesWithPage && event.preventDefault()); // the browser asks
addEventListener('pagehide', () => {
  leaving = true;
  session?.end();
});
addEventListener('pageshow', ({ persisted }) => persisted && location.reload()); // pagehide has logged out

// A link may name who is to sign in, and a channel: ?uid=ann&channel=lobby
const query = new URLSearchParams(location.search);
const uid = query.get('uid');
startLogin(signIn);
const settings = uid ? { ...recall(), uid } : signedIn();
if (settings) resume(settings, signIn);
