/** A message as the page knows it: what is kept of it in the browser, and how far its sending is. */

/** @import { Upload } from './upload.js' */

/**
 * @typedef {object} Media
 * @property {string} [mediaId] there once it is uploaded
 * @property {string} name
 * @property {number} size in bytes
 * @property {number} [width] in pixels
 * @property {number} [height] in pixels
 * @property {Blob} [thumbnail]
 */

/**
 * What the archive keeps.
 * @typedef {object} Kept
 * @property {string | number} [key] the archive's; a number in those that an earlier version of the page kept
 * @property {string} conversation its id
 * @property {'TEXT' | 'IMAGE' | 'FILE'} kind
 * @property {string} from
 * @property {boolean} own
 * @property {number} time in ms since 1970
 * @property {string} text what was written: the text itself, or a caption
 * @property {Media} [media]
 * @property {'waiting' | 'sent' | 'delivered' | 'offline'} [state] of one's own
 * @property {number} [item] the id of what the outbox has of it
 */

export class Message {
  /** While it is being sent, or could not be. @type {Upload | undefined} */
  upload;
  /** The picture or file itself, if it is on this machine. @type {Blob | undefined} */
  local;
  /** Called after each change. */
  onchange = () => {};
  /** Loads the picture, and shows it where it belongs; undefined if that fails. @type {() => Promise<Blob | undefined>} */
  load = async () => this.local;
  /** @type {Promise<Blob | undefined> | undefined} */
  loading;

  /** @param {Kept} kept */
  constructor(kept) {
    this.kept = kept;
  }

  /** What the list of conversations shows of it. @param {'channel' | 'peer'} kind of the conversation */
  summary(kind) {
    const { text, media, own, from } = this.kept;
    const what = text || (this.kept.kind === 'IMAGE' ? 'Picture' : (media?.name ?? ''));
    if (own) return `You: ${what}`;
    return kind === 'channel' ? `${from}: ${what}` : what;
  }
}

/** How many pictures an album has at most. */
const ALBUM = 10;
/** How soon pictures must follow each other to be one album, in ms. */
const TOGETHER = 60_000;

/**
 * Whether a picture belongs to the album before it: sent by the same user soon after, without a caption of its own.
 * @param {Message[]} album
 * @param {Message} message
 */
export function continuesAlbum(album, { kept }) {
  const last = album.at(-1)?.kept;
  return !!last && last.kind === 'IMAGE' && kept.kind === 'IMAGE' && last.from === kept.from && !kept.text
    && album.length < ALBUM && Math.abs(kept.time - last.time) < TOGETHER;
}
