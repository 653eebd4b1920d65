import assert from 'node:assert/strict';
import test from 'node:test';
import { MessageFault, MessageKind } from '../src/bridge.ts';
import { createMessage, normalise, readThumbnail, received } from '../src/messages.ts';

const bytes = new Uint8Array([1, 2, 3]);
const blob = new Blob([bytes], { type: 'image/png' });

test('the type is inferred and written into the caller\'s object', () => {
  const text: Record<string, unknown> = { text: 'hi', extra: 1 };
  assert.deepEqual(normalise(text).outgoing, { kind: MessageKind.TEXT, fault: MessageFault.None, text: 'hi' });
  assert.deepEqual(text, { text: 'hi', extra: 1, messageType: 'TEXT' });

  const raw: Record<string, unknown> = { rawMessage: bytes };
  assert.deepEqual(normalise(raw).outgoing, { kind: MessageKind.RAW, fault: MessageFault.None, raw: bytes, description: '' });
  assert.deepEqual(raw, { rawMessage: bytes, messageType: 'RAW', description: '' });

  assert.equal(normalise({ text: '', rawMessage: undefined }).outgoing.kind, MessageKind.TEXT);
  assert.equal(normalise(Object.freeze({ text: 'x' })).outgoing.fault, MessageFault.None);
  assert.equal(normalise(Object.freeze({ rawMessage: bytes })).outgoing.description, '');
});

test('bytes are copied, so that the caller may change them', () => {
  const rawMessage = new Uint8Array([1]);
  const { outgoing } = normalise({ rawMessage });
  rawMessage[0] = 9;
  assert.equal(outgoing.raw![0], 1);
});

test('of too many bytes only as many are sent as show it: copying all could stop the page for seconds', () => {
  const { outgoing } = normalise({ rawMessage: new Uint8Array(500_000_000) });
  assert.equal(outgoing.raw!.length, 32769);
  assert.equal(outgoing.raw!.buffer.byteLength, 32769);
});

test('what is wrong is noted for the core', () => {
  class Message { text = 'x'; }
  const table: [unknown, MessageFault][] = [
    [undefined, MessageFault.NotAMessage],
    ['hi', MessageFault.NotAMessage],
    [{}, MessageFault.NotAMessage],
    [new Message(), MessageFault.NotAMessage],
    [Object.create(null), MessageFault.NotAMessage],
    [{ text: 1 }, MessageFault.NotAMessage],
    [{ text: 'a', rawMessage: bytes }, MessageFault.NotAMessage],
    [{ text: 'a', rawMessage: null }, MessageFault.NotAMessage],
    [{ rawMessage: bytes.buffer }, MessageFault.NotAMessage],
    [{ mediaId: 'x' }, MessageFault.NotAMessage],
    [{ messageType: 'VIDEO' }, MessageFault.UnknownType],
    [{ messageType: null, text: 'x' }, MessageFault.UnknownType],
    [{ messageType: 'toString' }, MessageFault.UnknownType],
    [{ messageType: 'RAW' }, MessageFault.BadRaw],
    [{ messageType: 'RAW', rawMessage: [1] }, MessageFault.BadRaw],
    [{ rawMessage: bytes, description: 5 }, MessageFault.BadRaw],
    [{ messageType: 'TEXT' }, MessageFault.Malformed],
    [{ messageType: 'IMAGE' }, MessageFault.Malformed],
    [{ messageType: 'FILE', mediaId: '' }, MessageFault.Malformed],
    [{ messageType: 'FILE', mediaId: 'x', thumbnail: bytes }, MessageFault.Malformed],
    [{ messageType: 'FILE', mediaId: 'x', fileName: 7 }, MessageFault.Malformed],
    [{ messageType: 'RAW', rawMessage: bytes }, MessageFault.None],
    [{ messageType: 'FILE', mediaId: 'x' }, MessageFault.None],
  ];
  for (const [message, fault] of table) {
    const { outgoing } = normalise(message);
    assert.equal(outgoing.fault, fault, JSON.stringify(message));
    assert.equal(typeof outgoing.faultText, fault === MessageFault.None ? 'undefined' : 'string');
  }
});

test('media messages, their numbers and thumbnails', async () => {
  const message = { messageType: 'IMAGE', mediaId: 'id', fileName: 'a', thumbnail: blob, size: 9, width: 1.9, height: -1, thumbnailWidth: '7', thumbnailHeight: NaN };
  const normalised = normalise(message);
  assert.equal(normalised.thumbnail, blob);
  await readThumbnail(normalised);
  assert.deepEqual(normalised.outgoing, {
    kind: MessageKind.IMAGE, fault: MessageFault.None, mediaId: 'id', fileName: 'a', description: '', size: 9,
    width: 1, height: 0, thumbnailWidth: 7, thumbnailHeight: 0, thumbnail: bytes, thumbnailSize: 3,
  });
  const file = normalise({ messageType: 'FILE', mediaId: 'id', width: 5, thumbnail: new Blob([]) });
  assert.equal(file.outgoing.width, undefined);
  assert.equal(file.thumbnail, undefined);
});

test('a thumbnail that is over the budget is not read', () => {
  const fits = normalise({ messageType: 'FILE', mediaId: 'x', thumbnail: new Blob([new Uint8Array(32768)]) });
  assert.equal(fits.thumbnail!.size, 32768);
  const large = normalise({ messageType: 'FILE', mediaId: 'x', thumbnail: new Blob([new Uint8Array(32769)]) });
  assert.equal(large.thumbnail, undefined);
  assert.equal(large.outgoing.thumbnailSize, 32769);
});

test('a thumbnail that can not be read is a fault', async () => {
  const gone = Object.assign(new Blob([bytes]), { arrayBuffer: () => Promise.reject(new Error('gone')) });
  const normalised = normalise({ messageType: 'FILE', mediaId: 'x', thumbnail: gone });
  await readThumbnail(normalised);
  assert.equal(normalised.outgoing.fault, MessageFault.Malformed);
  assert.match(normalised.outgoing.faultText!, /gone/);
});

test('received messages have the keys of the API, and the alias', async () => {
  assert.deepEqual(received({ kind: MessageKind.TEXT, text: 'x' }), { text: 'x', messageType: 'TEXT' });
  assert.deepEqual(received({ kind: MessageKind.RAW, raw: bytes, description: 'd' }), { rawMessage: bytes, description: 'd', messageType: 'RAW' });
  const base = { mediaId: 'id', fileName: 'f', description: 'd', size: 1 };
  const file = received({ kind: MessageKind.FILE, ...base }) as any;
  assert.deepEqual(Object.keys(file), ['messageType', 'mediaId', 'fileName', 'description', 'size', 'thumbnail']);
  assert.equal(file.thumbnail.size, 0);
  const image = received({ kind: MessageKind.IMAGE, ...base, thumbnail: bytes, width: 1, height: 2, thumbnailWidth: 3, thumbnailHeight: 4 }) as any;
  assert.deepEqual(Object.keys(image), ['messageType', 'mediaId', 'fileName', 'description', 'size', 'thumbnail', 'width', 'height', 'thumbnailWidth', 'thumbnailHeight']);
  assert.equal(image.thumbnail.type, '');
  assert.deepEqual(new Uint8Array(await image.thumbnail.arrayBuffer()), bytes);
  assert.equal(image.thumbnailData, image.thumbnail);
  assert.ok(!('thumbnailData' in { ...image }));
  assert.equal(normalise(image).outgoing.fault, MessageFault.None);
});

test('createMessage fills in IMAGE and FILE, and returns the rest as it is', () => {
  const image = createMessage({ messageType: 'IMAGE', mediaId: 'x', width: 3, fileName: undefined });
  assert.deepEqual(
    { ...image, thumbnail: image.thumbnail.size },
    { width: 3, height: 0, fileName: undefined, description: '', thumbnail: 0, thumbnailWidth: 0, thumbnailHeight: 0, size: 0, messageType: 'IMAGE', mediaId: 'x' },
  );
  const file = createMessage({ messageType: 'FILE', thumbnail: blob });
  assert.deepEqual(Object.keys(file), ['fileName', 'description', 'thumbnail', 'size', 'messageType']);
  assert.equal(file.thumbnailData, blob);
  for (const other of [{ text: 'x' }, { mediaId: 'x' }, { messageType: 'RAW' }]) assert.equal(createMessage(other), other);
  assert.throws(() => createMessage(undefined), TypeError);
});
