import assert from 'node:assert/strict';
import test from 'node:test';
import type { LocalInvitation, RemoteInvitation } from '../src/invitation.ts';
import { loggedIn, makeClient, tick } from './fake.ts';

const LOCAL = ['ReceivedByPeer', 'Accepted', 'Refused', 'Canceled', 'Failure'].map((name) => 'LocalInvitation' + name);
const REMOTE = ['Accepted', 'Refused', 'Canceled', 'Failure'].map((name) => 'RemoteInvitation' + name);
const invalid = { name: 'RtmInvalidArgumentError', code: 1 };
const status = (code: number) => ({ name: 'RtmInvalidStatusError', code });

/** The events so far, each with the state at its time. */
function heard(invitation: LocalInvitation | RemoteInvitation): unknown[][] {
  const events: unknown[][] = [];
  for (const name of [...LOCAL, ...REMOTE]) invitation.on(name, (...args: unknown[]) => events.push([name, ...args, invitation.state]));
  return events;
}

/** A client whose core takes calls. */
async function caller() {
  const made = await loggedIn();
  made.loader.onCall = (method, args) => (method === 'invite' ? `key of ${args[1]}` : undefined);
  const invitation = made.client.createLocalInvitation('bob');
  const key = `key of ${invitation.callId}`;
  return { ...made, invitation, key, events: heard(invitation), become: (state: string, text = '') => made.loader.host.invitation(key, state, text) };
}

async function callee() {
  const made = await loggedIn();
  const rung: RemoteInvitation[] = [];
  made.client.on('RemoteInvitationReceived', (invitation) => rung.push(invitation));
  made.loader.host.invited('key', 'ada', 'id', 'room', 'come');
  const invitation = rung[0]!;
  return { ...made, rung, invitation, events: heard(invitation), become: (state: string, text = '') => made.loader.host.invitation('key', state, text) };
}

test('a new LocalInvitation', async () => {
  const { client } = makeClient();
  const invitation = client.createLocalInvitation('bob');
  const { calleeId, callId, content, channelId, response, state } = invitation;
  assert.deepEqual({ calleeId, content, channelId, response, state }, { calleeId: 'bob', content: '', channelId: '', response: '', state: 'IDLE' });
  assert.match(callId, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  assert.notEqual(client.createLocalInvitation('bob').callId, callId);
  assert.equal(await invitation, invitation, 'it has no then');
  assert.equal(invitation.getMaxListeners(), 10);
  for (const id of ['', 'a/b', 'null', 5, undefined]) assert.throws(() => client.createLocalInvitation(id as string), invalid);
});

test('an accepted call', async () => {
  const { invitation, events, loader, key, become, client } = await caller();
  invitation.channelId = 'room';
  invitation.content = 'come';
  assert.equal(invitation.send(), undefined);
  assert.equal(invitation.state, 'SENT_TO_REMOTE');
  assert.deepEqual(loader.last('invite'), ['bob', invitation.callId, 'room', 'come']);
  become('RECEIVED_BY_REMOTE');
  become('ACCEPTED_BY_REMOTE', 'yes');
  assert.equal(invitation.response, 'yes');
  assert.equal(client._invitations.size, 0, 'it is let go');
  loader.host.invitation(key, 'FAILURE', 'UNKNOWN');
  assert.deepEqual(events, [['LocalInvitationReceivedByPeer', 'RECEIVED_BY_REMOTE'], ['LocalInvitationAccepted', 'yes', 'ACCEPTED_BY_REMOTE']]);
});

test('a call that ends otherwise', async () => {
  for (const [state, text, ...event] of [
    ['REFUSED_BY_REMOTE', 'no', 'LocalInvitationRefused', 'no'],
    ['FAILURE', 'PEER_OFFLINE', 'LocalInvitationFailure', 'PEER_OFFLINE'],
    ['CANCELED', 'come', 'LocalInvitationCanceled'],
  ] as const) {
    const { invitation, events, become, client } = await caller();
    invitation.send();
    become(state, text);
    assert.deepEqual(events, [[...event, state]]);
    assert.equal(invitation.response, state === 'REFUSED_BY_REMOTE' ? 'no' : '');
    assert.equal(client._invitations.size, 0);
    for (const method of ['send', 'cancel'] as const) assert.throws(() => invitation[method](), status(3));
  }
});

test('what may be set on a LocalInvitation, and when', async () => {
  const { invitation, become } = await caller();
  assert.throws(() => (invitation.response = 'x'), invalid);
  invitation.channelId = 'a';
  invitation.channelId = 'b';
  invitation.send();
  invitation.channelId = 'c';
  assert.equal(invitation.channelId, 'b', 'silently ignored');
  invitation.content = 'later';
  assert.equal(invitation.content, 'later');
  become('ACCEPTED_BY_REMOTE', 'yes');
  assert.throws(() => (invitation.response = 'x'), invalid);
  assert.equal(invitation.response, 'yes');
});

test('what send and cancel throw, in order', async () => {
  const { invitation, become, loader, key, events } = await caller();
  invitation.channelId = 'a/b';
  invitation.content = 'é'.repeat(4097);
  assert.throws(() => invitation.cancel(), status(2));
  assert.throws(() => invitation.send(), { ...invalid, message: /channelId/ });
  invitation.content = 5 as never;
  assert.throws(() => invitation.send(), invalid);
  invitation.content = 'é'.repeat(4096);
  assert.throws(() => invitation.send(), invalid, 'the channelId');
  assert.equal(invitation.state, 'IDLE');
  assert.deepEqual(loader.calls, []);
  invitation.channelId = 'room';
  invitation.content = 5 as never;
  assert.throws(() => invitation.send(), { ...invalid, message: /content/ });
  invitation.content = 'é'.repeat(4096);
  invitation.send();
  invitation.content += 'x';
  assert.throws(() => invitation.send(), status(5));
  become('RECEIVED_BY_REMOTE');
  assert.throws(() => invitation.send(), status(5));
  assert.throws(() => invitation.cancel(), invalid);
  invitation.content = 'never mind';
  loader.onCall = (method) => method === 'cancelCall' && become('CANCELED', 'never mind'); // as the core does, inside the call
  invitation.cancel();
  assert.deepEqual(loader.last('cancelCall'), [key, 'never mind']);
  assert.deepEqual(events.at(-1), ['LocalInvitationCanceled', 'CANCELED']);
});

test('a caller who is not logged in fails later, before the core is loaded too', async () => {
  const { client, loader } = makeClient();
  const invitation = client.createLocalInvitation('bob');
  const events = heard(invitation);
  invitation.send();
  assert.equal(invitation.state, 'SENT_TO_REMOTE');
  assert.throws(() => invitation.send(), status(5));
  const canceled = client.createLocalInvitation('bob');
  const others = heard(canceled);
  canceled.send();
  canceled.cancel();
  assert.deepEqual(others, [['LocalInvitationCanceled', 'CANCELED']], 'inside the call');
  await Promise.resolve();
  assert.deepEqual(events, []);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(events, [['LocalInvitationFailure', 'NOT_LOGGEDIN', 'FAILURE']]);
  assert.equal(others.length, 1);
  assert.equal(loader.wanted, 0, 'nothing is loaded for it');
  assert.equal(client._invitations.size, 0);
});

test('while the connection is away the core takes the call', async () => {
  const { invitation, loader } = await caller();
  loader.host.state('RECONNECTING', 'INTERRUPTED');
  invitation.send();
  assert.deepEqual(loader.methods, ['invite']);
});

test('a RemoteInvitation, and what may be set on it', async () => {
  const { invitation, rung, client } = await callee();
  assert.equal(rung.length, 1);
  const { callerId, callId, content, channelId, response, state } = invitation;
  assert.deepEqual({ callerId, callId, content, channelId, response, state }, {
    callerId: 'ada', callId: 'id', content: 'come', channelId: 'room', response: '', state: 'INVITATION_RECEIVED',
  });
  assert.throws(() => (invitation.content = 'x'), invalid);
  assert.throws(() => (invitation.channelId = 'x'), invalid);
  assert.equal(invitation.content, 'come');
  assert.equal(client._invitations.size, 1);
});

test('accept', async () => {
  const { invitation, loader, become, events, client } = await callee();
  invitation.response = 'x'.repeat(8193);
  assert.throws(() => invitation.accept(), invalid);
  assert.throws(() => invitation.refuse(), invalid);
  invitation.response = 'yes';
  loader.onCall = () => become('ACCEPT_SENT_TO_LOCAL', 'yes');
  assert.equal(invitation.accept(), undefined);
  assert.deepEqual(loader.last('accept'), ['key', 'yes']);
  assert.equal(invitation.state, 'ACCEPT_SENT_TO_LOCAL');
  assert.throws(() => invitation.accept(), status(4));
  assert.throws(() => invitation.refuse(), status(4));
  assert.deepEqual(events, []);
  become('ACCEPTED', 'yes');
  assert.deepEqual(events, [['RemoteInvitationAccepted', 'ACCEPTED']]);
  assert.throws(() => invitation.accept(), status(3));
  assert.throws(() => invitation.refuse(), status(3));
  assert.equal(client._invitations.size, 0);
});

test('refuse, and how a ringing call ends otherwise', async () => {
  for (const [state, text, content, ...event] of [
    ['REFUSED', 'no', 'come', 'RemoteInvitationRefused'],
    ['CANCELED', 'never mind', 'never mind', 'RemoteInvitationCanceled', 'never mind'],
    ['FAILURE', 'INVITATION_EXPIRE', 'come', 'RemoteInvitationFailure', 'INVITATION_EXPIRE'],
  ] as const) {
    const { invitation, events, loader, become, client } = await callee();
    if (state === 'REFUSED') {
      invitation.response = 'no';
      loader.onCall = () => become(state, text);
      invitation.refuse();
      assert.deepEqual(loader.last('refuse'), ['key', 'no']);
    } else become(state, text);
    assert.deepEqual(events, [[...event, state]]);
    assert.equal(invitation.content, content);
    assert.equal(client._invitations.size, 0);
  }
});

test('calls end with the core', async () => {
  const { invitation, events, loader, client } = await caller();
  invitation.send();
  loader.host.invited('key', 'ada', 'id', '', '');
  loader.die();
  assert.deepEqual(events, [['LocalInvitationFailure', 'UNKNOWN', 'FAILURE']]);
  assert.equal(client._invitations.size, 0);
  await tick();
});
