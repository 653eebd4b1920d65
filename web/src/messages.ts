/** Messages between the form of the API (section 6) and that of the boundary. */
import { MessageFault, MessageKind, type Incoming, type Outgoing } from './bridge.ts';
import { isBlob, readBlob } from './blob.ts';
import { cut, isBytes, isPlainObject } from './checks.ts';
import { mustBe } from './errors.ts';
import { Limit } from './limits.ts';

const KINDS: Record<string, MessageKind> = {
  TEXT: MessageKind.TEXT,
  RAW: MessageKind.RAW,
  IMAGE: MessageKind.IMAGE,
  FILE: MessageKind.FILE,
};
export const DIMENSIONS = ['width', 'height', 'thumbnailWidth', 'thumbnailHeight'] as const;

/** An outgoing message and, where it must be read first, its thumbnail. */
export interface Normalised {
  outgoing: Outgoing;
  thumbnail?: Blob;
}

/**
 * Normalises a message (API 6.2). It does not throw: the core reports a fault at its place
 * in the order of checks. An inferred type, and a missing description of RAW, are also
 * written into the caller's object.
 */
export function normalise(message: unknown): Normalised {
  if (!isPlainObject(message)) return invalid(MessageFault.NotAMessage, mustBe('the message', 'a plain object', message));
  let type = message.messageType;
  if (type === undefined) {
    const { text, rawMessage } = message;
    if (isBytes(rawMessage) && text === undefined) type = 'RAW';
    else if (typeof text === 'string' && rawMessage === undefined) type = 'TEXT';
    else return invalid(MessageFault.NotAMessage, 'the message needs either a text (string) or a rawMessage (Uint8Array), or else a messageType');
    write(message, 'messageType', type);
  }
  if (type === 'RAW') return raw(message);
  if (type === 'TEXT') return text(message);
  if (type === 'IMAGE' || type === 'FILE') return media(message, type);
  return invalid(MessageFault.UnknownType, mustBe('messageType', 'TEXT, RAW, IMAGE or FILE', type));
}

function invalid(fault: MessageFault, faultText: string, kind = MessageKind.NONE): Normalised {
  return { outgoing: { kind, fault, faultText } };
}

/** A frozen object stays as it is: only the copy that is sent matters. */
function write(message: Record<string, unknown>, key: string, value: unknown): void {
  Reflect.set(message, key, value);
}

function text(message: Record<string, unknown>): Normalised {
  const { text } = message;
  if (typeof text !== 'string') return invalid(MessageFault.Malformed, mustBe('text', 'a string', text), MessageKind.TEXT);
  return { outgoing: { kind: MessageKind.TEXT, fault: MessageFault.None, text: cut(text) } };
}

function raw(message: Record<string, unknown>): Normalised {
  if (message.description === undefined) write(message, 'description', '');
  const { rawMessage, description = '' } = message;
  if (!isBytes(rawMessage)) return invalid(MessageFault.BadRaw, mustBe('rawMessage', 'a Uint8Array', rawMessage), MessageKind.RAW);
  if (typeof description !== 'string') return invalid(MessageFault.BadRaw, mustBe('description', 'a string', description), MessageKind.RAW);
  let raw;
  try {
    // A copy, because the caller may change the bytes while the message waits. Of too many bytes only the number counts.
    raw = Reflect.get(Uint8Array.prototype, 'length', rawMessage) > Limit.MAX_MESSAGE_BYTES ? new Uint8Array(Limit.MAX_MESSAGE_BYTES + 1) : new Uint8Array(rawMessage);
  } catch { // its buffer was transferred or became smaller
    return invalid(MessageFault.BadRaw, 'rawMessage has lost its bytes: its buffer is detached or was made smaller', MessageKind.RAW);
  }
  return { outgoing: { kind: MessageKind.RAW, fault: MessageFault.None, raw, description: cut(description) } };
}

function media(message: Record<string, unknown>, type: 'IMAGE' | 'FILE'): Normalised {
  const kind = KINDS[type]!;
  const { mediaId, thumbnail } = message;
  const fileName = message.fileName ?? '';
  const description = message.description ?? '';
  const wrong = (field: string, wanted: string) => invalid(MessageFault.Malformed, mustBe(field, wanted, message[field]), kind);
  if (typeof mediaId !== 'string' || !mediaId) return wrong('mediaId', 'the id of an upload');
  if (typeof fileName !== 'string') return wrong('fileName', 'a string');
  if (typeof description !== 'string') return wrong('description', 'a string');
  if (thumbnail !== undefined && !isBlob(thumbnail)) return wrong('thumbnail', 'a Blob');
  const outgoing: Outgoing = {
    kind, fault: MessageFault.None, mediaId: cut(mediaId), fileName: cut(fileName), description: cut(description), size: count(message.size),
  };
  if (type === 'IMAGE') for (const key of DIMENSIONS) outgoing[key] = count(message[key]);
  if (!thumbnail) return { outgoing };
  outgoing.thumbnailSize = thumbnail.size;
  return thumbnail.size && thumbnail.size <= Limit.MAX_MESSAGE_BYTES ? { outgoing, thumbnail } : { outgoing };
}

/** A size or dimension that the wire format can hold. */
function count(value: unknown): number {
  const n = Math.trunc(Number(value));
  return n > 0 && n <= Number.MAX_SAFE_INTEGER ? n : 0;
}

/** Puts the thumbnail's bytes into the outgoing message, or the reason why they cannot be read. */
export async function readThumbnail({ outgoing, thumbnail }: Normalised): Promise<void> {
  if (!thumbnail) return;
  try {
    outgoing.thumbnail = new Uint8Array(await readBlob(thumbnail));
  } catch (error) {
    outgoing.fault = MessageFault.Malformed;
    outgoing.faultText = `the thumbnail could not be read: ${error}`;
  }
}

/** The message that an event brings (API 6.4). */
export function received(m: Incoming): object {
  if (m.kind === MessageKind.TEXT) return { text: m.text, messageType: 'TEXT' };
  if (m.kind === MessageKind.RAW) return { rawMessage: m.raw, description: m.description, messageType: 'RAW' };
  const { mediaId, fileName, description, size } = m;
  const messageType = m.kind === MessageKind.IMAGE ? 'IMAGE' : 'FILE';
  const message: Record<string, unknown> = { messageType, mediaId, fileName, description, size, thumbnail: new Blob(m.thumbnail ? [m.thumbnail as BlobPart] : []) };
  if (m.kind === MessageKind.IMAGE) for (const key of DIMENSIONS) message[key] = m[key];
  return withAlias(message);
}

/** The API's createMessage (3.7): defaults for IMAGE and FILE, anything else as it is. */
export function createMessage(message: any): any {
  const { messageType } = message;
  if (messageType === 'IMAGE') {
    return withAlias(Object.assign({
      width: 0, height: 0, fileName: '', description: '', thumbnail: new Blob([]), thumbnailWidth: 0, thumbnailHeight: 0, size: 0,
    }, message));
  }
  if (messageType === 'FILE') return withAlias(Object.assign({ fileName: '', description: '', thumbnail: new Blob([]), size: 0 }, message));
  return message;
}

/**
 * Adds `thumbnailData`, the other name of `thumbnail` (API 15, row 2). It is not enumerable, so
 * that copies and comparisons do not see it.
 */
export function withAlias<T extends object>(message: T): T {
  return Object.defineProperty(message, 'thumbnailData', {
    configurable: true,
    get(this: { thumbnail?: Blob }) {
      return this.thumbnail;
    },
  });
}
