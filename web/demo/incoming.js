/** Messages of others, from the form the SDK delivers to the form the page shows. */
import { fileBox } from './file-box.js';
import { fileName } from './format.js';
import { messageElement, textContent } from './message.js';
import { pictureBox } from './picture.js';

/** @import { ReceivedMessage } from '../src/rtm.d.ts' */
/** @import { Conversation } from './conversation.js' */

/**
 * @param {ReceivedMessage} message
 * @param {string} from
 * @param {number} time in ms since 1970
 * @param {Conversation} conversation
 * @returns {HTMLElement | undefined} undefined for RAW messages, which this page has no use for
 */
export function received(message, from, time, conversation) {
  const content = contentOf(message, conversation);
  return content && messageElement({ kind: /** @type {'TEXT'} */ (message.messageType), from, own: false, time }, content);
}

/**
 * @param {ReceivedMessage} message
 * @param {Conversation} conversation
 */
function contentOf(message, { session, transfers }) {
  if (message.messageType === 'TEXT') return textContent(message.text);
  if (message.messageType === 'RAW') return undefined;
  /** @type {import('./file-box.js').Source} */
  const source = {
    name: fileName(message.fileName, message.messageType === 'IMAGE' ? 'picture' : 'file'),
    size: message.size,
    fetch: (handler) => session.client.downloadMedia(message.mediaId, handler),
    transfers,
  };
  return message.messageType === 'IMAGE' ? pictureBox(message, source) : fileBox(source);
}
