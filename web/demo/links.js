/** Text with its links. */
import { make } from './dom.js';

const address = /\b(?:https?:\/\/|www\.)[^\s<>"']+/gi;

/**
 * Text as nodes, never as markup. Only http and https become links, so no text can run a script.
 * @param {string} text
 * @returns {(string | Node)[]}
 */
export function withLinks(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(address)) {
    const found = withoutPunctuation(match[0]);
    const href = found.startsWith('http') || found.startsWith('HTTP') ? found : `https://${found}`;
    if (!URL.canParse(href)) continue;
    const link = make('a', 'link', found);
    link.href = href;
    link.target = '_blank';
    link.rel = 'noopener noreferrer nofollow';
    nodes.push(text.slice(end, match.index), link);
    end = match.index + found.length;
  }
  return [...nodes, text.slice(end)];
}

/** A sentence may end behind an address, and brackets may stand around it. @param {string} found */
function withoutPunctuation(found) {
  let text = found.replace(/[.,;:!?…]+$/, '');
  while (text.endsWith(')') && count(text, ')') > count(text, '(')) text = text.slice(0, -1).replace(/[.,;:!?…]+$/, '');
  return text;
}

/**
 * @param {string} text
 * @param {string} letter
 */
function count(text, letter) {
  return text.split(letter).length - 1;
}
