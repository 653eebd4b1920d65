/** Names of people and channels, and what the page remembers. */

const adjectives = ['calm', 'bright', 'swift', 'gentle', 'merry', 'clever', 'sunny', 'quiet', 'brave', 'lucky', 'cosy', 'witty'];
const animals = ['otter', 'finch', 'fox', 'heron', 'lynx', 'seal', 'robin', 'badger', 'hare', 'wren', 'panda', 'koala'];

/** A friendly name that is probably free. */
export function suggestName() {
  const any = (/** @type {string[]} */ list) => list[Math.floor(Math.random() * list.length)];
  return `${any(adjectives)}-${any(animals)}-${10 + Math.floor(Math.random() * 90)}`;
}

/**
 * What the SDK takes for a user or a channel. It checks this itself, but a person only when a
 * message is sent.
 * @param {string} name
 */
export function isName(name) {
  return name !== 'null' && /^[\w\s!#$%&()+\-,.:;<=>?@[\]^{|}~]{1,64}$/.test(name);
}

/**
 * One of the eight tints of the style sheet, always the same for a name.
 * @param {string} name
 */
export function tint(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + /** @type {number} */ (letter.codePointAt(0))) >>> 0;
  return `tint-${sum % 8}`;
}

/**
 * Fills a round picture with a name's initials.
 * @param {HTMLElement} avatar
 * @param {string} name
 */
export function paintAvatar(avatar, name) {
  for (let i = 0; i < 8; i++) avatar.classList.remove(`tint-${i}`);
  avatar.classList.add(tint(name));
  const [first = '?', second = ''] = name.split(/[^A-Za-z0-9]+/).filter(Boolean);
  avatar.textContent = (first.slice(0, 1) + second.slice(0, 1)).toUpperCase();
}

/** @typedef {{uid: string, appId: string, gateway: string, token?: string}} Settings token: if the app wants one */

const defaults = { appId: 'DEMO0000000000000000000000000000', gateway: '' };

/**
 * What was remembered, else the defaults and a new name.
 * @returns {Settings}
 */
export function recall() {
  let stored = {};
  try {
    stored = JSON.parse(localStorage.getItem('rtm-demo') ?? '{}');
  } catch {
    // Storage may be forbidden, and others may write to it; the page works without.
  }
  return { uid: suggestName(), ...defaults, ...stored };
}

/** @param {Settings} settings all but the token, which is a secret and soon worth nothing */
export function remember({ token, ...settings }) {
  try {
    localStorage.setItem('rtm-demo', JSON.stringify(settings));
  } catch {
    // as above
  }
}
