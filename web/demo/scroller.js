/** The scrolling place of a thread: stays at the end, unless one has scrolled up to read. */
import { byId } from './dom.js';

const place = byId('div', 'scroller');
const button = byId('button', 'new-messages');
const NEAR = 48; // pixels from the end that count as the end
let atEnd = true;
let last = 0; // scrollTop of the last scroll event

/** Shows another thread, at its end. @param {HTMLElement} thread */
export function showThread(thread) {
  const shown = place.querySelector('.thread');
  if (shown !== thread) {
    if (shown) resized.unobserve(shown);
    shown?.remove();
    place.prepend(thread);
    resized.observe(thread);
  }
  toEnd();
}

/** Says that the shown thread has grown. @param {boolean} own whether by what one sent oneself */
export function grown(own) {
  if (own || atEnd) toEnd();
  else button.hidden = false;
}

function toEnd() {
  atEnd = true;
  button.hidden = true;
  place.scrollTop = place.scrollHeight;
}

// Pictures and progress make a thread longer, an on-screen keyboard makes its place smaller.
const resized = new ResizeObserver(() => {
  if (atEnd) place.scrollTop = place.scrollHeight;
});
resized.observe(place);

place.addEventListener('scroll', () => {
  const near = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR;
  // Only scrolling up leaves the end: the event comes late, and the thread may have grown since.
  if (near || place.scrollTop < last) atEnd = near;
  last = place.scrollTop;
  if (atEnd) button.hidden = true;
}, { passive: true });
button.onclick = () => {
  toEnd();
  place.focus();
};
