import assert from 'node:assert/strict';
import test from 'node:test';
import { PresenceState } from '../src/bridge.ts';
import { loggedIn, makeClient, note, tick } from './fake.ts';

const ONLINE = PresenceState.ONLINE;
const UNREACHABLE = PresenceState.UNREACHABLE;
const OFFLINE = PresenceState.OFFLINE;

test('a query tells who is online; the unreachable count', async () => {
  const { client, loader } = await loggedIn();
  const answer = client.queryPeersOnlineStatus(['a', 'b', 'c', '__proto__']);
  assert.deepEqual(loader.last('queryPeers')[0], ['a', 'b', 'c', '__proto__']);
  loader.done('queryPeers')(undefined, [['a', 'b', 'c', '__proto__'], [ONLINE, UNREACHABLE, OFFLINE, ONLINE]]);
  assert.deepEqual(Object.entries(await answer), [['a', true], ['b', true], ['c', false], ['__proto__', true]]);
});

test('what is no array reaches the core as none, in the place of its checks', async () => {
  const { client, loader } = await loggedIn();
  for (const [method, call] of [
    ['queryPeersOnlineStatus', 'queryPeers'], ['subscribePeersOnlineStatus', 'subscribePeers'],
    ['unsubscribePeersOnlineStatus', 'unsubscribePeers'], ['getChannelMemberCount', 'counts'],
  ] as const) {
    for (const wrong of [undefined, null, 'a', 5, { length: 1, 0: 'a' }]) {
      const promise: Promise<unknown> = client[method](wrong as never);
      assert.deepEqual(loader.last(call)[0], [], `${method}(${String(wrong)})`);
      loader.done(call)({ name: 'RtmInvalidArgumentError', code: 2, text: 'no' });
      await assert.rejects(promise, { name: 'RtmInvalidArgumentError', code: 2 });
    }
    void client[method]([5, 'a'] as never).catch(() => {});
    assert.deepEqual(loader.last(call)[0], ['', 'a']);
  }
});

test('subscriptions', async () => {
  const { client, loader } = await loggedIn();
  const log: unknown[] = [];
  client.on('PeersOnlineStatusChanged', (map) => log.push(map));
  note(log, 'subscribed', client.subscribePeersOnlineStatus(['a', 'b']));
  loader.done('subscribePeers')(undefined);
  await tick();
  loader.host.presence(['a', 'b', 'c'], [ONLINE, OFFLINE, UNREACHABLE]);
  assert.deepEqual(log, [['subscribed', undefined], { a: 'ONLINE', b: 'OFFLINE', c: 'UNREACHABLE' }]);

  const listed = client.queryPeersBySubscriptionOption('ONLINE_STATUS');
  loader.done('subscribedPeers')(undefined, ['a', 'b']);
  assert.deepEqual(await listed, ['a', 'b']);
});

test('the option is checked after the login state', async () => {
  const { client, loader } = await loggedIn();
  await assert.rejects(client.queryPeersBySubscriptionOption('OTHER'), { name: 'RtmInvalidArgumentError', code: 2 });
  assert.deepEqual(loader.methods, []);
  const out = makeClient();
  const promise = out.client.queryPeersBySubscriptionOption('OTHER');
  out.loader.ready();
  await tick();
  assert.deepEqual(out.loader.methods, ['subscribedPeers'], 'whose state is the core\'s');
  out.loader.done('subscribedPeers')({ name: 'RtmInvalidStatusError', code: 102, text: 'no' });
  await assert.rejects(promise, { code: 102 });
});

test('counts go by the ids that were given, whatever the application does to the array', async () => {
  const { client, loader } = await loggedIn();
  const ids = ['room', 'hall'];
  const counts = client.getChannelMemberCount(ids);
  ids.length = 0;
  loader.done('counts')(undefined, [3, 0]);
  assert.deepEqual(await counts, { room: 3, hall: 0 });
});
