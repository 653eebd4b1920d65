/** What the SDK's errors mean to somebody chatting. The table follows the codes of the 1.4 SDK. */

/** @typedef {'login' | 'join' | 'send' | 'upload' | 'download'} Action */

/** @type {Record<Action, Record<string, string>>} */
const texts = {
  login: {
    'RtmInvalidArgumentError 3': 'This name can’t be used. Up to 64 plain letters, digits, spaces and most punctuation are fine.',
    'RtmUnauthenticatedError 3': 'This token is for another name or app.',
    'RtmUnauthenticatedError 4': 'The server does not know this app id.',
    'RtmUnauthenticatedError 5': 'The server wants a valid token for this name.',
    'RtmUnauthenticatedError 6': 'This token has expired.',
    'RtmInvokeTooOftenError 10': 'That was too quick. Try again in a second.',
    'RtmTimeoutError 9': 'The server did not answer. Is it running, and are you online?',
    'RtmUnavailableError 1': 'The server can’t be reached. Is it running, and are you online?',
    'RtmUnavailableError 2': 'The server refused to let you in.',
  },
  join: {
    'RtmInvalidArgumentError 1': 'A channel can’t have this name. Up to 64 plain letters, digits, spaces and most punctuation are fine.',
    'RtmLimitExceededError 5': 'You are in 20 channels already, which is the limit. Leave one first.',
    'RtmInvalidStatusError 102': 'You are not connected at the moment.',
    'RtmTimeoutError 4': 'The server did not answer.',
  },
  send: {
    'RtmInvalidStatusError 102': 'Not sent: you are not connected.',
    'RtmInvalidStatusError 5': 'Not sent: you are not in this channel.',
    'RtmLimitExceededError 3': 'Not sent: too many messages at once. Wait a moment.',
    'RtmLimitExceededError 4': 'Not sent: a message may have 32 KB at most.',
    'RtmLimitExceededError 5': 'Not sent: too many messages at once. Wait a moment.',
    'RtmLimitExceededError 7': 'Not sent: a message may have 32 KB at most.',
    'RtmTimeoutError 2': 'Not sent: the server did not answer.',
  },
  upload: {
    'RtmLimitExceededError 4': 'This file is too large. The limit is 30 MB.',
    'RtmLimitExceededError 5': 'Nine transfers are running already.',
    'RtmInterruptedError 6': 'The transfer was interrupted.',
    'RtmTimeoutError 3': 'The transfer stalled for two minutes and was stopped.',
    'RtmUnavailableError 1': 'The server could not take this file.',
    'RtmInvalidStatusError 102': 'You are not connected at the moment.',
  },
  download: {
    'RtmUnavailableError 4': 'This file is no longer there. The server keeps files for a limited time, usually seven days.',
    'RtmLimitExceededError 5': 'Nine transfers are running already.',
    'RtmInterruptedError 6': 'The transfer was interrupted.',
    'RtmTimeoutError 3': 'The transfer stalled for two minutes and was stopped.',
    'RtmUnavailableError 1': 'The server could not deliver this file.',
    'RtmInvalidArgumentError 2': 'This message does not name a file that can be fetched.',
    'RtmInvalidStatusError 102': 'You are not connected at the moment.',
  },
};

/**
 * @param {unknown} error from the SDK, or anything else thrown
 * @param {Action} action that failed
 * @returns {string}
 */
export function explain(error, action) {
  const { name, code, message } = /** @type {{name?: string, code?: number, message?: string}} */ (error ?? {});
  const plain = (message ?? String(error)).replace(/^\s*Error Code .*? - /, '');
  // Login fails with one code for all that keeps it from starting; about rtm.wasm the message knows the cure.
  if (/wasm|WebAssembly/i.test(plain)) return plain;
  if (/outbox is full/.test(plain)) return 'Not sent: this browser has no room for more. Remove messages that are not sent, or free space.';
  if (action === 'login' && /may not use this gateway/.test(plain)) return `This server takes no pages of ${location.origin}. Its operator can add that to the setting “origins”.`;
  return texts[action][`${name} ${code}`] ?? plain;
}
