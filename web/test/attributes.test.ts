import assert from 'node:assert/strict';
import test from 'node:test';
import { AttributeOp } from '../src/bridge.ts';
import { loggedIn } from './fake.ts';

test('what only JavaScript can see reaches the core as what it refuses', async () => {
  const { client, loader } = await loggedIn();
  const written = () => loader.last('writeAttributes').slice(1, 3);
  const read = () => loader.last('readAttributes').slice(0, 3);
  for (const map of [undefined, null, 'a', ['a'], new Map([['a', 'b']]), new (class { a = 'b'; })(), {}]) {
    void client.setLocalUserAttributes(map);
    assert.deepEqual(written(), ['', []]);
    void client.addOrUpdateChannelAttributes('room', map);
    assert.deepEqual(written(), ['room', []]);
  }
  void client.setLocalUserAttributes({ a: 5, b: undefined, c: ['v'], d: 'v' });
  assert.deepEqual(written(), ['', ['a', '', 'b', '', 'c', '', 'd', 'v']]);
  for (const keys of [undefined, null, 'a', [], { length: 1, 0: 'a' }]) {
    void client.deleteLocalUserAttributesByKeys(keys);
    assert.deepEqual(written(), ['', []]);
    void client.getUserAttributesByKeys('bob', keys);
    assert.deepEqual(read(), ['bob', '', ['']], 'without a key all would be read');
  }
  void client.getChannelAttributesByKeys('room', ['a', 5]);
  assert.deepEqual(read(), ['', 'room', ['a', '']]);
  for (const id of [undefined, null, '', 5, ['room']]) {
    void client.setChannelAttributes(id, { a: 'b' });
    assert.deepEqual(written(), ['null', ['a', 'b']], 'the user has no id here');
    void client.clearChannelAttributes(id);
    assert.deepEqual(written(), ['null', []]);
    void client.getChannelAttributes(id);
    assert.deepEqual(read(), ['', 'null', []]);
    void client.getUserAttributes(id);
    assert.deepEqual(read(), ['null', '', []]);
  }
});

test('what is far too large crosses only so far that it still is', async () => {
  const { client, loader } = await loggedIn();
  const huge = 'v'.repeat(1 << 20);
  void client.setLocalUserAttributes({ a: huge, ...Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`k${i}`, 'v'])) });
  const list = loader.last('writeAttributes')[2];
  assert.equal(list.length, 66);
  assert.equal(Math.max(...list.map((text: string) => text.length)), 32769);
  void client.getUserAttributesByKeys(huge, Array(100_000).fill('k'));
  const [id, , keys] = loader.last('readAttributes');
  assert.equal(id.length, 32769);
  assert.equal(keys.length, 65536);
});

test('what throws while it is read rejects', async () => {
  const { client } = await loggedIn();
  const map = { get a(): string { throw new RangeError('no'); } };
  await assert.rejects(client.setLocalUserAttributes(map), RangeError);
  await assert.rejects(client.getUserAttributesByKeys('bob', new Proxy([], { get() { throw new RangeError('no'); } })), RangeError);
});

test('what is written', async () => {
  const { client, loader } = await loggedIn();
  const written = () => loader.last('writeAttributes').slice(0, -1);
  const notify = { enableNotificationToChannelMembers: true };
  const set = client.setLocalUserAttributes({ a: '1', b: '2' });
  assert.deepEqual(written(), [AttributeOp.SET, '', ['a', '1', 'b', '2'], false]);
  loader.done('writeAttributes')(undefined, null as never);
  assert.equal(await set, undefined);
  void client.addOrUpdateLocalUserAttributes(JSON.parse('{"__proto__": "1"}'));
  assert.deepEqual(written(), [AttributeOp.UPDATE, '', ['__proto__', '1'], false]);
  void client.deleteLocalUserAttributesByKeys(['a', 'b']);
  assert.deepEqual(written(), [AttributeOp.DELETE, '', ['a', '', 'b', ''], false]);
  void client.clearLocalUserAttributes();
  assert.deepEqual(written(), [AttributeOp.CLEAR, '', [], false]);
  void client.setChannelAttributes('room', { a: '1' });
  assert.deepEqual(written(), [AttributeOp.SET, 'room', ['a', '1'], false]);
  void client.addOrUpdateChannelAttributes('room', { a: '1' }, notify);
  assert.deepEqual(written(), [AttributeOp.UPDATE, 'room', ['a', '1'], true]);
  void client.deleteChannelAttributesByKeys('room', ['a'], { enableNotificationToChannelMembers: false });
  assert.deepEqual(written(), [AttributeOp.DELETE, 'room', ['a', ''], false]);
  const failing = client.clearChannelAttributes('room', notify);
  assert.deepEqual(written(), [AttributeOp.CLEAR, 'room', [], true]);
  loader.done('writeAttributes')({ name: 'RtmTimeoutError', code: 7, text: 'late' });
  await assert.rejects(failing, { name: 'RtmTimeoutError', code: 7, message: ' Error Code 7 - late.' });
});

test('what is read', async () => {
  const { client, loader } = await loggedIn();
  const flat = ['a', '1', 'bob', 7, '__proto__', '2', 'eve', 8];
  const read = async (promise: Promise<object>, ...asked: unknown[]) => {
    assert.deepEqual(loader.last('readAttributes').slice(0, -1), asked);
    loader.done('readAttributes')(undefined, flat);
    return Object.entries(await promise);
  };
  const ofUser = [['a', '1'], ['__proto__', '2']];
  const ofChannel = [
    ['a', { value: '1', lastUpdateUserId: 'bob', lastUpdateTs: 7 }],
    ['__proto__', { value: '2', lastUpdateUserId: 'eve', lastUpdateTs: 8 }],
  ];
  assert.deepEqual(await read(client.getUserAttributes('bob'), 'bob', '', []), ofUser);
  assert.deepEqual(await read(client.getUserAttributesByKeys('bob', ['a', 'x']), 'bob', '', ['a', 'x']), ofUser);
  assert.deepEqual(await read(client.getChannelAttributes('room'), '', 'room', []), ofChannel);
  assert.deepEqual(await read(client.getChannelAttributesByKeys('room', ['a']), '', 'room', ['a']), ofChannel);
  const nothing = client.getChannelAttributes('unknown');
  loader.done('readAttributes')(undefined, []);
  assert.deepEqual(await nothing, {});
});

test('AttributesUpdated is emitted on the channel with all attributes', async () => {
  const { client, loader } = await loggedIn();
  const channel = client.createChannel('room');
  void channel.join();
  const handle = loader.last('join')[0];
  loader.host.channel(handle, 'JOINED');
  const seen: unknown[][] = [];
  channel.on('AttributesUpdated', (...args) => seen.push(args));
  loader.host.attributesUpdated(handle, ['a', '1', 'bob', 7]);
  loader.host.attributesUpdated(handle, []);
  loader.host.attributesUpdated(handle + 1, []);
  assert.deepEqual(seen, [[{ a: { value: '1', lastUpdateUserId: 'bob', lastUpdateTs: 7 } }], [{}]]);
});
