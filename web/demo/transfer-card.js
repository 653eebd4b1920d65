/** The progress of one transfer: a card of its own, or a strip below what is fetched. */
import { clone, part, icon, discard, showText, whenDiscarded } from './dom.js';
import { explain } from './errors.js';
import { bytes, duration, fileIcon } from './format.js';

/** @import { Transfer, TransferQueue } from './transfers.js' */

/**
 * @param {Transfer} transfer that is in the queue already, or will be soon
 * @param {TransferQueue} queue for trying again
 * @param {'upload' | 'download'} direction
 * @param {() => void} [done] called instead of showing that it is done
 */
export function transferCard(transfer, queue, direction, done) {
  const card = clone('transfer');
  const [bar, status] = [part(card, 'progress', 'bar'), part(card, 'p', 'status')];
  const [cancel, retry, dismiss] = [part(card, 'button', 'cancel'), part(card, 'button', 'retry'), part(card, 'button', 'dismiss')];
  part(card, 'span', 'icon').append(icon(fileIcon(transfer.name)));
  part(card, 'p', 'name').textContent = transfer.name;
  card.classList.add(direction);
  bar.setAttribute('aria-label', `${direction === 'upload' ? 'Sending' : 'Loading'} ${transfer.name}`);
  cancel.setAttribute('aria-label', `Cancel ${transfer.name}`);
  retry.setAttribute('aria-label', `Try ${transfer.name} again`);
  dismiss.setAttribute('aria-label', `Remove ${transfer.name} from the list`);

  let painted = 0;
  let wasPaused = false;
  const paint = () => {
    const changed = card.dataset.state !== transfer.state;
    if (!changed && transfer.paused === wasPaused && performance.now() - painted < 100) return; // progress may come hundreds of times a second
    painted = performance.now();
    wasPaused = transfer.paused;
    const over = transfer.state === 'failed' || transfer.state === 'cancelled';
    const focused = card.contains(document.activeElement);
    card.dataset.state = transfer.state;
    bar.value = transfer.size ? transfer.current / transfer.size : 0;
    bar.hidden = over;
    showText(status, describe(transfer));
    showText(part(card, 'p', 'problem'), transfer.state === 'failed' ? reason(transfer, direction) : '');
    dismiss.hidden = !over;
    retry.hidden = !over || hopeless(transfer, direction);
    cancel.hidden = over;
    if (changed && over && focused) (retry.hidden ? dismiss : retry).focus();
    if (changed && transfer.state === 'done') done?.();
  };
  transfer.onchange = paint;
  paint();
  cancel.onclick = () => transfer.cancel();
  retry.onclick = () => {
    queue.add(transfer);
    cancel.focus();
  };
  dismiss.onclick = () => discard(card);
  whenDiscarded(card, () => transfer.cancel());
  return card;
}

/** @param {Transfer} transfer */
function describe(transfer) {
  const { state, size, current, rate } = transfer;
  if (state === 'failed') return bytes(size);
  if (state === 'cancelled') return `Cancelled · ${bytes(size)}`;
  if (state === 'done') return bytes(size);
  const percent = `${size ? Math.floor((current / size) * 100) : 0}%`;
  if (transfer.paused) return `Paused at ${percent} until you are connected again`;
  if (state === 'queued') return `Waiting · ${bytes(size)}`;
  if (transfer.stalled) return `${percent} of ${bytes(size)} · stalled, goes on by itself`;
  const parts = [`${percent} of ${bytes(size)}`];
  if (current === size) parts.push('finishing');
  else if (rate) parts.push(`${bytes(Math.round(rate))}/s`, `${duration((size - current) / rate)} left`);
  return parts.join(' · ');
}

/**
 * Whether it would fail again for sure: the file is empty, or over 30 MB.
 * @param {Transfer} transfer
 * @param {'upload' | 'download'} direction
 */
function hopeless({ state, size, error }, direction) {
  const { name, code } = /** @type {{name?: string, code?: number}} */ (error ?? {});
  return state === 'failed' && direction === 'upload' && (size === 0 || (name === 'RtmLimitExceededError' && code === 4));
}

/**
 * @param {Transfer} transfer
 * @param {'upload' | 'download'} direction
 */
function reason(transfer, direction) {
  if (direction === 'upload' && transfer.size === 0) return 'This file is empty, so there is nothing to send.';
  return explain(transfer.error, direction);
}
