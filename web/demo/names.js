/** Names of people and channels. */

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
