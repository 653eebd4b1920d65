/** Shows a transfer on what is transferred: a ring with a button, and how far it is in words. */
import { clone, part, icon, showText } from './dom.js';
import { explain } from './errors.js';
import { bytes, duration } from './format.js';

/** @import { Transfer } from './transfers.js' */
/** @import { Upload } from './upload.js' */

/**
 * @typedef {object} Place
 * @property {HTMLElement} box gets data-testid and data-state
 * @property {HTMLElement} ring where the ring goes
 * @property {HTMLElement} status tells how far it is
 * @property {string} name of what is transferred
 * @property {() => void} [retry] offered in the ring when it has failed
 */

/**
 * Follows a transfer until it is done; then everything that this added is gone.
 * @param {Transfer | Upload} transfer
 * @param {'upload' | 'download'} direction
 * @param {Place} place
 */
export function showTransfer(transfer, direction, { box, ring: ringPlace, status, name, retry }) {
  const ring = clone('ring');
  const [bar, value, button] = [part(ring, 'span', 'bar'), ring.querySelector('[data-part="value"]'), part(ring, 'button', 'button')];
  const before = status.textContent ?? '';
  bar.setAttribute('aria-label', `${direction === 'upload' ? 'Sending' : 'Loading'} ${name}`);
  box.dataset.testid = 'transfer';
  ringPlace.append(ring);

  let painted = 0;
  let wasPaused = false;
  const paint = () => {
    const { state, size, current, paused } = transfer;
    const changed = box.dataset.state !== state;
    if (!changed && paused === wasPaused && performance.now() - painted < 100) return; // progress may come hundreds of times a second
    painted = performance.now();
    wasPaused = paused;
    box.dataset.state = state;
    if (state === 'done') {
      ring.remove();
      status.textContent = before;
      delete box.dataset.testid;
      delete box.dataset.state;
      return;
    }
    const over = state === 'failed' || state === 'cancelled';
    const percent = size ? Math.floor((current / size) * 100) : 0; // ring and words tell the same number
    value?.setAttribute('stroke-dasharray', `${over ? 0 : Math.max(percent, 3)} 100`);
    bar.setAttribute('aria-valuenow', String(percent));
    bar.classList.toggle('turning', state === 'queued' || (state === 'running' && current === size));
    bar.hidden = over;
    ring.hidden = over && !retry;
    showText(status, direction === 'download' && state === 'failed' ? explain(transfer.error, direction) : describe(transfer, percent));
    status.classList.toggle('problem', state === 'failed' && direction === 'download'); // below what is sent it is said already
    showButton(over);
  };
  const showButton = (/** @type {boolean} */ over) => {
    const cancellable = !over && (!('cancellable' in transfer) || transfer.cancellable);
    button.hidden = over && !retry;
    button.setAttribute('aria-disabled', String(!over && !cancellable)); // out of sight, it would lose the focus
    if (button.hidden) delete button.dataset.testid;
    else button.dataset.testid = over ? 'transfer-retry' : 'transfer-cancel';
    button.setAttribute('aria-label', over ? `Load ${name} again` : `Cancel ${name}`);
    button.title = over ? 'Try again' : 'Cancel';
    button.replaceChildren(icon(over ? 'retry' : 'close'));
    button.onclick = (event) => {
      event.stopPropagation(); // a picture below it would open
      if (over) retry?.();
      else transfer.cancel();
    };
  };
  transfer.onchange = paint;
  paint();
}

/**
 * @param {Transfer | Upload} transfer
 * @param {number} percent
 */
function describe(transfer, percent) {
  const { state, size, current, rate } = transfer;
  if (state === 'failed') return bytes(size);
  if (state === 'cancelled') return 'keep' in transfer ? bytes(size) : `Cancelled · ${bytes(size)}`;
  if (transfer.paused) return `Paused at ${percent}% until you are connected again`;
  if (state === 'queued') return `Waiting · ${bytes(size)}`;
  if (transfer.stalled) return `${percent}% of ${bytes(size)} · stalled, goes on by itself`;
  const parts = [`${percent}% of ${bytes(size)}`];
  if (current === size) parts.push('finishing');
  else if (rate) parts.push(`${bytes(Math.round(rate))}/s`, `${duration((size - current) / rate)} left`);
  return parts.join(' · ');
}
