import assert from 'node:assert/strict';
import test from 'node:test';
import { AttributeOp } from '../src/bridge.ts';
import { loggedIn, makeClient } from './fake.ts';

const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 'v']));
const text = (n: number) => 'v'.repeat(n);

const INVALID = ['RtmInvalidArgumentError', 3];
const STATUS = ['RtmInvalidStatusError', 3];
const LIMIT = ['RtmLimitExceededError', 4];
const LOGIN = ['RtmInvalidStatusError', 102];
const FINE = 'it reaches the core';

/** How a call ends that never reaches the core, with the client's state as it is, or FINE. */
async function ends(made: Awaited<ReturnType<typeof loggedIn>>, method: string, args: unknown[]): Promise<unknown> {
  made.loader.calls.length = 0;
  const promise: Promise<unknown> = (made.client as any)[method](...args);
  if (made.loader.calls.length) return FINE;
  return promise.then(() => assert.fail('it resolved'), (e) => [e.name, e.code]);
}

/** Sets and adds: [map, what follows for a user, and for a channel]. The order of the checks is that of API 10.1. */
const MAPS: [unknown, unknown, unknown?][] = [
  [undefined, INVALID],
  [null, INVALID],
  ['a', INVALID],
  [['a'], INVALID],
  [new Map([['a', 'b']]), INVALID],
  [new (class { a = 'b'; })(), INVALID],
  [{}, INVALID],
  [many(32), FINE],
  [many(33), LIMIT],
  [{ ...many(33), '': 'v' }, LIMIT],
  [{ '': 'v' }, INVALID],
  [{ ['k'.repeat(32)]: 'v' }, FINE],
  [{ ['k'.repeat(33)]: 'v' }, INVALID],
  [{ ['ä'.repeat(16)]: 'v' }, FINE],
  [{ ['ä'.repeat(17)]: 'v' }, INVALID],
  [{ ['k'.repeat(33)]: text(8193) }, INVALID],
  [{ a: '' }, INVALID],
  [{ a: 5 }, INVALID],
  [{ a: undefined }, INVALID],
  [{ a: ['v'] }, INVALID],
  [{ a: text(8192) }, FINE],
  [{ a: text(8193) }, LIMIT],
  [{ a: 'ä'.repeat(4096) }, FINE],
  [{ a: 'ä'.repeat(4097) }, LIMIT],
  [{ a: text(8193), b: '' }, LIMIT],
  [{ a: '', b: text(8193) }, INVALID],
  [{ a: text(8192), b: text(8190) }, FINE],
  [{ a: text(8192), b: text(8191) }, LIMIT, FINE],
  [{ a: text(8192), b: text(8192), c: '' }, INVALID],
  [{ a: text(8192), b: text(8192), c: text(8192), d: text(8188) }, LIMIT, FINE],
  [{ a: text(8192), b: text(8192), c: text(8192), d: text(8189) }, LIMIT],
];

test('maps are checked in the order of the API, before the login', async () => {
  const online = await loggedIn();
  const offline = makeClient();
  for (const [map, user, channel = user] of MAPS) {
    for (const method of ['setLocalUserAttributes', 'addOrUpdateLocalUserAttributes']) {
      assert.deepEqual(await ends(online, method, [map]), user, `${method} ${JSON.stringify(map)?.slice(0, 80)}`);
      assert.deepEqual(await ends(offline, method, [map]), user === FINE ? LOGIN : user);
    }
    for (const method of ['setChannelAttributes', 'addOrUpdateChannelAttributes']) {
      assert.deepEqual(await ends(online, method, ['room', map]), channel, `${method} ${JSON.stringify(map)?.slice(0, 80)}`);
      assert.deepEqual(await ends(offline, method, ['room', map]), channel === FINE ? LOGIN : channel);
    }
  }
});

/** [method, arguments, what follows when logged in, and when not]. */
const CALLS: [string, unknown[], unknown, unknown][] = [
  ['deleteLocalUserAttributesByKeys', [['a']], FINE, LOGIN],
  ['deleteLocalUserAttributesByKeys', [[text(1000)]], FINE, LOGIN],
  ['deleteLocalUserAttributesByKeys', [Array(40).fill('a')], FINE, LOGIN],
  ['deleteLocalUserAttributesByKeys', [[]], STATUS, STATUS],
  ['deleteLocalUserAttributesByKeys', ['a'], STATUS, STATUS],
  ['deleteLocalUserAttributesByKeys', [['a', '']], STATUS, STATUS],
  ['deleteLocalUserAttributesByKeys', [[5]], STATUS, STATUS],
  ['deleteLocalUserAttributesByKeys', [], STATUS, STATUS],
  ['clearLocalUserAttributes', [], FINE, LOGIN],
  ['getUserAttributes', ['bob'], FINE, LOGIN],
  ['getUserAttributes', ['a/b'], INVALID, INVALID],
  ['getUserAttributes', [], INVALID, INVALID],
  ['getUserAttributesByKeys', ['bob', ['a']], FINE, LOGIN],
  ['getUserAttributesByKeys', ['bob', Array(32).fill('a')], FINE, LOGIN],
  ['getUserAttributesByKeys', ['bob', Array(33).fill('a')], INVALID, LOGIN],
  ['getUserAttributesByKeys', ['bob', ['k'.repeat(32)]], FINE, LOGIN],
  ['getUserAttributesByKeys', ['bob', ['k'.repeat(33)]], INVALID, LOGIN],
  ['getUserAttributesByKeys', ['bob', []], INVALID, LOGIN],
  ['getUserAttributesByKeys', ['bob', ['']], INVALID, LOGIN],
  ['getUserAttributesByKeys', ['bob'], INVALID, LOGIN],
  ['getUserAttributesByKeys', ['', ['a']], INVALID, LOGIN],
  ['setChannelAttributes', ['', { a: 'b' }], INVALID, INVALID],
  ['addOrUpdateChannelAttributes', [undefined, { a: 'b' }], INVALID, INVALID],
  ['deleteChannelAttributesByKeys', ['room', ['k'.repeat(512)]], FINE, LOGIN],
  ['deleteChannelAttributesByKeys', ['room', ['k'.repeat(513)]], STATUS, STATUS],
  ['deleteChannelAttributesByKeys', ['room', []], STATUS, STATUS],
  ['deleteChannelAttributesByKeys', ['a/b', ['a']], STATUS, STATUS],
  ['clearChannelAttributes', ['room'], FINE, LOGIN],
  ['clearChannelAttributes', [''], INVALID, LOGIN],
  ['getChannelAttributes', ['room'], FINE, LOGIN],
  ['getChannelAttributes', [''], INVALID, INVALID],
  ['getChannelAttributesByKeys', ['room', ['a']], FINE, LOGIN],
  ['getChannelAttributesByKeys', ['room', ['']], INVALID, LOGIN],
  ['getChannelAttributesByKeys', ['', ['a']], INVALID, LOGIN],
];

test('whether the arguments or the login are checked first', async () => {
  const online = await loggedIn();
  const offline = makeClient();
  const away = await loggedIn();
  away.loader.host.state('RECONNECTING', 'INTERRUPTED');
  for (const [method, args, there, elsewhere] of CALLS) {
    const name = `${method} ${JSON.stringify(args).slice(0, 80)}`;
    assert.deepEqual(await ends(online, method, args), there, name);
    assert.deepEqual(await ends(offline, method, args), elsewhere, name);
    assert.deepEqual(await ends(away, method, args), elsewhere, name);
  }
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
