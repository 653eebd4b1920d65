/** Sending: what was typed, and files and pictures. */
import { discard, objectUrl, part } from './dom.js';
import { explain } from './errors.js';
import { fileBox } from './file-box.js';
import { fileName } from './format.js';
import { messageElement, showFailure, showState, textContent } from './message.js';
import { pictureBox } from './picture.js';
import { transferCard } from './transfer-card.js';
import { Transfer } from './transfers.js';

/** @import { Conversation } from './conversation.js' */
/** @import { MediaTransferHandler, RtmClient, UploadedFileMessage, UploadedImageMessage } from '../src/rtm.d.ts' */

/**
 * @param {Conversation} conversation
 * @param {string} text
 */
export function sendText(conversation, text) {
  const about = { kind: /** @type {const} */ ('TEXT'), from: conversation.session.uid, own: true, time: Date.now() };
  const element = messageElement(about, textContent(text));
  const deliver = async () => {
    showState(element, 'sending');
    try {
      showState(element, await conversation.send({ text }));
    } catch (error) {
      showFailure(element, explain(error, 'send'), deliver);
    }
  };
  conversation.append(element, text);
  deliver();
}

/**
 * Uploads files and sends a message for each when it is there.
 * @param {Conversation} conversation
 * @param {Iterable<File>} files
 */
export function sendFiles(conversation, files) {
  for (const file of files) {
    const card = uploadCard(conversation, file);
    conversation.append(card, '');
  }
}

/**
 * @param {Conversation} conversation
 * @param {File} file
 */
function uploadCard(conversation, file) {
  const { session, transfers } = conversation;
  /** @type {UploadedFileMessage | UploadedImageMessage | undefined} */
  let message;
  /** @type {'sent' | 'delivered' | 'offline'} */
  let outcome;
  /** @param {import('../src/rtm.d.ts').PreparedImage} picture */
  const prepared = ({ payload, thumbnail }) => {
    transfer.size = payload.size;
    if (thumbnail) showPreview(card, thumbnail);
  };
  const transfer = new Transfer({
    name: fileName(file.name),
    size: file.size,
    work: async (handler) => {
      message ??= await upload(session.client, file, handler, prepared); // kept: if sending fails, only that is done again
      outcome = await conversation.send(message);
    },
  });
  const card = transferCard(transfer, transfers, 'upload', () => {
    if (!message) return;
    const element = ownMedia(conversation, message, file);
    showState(element, outcome);
    discard(card);
    conversation.append(element, `You sent ${transfer.name}`);
  });
  transfers.add(transfer);
  return card;
}

/**
 * @param {RtmClient} client
 * @param {File} file
 * @param {MediaTransferHandler} handler
 * @param {(picture: import('../src/rtm.d.ts').PreparedImage) => void} prepared called before a picture is uploaded
 */
async function upload(client, file, handler, prepared) {
  const name = fileName(file.name);
  await file.slice(0, 1).arrayBuffer().catch(() => {
    throw new Error('This can’t be read. Is it a folder, or was it moved since it was chosen?');
  });
  const picture = await prepare(file, name, handler);
  if (!picture) return client.createMediaMessageByUploading(file, { messageType: 'FILE', fileName: name }, handler);
  prepared(picture);
  const { payload, placeholder, ...params } = picture;
  return client.createMediaMessageByUploading(payload, { ...params, messageType: 'IMAGE', fileName: name }, handler);
}

/**
 * A picture without its metadata and with its thumbnail; undefined for what is no picture that this browser knows.
 * @param {File} file
 * @param {string} fileName
 * @param {MediaTransferHandler} handler
 */
async function prepare(file, fileName, { cancelSignal }) {
  if (!file.type.startsWith('image/')) return undefined;
  return AgoraRTM.prepareImage(file, { fileName, signal: cancelSignal }).catch((error) => {
    if (error.name !== 'RtmInvalidArgumentError') throw error;
  });
}

/**
 * The picture in place of the icon of its card.
 * @param {HTMLElement} card
 * @param {Blob} thumbnail
 */
function showPreview(card, thumbnail) {
  const image = new Image();
  image.alt = '';
  image.src = objectUrl(image, thumbnail);
  part(card, 'span', 'icon').replaceChildren(image);
}

/**
 * One's own picture or file, shown from the file on this machine.
 * @param {Conversation} conversation
 * @param {UploadedFileMessage | UploadedImageMessage} message
 * @param {File} file
 */
function ownMedia(conversation, message, file) {
  const source = { name: fileName(file.name), size: file.size, fetch: async () => file, transfers: conversation.transfers, local: file };
  const content = message.messageType === 'IMAGE' ? pictureBox(message, source) : fileBox(source);
  const about = { kind: message.messageType, from: conversation.session.uid, own: true, time: Date.now() };
  return messageElement(about, content);
}
