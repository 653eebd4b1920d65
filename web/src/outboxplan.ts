/** What an outbox does next: decisions without side effects. */

/** What the decisions need to know of an item. */
export interface Planned {
  id: number;
  /** Names the receiver: messages to one are sent one after another. */
  target: string;
  state: 'WAITING' | 'UPLOADING' | 'SENDING' | 'SENT' | 'FAILED';
  /** It has something to upload first, which is not done. */
  needsUpload: boolean;
  /** Not before this time, in ms. */
  notBefore: number;
}

/** How many uploads of an outbox run at a time; the app's own have places besides. */
const UPLOADS = 3;

export interface Plan {
  upload: number[];
  send: number[];
  /** When to look again; Infinity: when something has changed. */
  wakeAt: number;
}

/** Plans for items in the order in which they were added. */
export function plan(items: Planned[], now: number, isOpen: (target: string) => boolean): Plan {
  const out: Plan = { upload: [], send: [], wakeAt: Infinity };
  const heads = new Set<string>();
  let places = UPLOADS - items.filter(({ state }) => state === 'UPLOADING').length;
  for (const { id, target, state, needsUpload, notBefore } of items) {
    if (state === 'FAILED' || state === 'SENT') continue;
    const isHead = !heads.has(target);
    heads.add(target);
    if (state !== 'WAITING') continue;
    if (notBefore > now) out.wakeAt = Math.min(out.wakeAt, notBefore);
    else if (!needsUpload && isHead && isOpen(target)) out.send.push(id);
    else if (needsUpload && places-- > 0) out.upload.push(id);
  }
  return out;
}

/** What becomes of an item after an error: tried again, at no cost or as one of a number of attempts, or failed. */
export function verdict(error: { name?: string; code?: number }, doing: 'upload' | 'send', connected: boolean): 'again' | 'count' | 'fail' {
  if (!connected) return 'again';
  switch (error.name) {
    case 'RtmInterruptedError': // by the end of the session
    case 'RtmInvalidStatusError': // not logged in, or the channel was left
    case 'RtmInvokeTooOftenError':
      return 'again';
    case 'RtmLimitExceededError': // 5: nine transfers, or too many messages to peers; 3: to channels
      return error.code === 5 || (doing === 'send' && error.code === 3) ? 'again' : 'fail';
    case 'RtmInvalidArgumentError':
      return 'fail';
  }
  return 'count';
}

/** How many attempts of one item may fail while the client is connected. */
export const ATTEMPTS = 8;

/** The wait before the next attempt, in ms: 1 s, then twice as long each time, at most 60 s. */
export function pause(attempts: number): number {
  return Math.min(1000 * 2 ** attempts, 60_000);
}
