/** Audio and video in a message. They play from the gateway while they load, by a media URL. */
import { make, objectUrl } from './dom.js';
import { fileIcon } from './format.js';

/** @import { Message } from './message.js' */
/** @import { Conversation } from './conversation.js' */

/**
 * @param {Message} message with media
 * @param {Conversation} conversation
 * @returns {HTMLElement | undefined} undefined for what is neither, or what this browser doesn't play
 */
export function player({ kept: { media, kind }, local }, { session }) {
  const what = fileIcon(media?.name ?? '');
  if (kind !== 'FILE' || !media || (what !== 'audio' && what !== 'video') || !plays(media.name)) return undefined;
  const element = make(what, 'player');
  element.controls = true;
  element.preload = 'none';
  element.setAttribute('aria-label', media.name);
  if (element instanceof HTMLVideoElement) element.playsInline = true;
  if (local) {
    element.src = objectUrl(element, local);
    element.preload = 'metadata';
  } else {
    show(element, session, media.mediaId ?? '');
  }
  // An address may have expired, and the format may be one that the browser does not know after all. The file can be saved in any case.
  element.addEventListener('error', () => (element.hidden = true));
  return element;
}

/**
 * @param {HTMLMediaElement} element
 * @param {import('./session.js').Session} session
 * @param {string} mediaId
 */
async function show(element, session, mediaId) {
  try {
    element.src = await session.client.getMediaUrl(mediaId);
    element.preload = 'metadata';
  } catch {
    element.hidden = true;
  }
}

/** @type {Record<string, string>} */
const types = {
  mp3: 'audio/mpeg', m4a: 'audio/mp4', aac: 'audio/aac', wav: 'audio/wav', ogg: 'audio/ogg', opus: 'audio/ogg', flac: 'audio/flac',
  mp4: 'video/mp4', m4v: 'video/mp4', mov: 'video/quicktime', webm: 'video/webm',
};

/** Whether this browser may be able to play a file. @param {string} name */
function plays(name) {
  const type = types[name.slice(name.lastIndexOf('.') + 1).toLowerCase()];
  return !!type && document.createElement(type.startsWith('audio') ? 'audio' : 'video').canPlayType(type) !== '';
}
