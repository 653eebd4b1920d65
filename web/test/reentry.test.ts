/** Every method inside every event, as far as the façade alone is concerned; what follows in the core has its own matrix (core/reentrymatrix_test.go). */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { LocalInvitation, RemoteInvitation } from '../src/invitation.ts';
import { FakeLoader, makeClient, tick } from './fake.ts';

const FAILURE = { name: 'RtmUnavailableError', code: 1, text: 'no' };

/** A core that does at once, or a moment later, what the real one does. */
class Core {
  state = 'DISCONNECTED';
  joined = new Set<number>();

  constructor(readonly loader: FakeLoader) {
    loader.onCall = (method, args) => this.call(method, args);
  }

  private call(method: string, args: any[]): unknown {
    const { host } = this.loader;
    const done = args.at(-1);
    const later = (then: () => void) => void setImmediate(() => this.loader.current() && then());
    switch (method) {
      case 'login':
        this.to('CONNECTING', 'LOGIN');
        return later(() => {
          if (this.state === 'CONNECTING') this.to('CONNECTED', 'LOGIN_SUCCESS');
          done(this.state === 'CONNECTED' ? undefined : FAILURE);
        });
      case 'logout':
        this.leaveAll();
        return later(() => {
          if (this.state !== 'DISCONNECTED') this.to('DISCONNECTED', 'LOGOUT');
          done(undefined);
        });
      case 'logoutSync':
        if (this.state === 'DISCONNECTED') return { ...FAILURE, code: 102 };
        this.leaveAll();
        return this.to('DISCONNECTED', 'LOGOUT');
      case 'join':
        if (this.state !== 'CONNECTED' || this.joined.has(args[0])) return done(FAILURE);
        this.joined.add(args[0]);
        host.channel(args[0], 'JOINING');
        return later(() => {
          if (this.joined.has(args[0])) host.channel(args[0], 'JOINED');
          done(undefined);
        });
      case 'leave':
        if (!this.joined.delete(args[0])) return done(FAILURE);
        host.channel(args[0], 'LEFT');
        return done(undefined);
      case 'invite':
        return `to ${args[1]}`;
      case 'cancelCall':
        return host.invitation(args[0], 'CANCELED', args[1]);
      case 'accept':
        return host.invitation(args[0], 'ACCEPT_SENT_TO_LOCAL', '');
      case 'refuse':
        return host.invitation(args[0], 'REFUSED', '');
      case 'cancel':
      case 'wake':
        return undefined;
      case 'readAttributes':
        return later(() => done(undefined, []));
      case 'counts':
        return later(() => done(undefined, [1]));
      case 'queryPeers':
        return later(() => done(undefined, [['bob'], [1]]));
    }
    return later(() => done(method === 'upload' ? FAILURE : undefined));
  }

  to(state: string, reason: string): void {
    this.state = state;
    this.loader.host.state(state, reason);
  }

  private leaveAll(): void {
    for (const handle of this.joined) this.loader.host.channel(handle, 'LEFT');
    this.joined.clear();
  }
}

type Made = Awaited<ReturnType<typeof make>>;

/** A client with one of everything. */
async function make() {
  const { client, loader } = makeClient(new FakeLoader(), { logFilter: {} });
  const core = new Core(loader);
  const room = client.createChannel('room');
  const local = client.createLocalInvitation('bob') as LocalInvitation;
  const made = { client, loader, core, room, local, remote: undefined as RemoteInvitation | undefined };
  loader.ready();
  await client.login({ uid: 'me' });
  await room.join();
  local.send();
  client.once('RemoteInvitationReceived', (remote) => (made.remote = remote));
  loader.host.invited('from', 'bob', 'call', '', '');
  return made;
}

const handle = (m: Made) => (m.room as any)._handle as number;

function crash(m: Made): void {
  m.core.state = 'DISCONNECTED';
  m.core.joined.clear();
  m.loader.die();
}

interface Event {
  of(m: Made): { on(name: string, listener: (...args: any[]) => void): unknown };
  name: string;
  /** The first argument, where it matters. */
  first?: string;
  bring(m: Made): unknown;
}

const ofClient = (name: string, bring: Event['bring']): Event => ({ of: (m) => m.client, name, bring });
const ofState = (first: string, bring: Event['bring']): Event => ({ ...ofClient('ConnectionStateChanged', bring), first });
const ofRoom = (name: string, bring: Event['bring']): Event => ({ of: (m) => m.room, name, bring });
const ofLocal = (name: string, bring: Event['bring']): Event => ({ of: (m) => m.local, name, bring });
const ofRemote = (name: string, bring: Event['bring']): Event => ({ of: (m) => m.remote!, name, bring });
const said = (m: Made) => m.loader.host.channelMessage(handle(m), { kind: 1, text: 'x' }, 'bob', 1);

const events: Record<string, Event> = {
  CONNECTING: ofState('CONNECTING', async (m) => {
    m.client.logoutSync();
    await m.client.login({ uid: 'me' }).catch(() => {});
  }),
  CONNECTED: ofState('CONNECTED', async (m) => {
    m.client.logoutSync();
    await m.client.login({ uid: 'me' }).catch(() => {});
  }),
  RECONNECTING: ofState('RECONNECTING', (m) => m.core.to('RECONNECTING', 'INTERRUPTED')),
  ABORTED: ofState('ABORTED', (m) => m.core.to('ABORTED', 'REMOTE_LOGIN')),
  DISCONNECTED: ofState('DISCONNECTED', (m) => m.client.logoutSync()),
  'DISCONNECTED of a crash': ofState('DISCONNECTED', crash),
  'DISCONNECTED after a failed load': ofState('DISCONNECTED', async (m) => {
    m.client.removeAllListeners('x');
    crash(m);
    m.client.login({ uid: 'me' }).catch(() => {});
    m.loader.fail(new Error('no network'));
    await tick();
  }),
  TokenExpired: ofClient('TokenExpired', (m) => m.loader.host.token('TokenExpired')),
  MessageFromPeer: ofClient('MessageFromPeer', (m) => m.loader.host.peerMessage({ kind: 1, text: 'x' }, 'bob', 1, false)),
  ChannelMessage: ofRoom('ChannelMessage', said),
  'ChannelMessage of the client': ofClient('ChannelMessage', said),
  MemberJoined: ofRoom('MemberJoined', (m) => m.loader.host.memberJoined(handle(m), 'bob')),
  MemberLeft: ofRoom('MemberLeft', (m) => m.loader.host.memberLeft(handle(m), 'bob')),
  MemberCountUpdated: ofRoom('MemberCountUpdated', (m) => m.loader.host.memberCount(handle(m), 2)),
  AttributesUpdated: ofRoom('AttributesUpdated', (m) => m.loader.host.attributesUpdated(handle(m), [])),
  PeersOnlineStatusChanged: ofClient('PeersOnlineStatusChanged', (m) => m.loader.host.presence(['bob'], [1])),
  RemoteInvitationReceived: ofClient('RemoteInvitationReceived', (m) => m.loader.host.invited('another', 'bob', 'other', '', '')),
  RemoteInvitationCanceled: ofRemote('RemoteInvitationCanceled', (m) => m.loader.host.invitation('from', 'CANCELED', '')),
  RemoteInvitationFailure: ofRemote('RemoteInvitationFailure', (m) => m.loader.host.invitation('from', 'FAILURE', 'UNKNOWN')),
  RemoteInvitationRefused: ofRemote('RemoteInvitationRefused', (m) => m.remote!.refuse()),
  LocalInvitationReceivedByPeer: ofLocal('LocalInvitationReceivedByPeer', (m) => m.loader.host.invitation(m.local._key!, 'RECEIVED_BY_REMOTE', '')),
  LocalInvitationAccepted: ofLocal('LocalInvitationAccepted', (m) => m.loader.host.invitation(m.local._key!, 'ACCEPTED_BY_REMOTE', '')),
  LocalInvitationCanceled: ofLocal('LocalInvitationCanceled', (m) => m.local.cancel()),
  LocalInvitationFailure: ofLocal('LocalInvitationFailure', (m) => m.loader.host.invitation(m.local._key!, 'FAILURE', 'NOT_LOGGEDIN')),
  'LocalInvitationFailure of a crash': ofLocal('LocalInvitationFailure', crash),
};

const again = (m: Made) => m.client.login({ uid: 'me' });
const blob = new Blob(['x']);

/** What an application may call. */
const methods: Record<string, ((m: Made) => unknown)[]> = {
  login: [again],
  logout: [(m) => m.client.logout()],
  logoutSync: [(m) => m.client.logoutSync()],
  'logoutSync, login': [(m) => m.client.logoutSync(), again],
  'logout, login': [(m) => m.client.logout(), again],
  'logout, logoutSync, login': [(m) => m.client.logout(), (m) => m.client.logoutSync(), again],
  renewToken: [(m) => m.client.renewToken('t')],
  join: [(m) => m.client.createChannel('other').join()],
  'join again': [(m) => m.room.join()],
  leave: [(m) => m.room.leave()],
  'leave, join': [(m) => m.room.leave(), (m) => m.room.join()],
  sendMessage: [(m) => m.room.sendMessage({ text: 'x' })],
  getMembers: [(m) => m.room.getMembers()],
  sendMessageToPeer: [(m) => m.client.sendMessageToPeer({ text: 'x' }, 'bob')],
  'send with a thumbnail': [(m) => m.client.sendMessageToPeer({ messageType: 'FILE', mediaId: 'x', thumbnail: blob }, 'bob')],
  invitations: [(m) => m.local.cancel(), (m) => m.remote?.accept(), (m) => m.remote?.refuse(), (m) => m.client.createLocalInvitation('c').send()],
  presence: [(m) => m.client.queryPeersOnlineStatus(['bob']), (m) => m.client.subscribePeersOnlineStatus(['bob']),
    (m) => m.client.unsubscribePeersOnlineStatus(['bob']), (m) => m.client.queryPeersBySubscriptionOption('ONLINE_STATUS'), (m) => m.client.getChannelMemberCount(['room'])],
  attributes: [(m) => m.client.setLocalUserAttributes({ a: 'b' }), (m) => m.client.addOrUpdateLocalUserAttributes({ a: 'b' }),
    (m) => m.client.deleteLocalUserAttributesByKeys(['a']), (m) => m.client.clearLocalUserAttributes(), (m) => m.client.getUserAttributes('bob'),
    (m) => m.client.getUserAttributesByKeys('bob', ['a']), (m) => m.client.setChannelAttributes('room', { a: 'b' }),
    (m) => m.client.addOrUpdateChannelAttributes('room', { a: 'b' }), (m) => m.client.deleteChannelAttributesByKeys('room', ['a']),
    (m) => m.client.clearChannelAttributes('room'), (m) => m.client.getChannelAttributes('room'), (m) => m.client.getChannelAttributesByKeys('room', ['a'])],
  media: [(m) => m.client.createMediaMessageByUploading(blob), (m) => m.client.downloadMedia('x'), (m) => m.client.getMediaUrl('x')],
  'media, cancelled': [(m) => {
    const control = new AbortController();
    const upload = m.client.createMediaMessageByUploading(blob, {}, { cancelSignal: control.signal });
    control.abort();
    return upload;
  }],
  emitters: [(m) => [m.client, m.room, m.local].map((of) => of.once('x', () => {}).emit('x'))],
};

/** Whether and how a call ended. */
async function outcome(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'ok';
  } catch (error) {
    return String((error as Error).name);
  }
}

for (const [title, event] of Object.entries(events)) {
  test(`every method inside ${title}`, async (t) => {
    let now = 0;
    t.mock.method(performance, 'now', () => (now += 1000)); // login is never too soon
    t.mock.method(console, 'error', () => {});
    for (const [name, calls] of Object.entries(methods)) {
      const what = `${name} inside ${title}`;
      const m = await make();
      const { client, room, loader } = m;
      const outcomes: string[] = [];
      let called = false;
      event.of(m).on(event.name, (first) => {
        if (called || (event.first && event.first !== first)) return;
        called = true;
        for (const call of calls) void outcome(() => call(m)).then((how) => outcomes.push(how));
      });
      await event.bring(m);
      for (let i = 0; i < 5; i++) await tick();
      assert.ok(called, `${what}: the event`);
      if (loader.wanted) loader.ready();
      for (let i = 0; i < 5; i++) await tick();
      assert.equal(outcomes.length, calls.length, `${what}: all is settled`);
      assert.ok(!outcomes.includes('TypeError'), what);

      if (client.connectionState !== 'DISCONNECTED') await client.logout();
      assert.equal(client.connectionState, 'DISCONNECTED', what);
      assert.equal(room.joinState, 'LEFT', what);
      const late: string[] = [];
      for (const of of [client, room]) of.on('ChannelMessage', () => late.push('ChannelMessage'));
      said(m);
      assert.deepEqual(late, [], what);
      const login = client.login({ uid: 'me' });
      if (loader.wanted) loader.ready();
      await login;
      assert.equal(client.connectionState, 'CONNECTED', what);
      await room.join();
      assert.equal(room.joinState, 'JOINED', what);
      await client.logout();
      assert.equal(client.connectionState, 'DISCONNECTED', what);
    }
  });
}

test('a message is not told on the client once a listener of its channel has left or logged out', async () => {
  for (const end of [(m: Made) => m.client.logout(), (m: Made) => m.client.logoutSync(), (m: Made) => m.room.leave()]) {
    const m = await make();
    const told: string[] = [];
    m.room.on('ChannelMessage', () => (told.push('channel'), end(m)));
    m.client.on('ChannelMessage', () => told.push('client'));
    said(m);
    assert.deepEqual(told, ['channel']);
    await tick();
  }
});

test('a login inside the DISCONNECTED of a failed load loads again', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => (now += 1000));
  const { client, loader, events } = makeClient();
  new Core(loader);
  let second: Promise<void> | undefined;
  client.on('ConnectionStateChanged', (state) => {
    if (state === 'DISCONNECTED') second ??= client.login({ uid: 'me' });
  });
  const first = client.login({ uid: 'me' });
  loader.fail(new Error('no network'));
  await assert.rejects(first, { name: 'RtmUnavailableError', code: 1 });
  assert.equal(loader.wanted, 1);
  loader.ready();
  await second;
  assert.deepEqual(events.map(([state]) => state), ['CONNECTING', 'DISCONNECTED', 'CONNECTING', 'CONNECTED']);
});
