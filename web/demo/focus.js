/**
 * Keeps the focus on the page. Where the control that has it is taken away, hidden or disabled, browsers drop the focus, and the next
 * Tab begins at the top of the page; here the control that takes its place gets it, or one nearby.
 */

/** What one reaches with Tab. */
const CONTROLS = 'a[href], button, input, textarea, summary, audio[controls], video[controls], [tabindex="0"]';
/** What gets the focus if nothing nearby can: the first one in sight. A field in the list, unless that calls up an on-screen keyboard. */
const LAST_RESORT = matchMedia('(hover: hover)').matches ? '#scroller, #new-name, #uid' : '#scroller, #list, #uid';

/** What has had the focus last, and all that is around it, from the inside out. @type {Element[]} */
let path = [];

/** Begins; for as long as the page is there. */
export function startFocus() {
  document.addEventListener('focusin', ({ target }) => {
    path = [];
    for (let element = /** @type {Element | null} */ (target); element; element = element.parentElement) path.push(element);
  });
  document.addEventListener('focusout', () => setTimeout(() => {
    if (path[0] && usable(path[0]) && !isFocused()) path = []; // a click beside all controls has taken it, and means it
  }));
  new MutationObserver(() => keep()).observe(document.body, { subtree: true, childList: true, attributeFilter: ['hidden', 'disabled', 'open', 'data-state', 'data-pane'] });
}

/** @param {boolean} [later] */
function keep(later) {
  const [lost, ...around] = path;
  if (!lost || usable(lost) || isFocused()) return;
  if (!later && around.some((element) => element.matches('dialog:not([open])'))) return void setTimeout(() => keep(true)); // the browser is about to give it back
  const next = heir(around) ?? nearby(lost, around) ?? [...document.querySelectorAll(LAST_RESORT)].find(usable);
  if (next instanceof HTMLElement) next.focus();
}

/** Whether a control has the focus that can use it: browsers leave it for a while with one that was hidden. */
function isFocused() {
  const { activeElement } = document;
  return !!activeElement && activeElement !== document.body && usable(activeElement);
}

/** @param {Element} element */
function usable(element) {
  return element.isConnected && !element.matches(':disabled') && element.getClientRects().length > 0;
}

/**
 * What takes the place of another control of the same message, as “Try again” does of “Cancel”.
 * @param {Element[]} around
 */
function heir(around) {
  for (const place of around.slice(0, around.findIndex((element) => element.matches('article')) + 1)) {
    const found = [...place.querySelectorAll('[data-takes-over]')].find(usable);
    if (found) return found;
  }
  return undefined;
}

/**
 * The next control in the smallest place around the lost one that has any, else the last one before it.
 * @param {Element} lost
 * @param {Element[]} around
 */
function nearby(lost, around) {
  for (const place of around) {
    if (!usable(place) || place.matches('html, body, main, ul, .thread')) continue; // no control of a list takes the place of another
    if (place.matches(CONTROLS)) return place;
    const inside = [...place.querySelectorAll(CONTROLS)].filter(usable);
    const next = lost.isConnected ? inside.find((element) => lost.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) : undefined;
    if (next ?? inside.length) return next ?? inside.at(-1);
  }
  return undefined;
}
