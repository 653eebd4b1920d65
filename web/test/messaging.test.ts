import assert from 'node:assert/strict';
import test from 'node:test';
import { MessageFault, MessageKind } from '../src/bridge.ts';
import { loggedIn, tick } from './fake.ts';

const picture = (thumbnail: Blob) => ({ messageType: 'IMAGE', mediaId: 'id', thumbnail });

test('a message after a picture does not overtake it, on any target', async () => {
  const { client, loader } = await loggedIn();
  const channel = client.createChannel('c');
  let give!: (b: ArrayBuffer) => void;
  const slow = Object.assign(new Blob(['x']), { arrayBuffer: () => new Promise<ArrayBuffer>((r) => (give = r)) });
  for (const p of [
    channel.sendMessage(picture(slow)), client.sendMessageToPeer({ text: '1' }, 'b'),
    channel.sendMessage(picture(new Blob(['y']))), channel.sendMessage({ text: '2' }),
  ]) p.catch(() => {});
  await tick();
  assert.deepEqual(loader.calls, []);
  give(new ArrayBuffer(1));
  await tick();
  const texts = loader.calls.map((call: any[]) => call[2]).map((outgoing) => outgoing.text ?? outgoing.thumbnail.length);
  assert.deepEqual(texts, [1, '1', 1, '2']);
  void client.sendMessageToPeer({ text: '3' }, 'b');
  assert.equal(loader.last('sendPeer')[1].text, '3', 'nothing is being read: inside the call');
});

test('sendMessageToPeer', async () => {
  const { client, loader } = await loggedIn();
  const sent = client.sendMessageToPeer({ text: 'x' }, 'b', { enableOfflineMessaging: true });
  assert.deepEqual(loader.last('sendPeer').slice(0, 3), ['b', { kind: MessageKind.TEXT, fault: MessageFault.None, text: 'x' }, true]);
  loader.done('sendPeer')(undefined, false);
  assert.deepEqual(await sent, { hasPeerReceived: false });
  await assert.rejects(client.sendMessageToPeer({ text: 'x' }, 'b', null as never), TypeError);
  await assert.rejects(client.createChannel('c').sendMessage({ text: 'x' }, null as never), TypeError);
  void client.sendMessageToPeer('x', 5 as never).catch(() => {});
  assert.equal(loader.last('sendPeer')[0], '');
  assert.equal(loader.last('sendPeer')[1].fault, MessageFault.NotAMessage);
});

test('a channel message is emitted on the channel, then on the client with the channel\'s id', async () => {
  const { client, loader } = await loggedIn();
  const channel = client.createChannel('room');
  void channel.join();
  const handle = loader.last('join')[0];
  loader.host.channel(handle, 'JOINED');
  const seen: unknown[][] = [];
  client.on('ChannelMessage', (...args) => seen.push(['client', ...args]));
  channel.on('ChannelMessage', (...args) => seen.push(['channel', ...args]));
  loader.host.channelMessage(handle, { kind: MessageKind.TEXT, text: 'hi' }, 'bob', 7);
  const args = [{ text: 'hi', messageType: 'TEXT' }, 'bob', { serverReceivedTs: 7, isOfflineMessage: false }];
  assert.deepEqual(seen, [['channel', ...args], ['client', ...args, 'room']]);
});

test('a channel knows its state and count, and its members\' events', async () => {
  const { client, loader } = await loggedIn();
  const channel = client.createChannel('room');
  assert.deepEqual([channel.joinState, channel.memberCount, channel.client, channel.channelId], ['LEFT', 0, client, 'room']);
  void channel.join();
  const handle = loader.last('join')[0];
  loader.host.channel(handle, 'JOINING');
  assert.equal(channel.joinState, 'JOINING');
  loader.host.channel(handle, 'JOINED');
  const seen: unknown[] = [];
  for (const name of ['MemberJoined', 'MemberLeft', 'MemberCountUpdated']) channel.on(name, (arg) => seen.push([name, arg, channel.memberCount]));
  loader.host.memberJoined(handle, 'a');
  loader.host.memberCount(handle, 2);
  loader.host.memberLeft(handle, 'a');
  assert.deepEqual(seen, [['MemberJoined', 'a', 0], ['MemberCountUpdated', 2, 2], ['MemberLeft', 'a', 2]]);
  loader.host.channel(handle, 'LEFT');
  assert.equal(channel.joinState, 'LEFT');
  loader.host.memberJoined(handle, 'late');
  assert.equal(seen.length, 3);
  void channel.join();
  assert.equal(loader.last('join')[0], handle, 'the same object, the same handle');
});

test('a channel whose join failed is let go', async () => {
  const { client, loader } = await loggedIn();
  for (let i = 0; i < 3; i++) {
    const join = client.createChannel('room').join();
    loader.done('join')({ name: 'RtmTimeoutError', code: 4, text: 'x' });
    await assert.rejects(join, { code: 4 });
  }
  assert.equal(client._channels.size, 0);
});

test('bad channel ids throw 1', async () => {
  const { client } = await loggedIn();
  for (const id of ['', 'a/b', 5, undefined]) {
    assert.throws(() => client.createChannel(id as string), { name: 'RtmInvalidArgumentError', code: 1 });
  }
});

test('peer messages', async () => {
  const { client, loader } = await loggedIn();
  const seen: unknown[][] = [];
  client.on('MessageFromPeer', (...args) => seen.push(args));
  loader.host.peerMessage({ kind: MessageKind.TEXT, text: 'hi' }, 'bob', 9, true);
  assert.deepEqual(seen, [[{ text: 'hi', messageType: 'TEXT' }, 'bob', { serverReceivedTs: 9, isOfflineMessage: true }]]);
});

test('no returned object has a then', async () => {
  const { client } = await loggedIn();
  assert.equal(await client, client);
  const channel = client.createChannel('c');
  assert.equal(await channel, channel);
});

test('members', async () => {
  const { client, loader } = await loggedIn();
  const members = client.createChannel('c').getMembers();
  loader.done('members')(undefined, ['a', 'b']);
  assert.deepEqual(await members, ['a', 'b']);
});

test('what has no value resolves with undefined, whatever the core says', async () => {
  const { client, loader } = await loggedIn();
  const sent = client.createChannel('c').sendMessage({ text: 'x' });
  loader.done('sendChannel')(undefined, null);
  assert.equal(await sent, undefined);
});
