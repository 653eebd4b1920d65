/** Finding, making and discarding elements. */

/**
 * The element with this id. Page and modules belong together, so a missing one is a bug.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} id
 * @returns {HTMLElementTagNameMap[T]}
 */
export function byId(tag, id) {
  return find(document, `${tag}#${id}`);
}

/**
 * The element marked data-part="name" inside another one.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {ParentNode} root
 * @param {T} tag
 * @param {string} name
 * @returns {HTMLElementTagNameMap[T]}
 */
export function part(root, tag, name) {
  return find(root, `${tag}[data-part="${name}"]`);
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {any}
 */
function find(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

/**
 * A copy of what a template holds.
 * @param {string} template its id without "-template"
 * @returns {HTMLElement}
 */
export function clone(template) {
  const { content } = byId('template', `${template}-template`);
  return /** @type {HTMLElement} */ (document.importNode(/** @type {Element} */ (content.firstElementChild), true));
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {...(string | Node)} children strings become text, never markup
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

/**
 * @param {string} name of a symbol of the page, without "i-"
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * Shows a text, or hides its element if there is none.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function showText(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

/** @type {WeakMap<Element, (() => void)[]>} */
const cleanups = new WeakMap();

/**
 * Runs a function when the element is discarded.
 * @param {Element} element
 * @param {() => void} cleanup
 */
export function whenDiscarded(element, cleanup) {
  cleanups.set(element, [...(cleanups.get(element) ?? []), cleanup]);
}

/**
 * Takes an element out of the page for good and frees what it and its descendants hold.
 * @param {Element} element
 */
export function discard(element) {
  for (const each of [element, ...element.querySelectorAll('*')]) {
    for (const cleanup of cleanups.get(each) ?? []) cleanup();
    cleanups.delete(each);
  }
  element.remove();
}

/**
 * An address for a Blob, valid until the element is discarded.
 * @param {Element} element
 * @param {Blob} blob
 */
export function objectUrl(element, blob) {
  const url = URL.createObjectURL(blob);
  whenDiscarded(element, () => URL.revokeObjectURL(url));
  return url;
}

/** Has a click beside a dialog close it. The dialog must have no padding, which would count as beside. @param {HTMLDialogElement} dialog */
export function closeOnBackdrop(dialog) {
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close());
}
