import assert from 'node:assert/strict';
import test from 'node:test';
import { loggedIn, makeClient, note, tick } from './fake.ts';

test('when the program ends all that is pending is rejected, and the client is clean', async (t) => {
  const { client, loader, events } = await loggedIn();
  const channel = client.createChannel('c');
  const seen: unknown[] = [];
  client.on('ConnectionStateChanged', (...args) => seen.push([...args, channel.joinState]));
  note(seen, 'join', channel.join());
  loader.host.channel(1, 'JOINING');
  note(seen, 'send', client.sendMessageToPeer({ text: 'x' }, 'b'));
  const late = loader.done('sendPeer');
  loader.die();
  await tick();
  assert.deepEqual(seen, [
    ['DISCONNECTED', 'INTERRUPTED', 'LEFT'], ['join', 'RtmInternalError', undefined], ['send', 'RtmInternalError', undefined],
  ]);
  assert.equal(events.length, 1);
  late(undefined, true);

  t.mock.method(performance, 'now', () => Infinity);
  const login = client.login({ uid: 'me' });
  loader.ready();
  await tick();
  assert.equal(loader.created.length, 2);
  loader.host.state('CONNECTED', 'LOGIN_SUCCESS');
  loader.done('login')(undefined);
  await login;
  assert.equal(client.connectionState, 'CONNECTED');
});

test('a client that is logged out notices nothing', async () => {
  const { client, loader, events } = await loggedIn();
  loader.host.state('DISCONNECTED', 'LOGOUT');
  loader.die();
  assert.deepEqual(events, [['DISCONNECTED', 'LOGOUT']]);
  await assert.rejects(client.logout(), { code: 102 });
});

test('every client of the program hears of its end', async () => {
  const { client, loader, events } = await loggedIn();
  const other = makeClient(loader);
  const login = other.client.login({ uid: 'other' });
  loader.die();
  await assert.rejects(login, { name: 'RtmInternalError' });
  assert.equal(client.connectionState, 'DISCONNECTED');
  assert.deepEqual(other.events, [['CONNECTING', 'LOGIN'], ['DISCONNECTED', 'INTERRUPTED']]);
  assert.equal(events.length, 1);
});

test('a program that ends between load and use fails the call', async () => {
  const { client, loader, events } = makeClient();
  const login = client.login({ uid: 'a' });
  loader.ready();
  loader.die();
  await assert.rejects(login, { name: 'RtmUnavailableError', code: 1 });
  assert.deepEqual(events.at(-1), ['DISCONNECTED', 'LOGIN_FAILURE']);
});
