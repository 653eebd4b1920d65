/** The form for signing in. It asks the gateway what it needs, and shows those fields only. */
import { byId, showText } from './dom.js';
import { explain } from './errors.js';
import { recall, remember } from './settings.js';
import { askSetup } from './setup.js';

/** @import { Settings } from './settings.js' */

const form = byId('form', 'login');
const [uid, appId, token, gateway] = [byId('input', 'uid'), byId('input', 'app-id'), byId('input', 'token'), byId('input', 'gateway')];
const advanced = byId('details', 'advanced');
const problem = byId('p', 'login-error');
const submit = byId('button', 'login-submit');

/** @param {(settings: Settings) => Promise<void>} signIn rejects with what is to be explained */
export function startLogin(signIn) {
  fill();
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (busy) return;
    showText(byId('p', 'resuming'), '');
    const settings = entered();
    remember(settings);
    await whileSigningIn(() => signIn(settings));
  };
  gateway.onchange = () => showSetup();
  uid.oninput = showCommand;
  // A browser can't point out what is wrong inside closed details.
  appId.oninvalid = token.oninvalid = gateway.oninvalid = ({ target }) => {
    if (advanced.contains(/** @type {Node} */ (target))) advanced.open = true;
  };
  showSetup();
}

function fill() {
  ({ uid: uid.value, appId: appId.value, gateway: gateway.value } = recall());
}

/** What is in the form. @returns {Settings} */
export function entered() {
  return { uid: uid.value.trim(), appId: appId.value.trim(), token: token.value.trim(), gateway: gateway.value.trim().replace(/\/$/, '') };
}

/** Whether the gateway has said that every login needs a token. */
export function needsToken() {
  return token.required;
}

/**
 * Signs in with settings that nobody entered, after a reload or by a link, with the form out of sight.
 * @param {Settings} settings
 * @param {(settings: Settings) => Promise<void>} signIn
 */
export async function resume(settings, signIn) {
  form.hidden = true;
  showText(byId('p', 'resuming'), `Signing in as ${settings.uid}…`);
  [uid.value, appId.value, token.value, gateway.value] = [settings.uid, settings.appId, settings.token ?? '', settings.gateway];
  await whileSigningIn(() => signIn(settings));
  form.hidden = false;
  showText(byId('p', 'resuming'), '');
}

/** Says that what was kept of an account is being deleted, with the form out of sight. */
export function showForgetting() {
  form.hidden = true;
  showText(byId('p', 'resuming'), 'Deleting your conversations from this browser…');
}

/** Shows the form. @param {unknown} [error] why it is needed again */
export function showLogin(error) {
  form.hidden = false;
  showText(byId('p', 'resuming'), '');
  showText(problem, error ? explain(error, 'login') : '');
  uid.focus();
}

/**
 * Says that what was kept of an account is deleted, its name included, or what could not be deleted.
 * @param {string[]} failed
 */
export function showForgotten(failed) {
  if (failed.length) {
    showText(problem, `Not deleted from this browser: ${failed.join(' and ')}. Sign in and try again, or clear this site’s data in your browser.`);
    return;
  }
  fill();
  showSetup();
  showText(byId('p', 'resuming'), 'Your conversations were deleted from this browser.');
}

let busy = false;

/** @param {() => Promise<void>} work */
async function whileSigningIn(work) {
  busy = true;
  submit.setAttribute('aria-disabled', 'true'); // a disabled button would lose the focus
  submit.textContent = 'Signing in…';
  showText(problem, '');
  try {
    await work();
    token.value = '';
  } catch (error) {
    form.hidden = false;
    showText(problem, explain(error, 'login'));
    const { name } = /** @type {{name?: string}} */ (error);
    if (name === 'RtmUnauthenticatedError' && (advanced.contains(appId) || advanced.contains(token))) advanced.open = true; // the cure is in there
    uid.focus();
  } finally {
    busy = false;
    submit.removeAttribute('aria-disabled');
    submit.textContent = 'Sign in';
  }
}

let asked = 0;

/** Asks the gateway what it needs, and shows the fields for that. */
async function showSetup() {
  const turn = ++asked;
  const setup = await askSetup(gateway.value.trim());
  if (turn !== asked) return; // another address was entered meanwhile
  const { app, anyApp, token: rule, originAllowed } = setup;
  if (app) appId.value = app;
  place(byId('div', 'app-field'), !app && !anyApp);
  place(byId('div', 'token-field'), rule === 'always' || rule === 'perApp');
  token.required = rule === 'always';
  token.placeholder = rule === 'always' ? '' : rule === 'perApp' ? 'if the app needs one' : 'none';
  showCommand();
  if (!originAllowed) showText(problem, `This server takes no pages of ${location.origin}. Its operator can add that to the setting “origins”.`);
}

/**
 * Puts a field where it belongs: in sight, or among what few people need.
 * @param {HTMLElement} field
 * @param {boolean} needed
 */
function place(field, needed) {
  if (needed) byId('div', 'needed').append(field);
  else advanced.append(field);
}

/** The command that makes a token for this name. */
function showCommand() {
  const name = uid.value.trim();
  // A link can give any name: quoted, it must stay one argument of the shell.
  const quoted = /^[\w-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
  byId('code', 'token-command').textContent = `rtm-gateway token --uid ${quoted}`;
}
