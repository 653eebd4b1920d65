/** What the page remembers: in the browser what was last entered, in the tab who is signed in. */
import { suggestName } from './names.js';

/** @typedef {{uid: string, appId: string, gateway: string, token?: string}} Settings token: if the app wants one */

const defaults = { appId: 'DEMO0000000000000000000000000000', gateway: '' };
const KEY = 'rtm-demo';

/**
 * What was entered last, else the defaults and a new name.
 * @returns {Settings}
 */
export function recall() {
  return { uid: suggestName(), ...defaults, ...read(() => localStorage) };
}

/** @param {Settings} settings all except the token: it is a secret, and soon expired */
export function remember({ token, ...settings }) {
  write(() => localStorage, settings);
}

/** Forgets what was entered. */
export function forgetSettings() {
  write(() => localStorage, undefined);
}

/**
 * Who was signed in on this tab before it was reloaded.
 * @returns {Settings | undefined}
 */
export function signedIn() {
  return read(() => sessionStorage);
}

/** @param {Settings | undefined} settings undefined once signed out; with its token, because the tab alone sees it */
export function setSignedIn(settings) {
  write(() => sessionStorage, settings);
}

/** @param {() => Storage} storage that may be forbidden, and that others write to */
function read(storage) {
  try {
    return JSON.parse(storage().getItem(KEY) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {() => Storage} storage
 * @param {unknown} value
 */
function write(storage, value) {
  try {
    if (value === undefined) storage().removeItem(KEY);
    else storage().setItem(KEY, JSON.stringify(value));
  } catch {
    // Without storage the page works, and forgets.
  }
}
