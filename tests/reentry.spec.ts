/**
 * Every method of the API inside every event, through the wasm: each event is a row, each way to end the session a column,
 * and the rest of the API is called at once in a column of its own. After each cell all that was called is settled,
 * and the client can log in and out. What can be had in virtual time is in core/reentrymatrix_test.go.
 */
import { Front } from './support/front.ts';
import { appId, expect, openBlank, test } from './support/test.ts';

test('every method can be called inside every event', async ({ openPage, run }) => {
  test.slow();
  const page = await openPage();
  const wrong = await page.evaluate(matrix, { appId, run });
  expect(wrong).toEqual([]);
});

test('events that wait for each other by the thousand exhaust no stack', { tag: '@everywhere' }, async ({ openUser, run }) => {
  const page = await openUser(`many-${run}`);
  const got = await page.evaluate(async (uid) => {
    const { client } = window as any;
    let failures = 0;
    for (let i = 0; i < 2000; i++) {
      const call = client.createLocalInvitation('nobody');
      call.on('LocalInvitationFailure', () => {
        failures++;
        try {
          client.logoutSync(); // inside it the next failure is told, down to a bound: browsers have room for 400 of them
        } catch {
          // logged out by one before
        }
      });
      call.send();
    }
    client.logoutSync();
    const after = [failures, client.connectionState];
    await new Promise((resolve) => setTimeout(resolve, 600));
    await client.login({ uid });
    return [...after, client.connectionState];
  }, `many-${run}`);
  expect(got).toEqual([2000, 'DISCONNECTED', 'CONNECTED']);
});

test('a login inside the event of a failed load fetches the wasm again', async ({ page, gateway, run }) => {
  const wasm = Buffer.from(await (await fetch(`${gateway.url}/sdk/rtm.wasm`)).arrayBuffer());
  const front = await new Front().start();
  let right = false;
  try {
    front.mount('/', { upstream: gateway.url }).mount('/copy/rtm.wasm', {
      answer: (_, res) => void (right ? res.writeHead(200, { 'content-type': 'application/wasm' }).end(wasm)
        : setTimeout(() => res.writeHead(404).end(), 600)), // login may be called each 500 ms
    });
    await openBlank(page, front.url);
    await page.exposeFunction('nowItIsThere', () => (right = true));
    const log = await page.evaluate(async ({ url, uid, appId }) => {
      const { AgoraRTM, nowItIsThere } = window as any;
      AgoraRTM.setParameter('WASM_URL', url);
      const client = AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_OFF });
      const log: string[] = [];
      let second: Promise<void> | undefined;
      client.on('ConnectionStateChanged', (state: string) => {
        log.push(state);
        if (state === 'DISCONNECTED') {
          nowItIsThere();
          second ??= client.login({ uid }); // a request that is faster than this is made once more
        }
      });
      await client.login({ uid }).catch((error: any) => log.push(`${error.name} ${error.code}`));
      await second;
      return log;
    }, { url: `${front.url}/copy/rtm.wasm`, uid: `late-${run}`, appId });
    expect(log).toEqual(['CONNECTING', 'DISCONNECTED', 'CONNECTING', 'RtmUnavailableError 1', 'CONNECTED']);
  } finally {
    await front.stop();
  }
});

/** Runs in the page; says what went wrong in which cell. */
async function matrix({ appId, run }: { appId: string; run: string }): Promise<string[]> {
  const sdk = (window as any).AgoraRTM;
  const pass = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  interface Cell {
    me: any;
    bob: any;
    room: any;
    bobsRoom: any;
    uid: string;
    bobs: string;
    invitation: any;
    remote?: any;
    /** Calls the column's methods, once. */
    here: () => void;
  }

  /** Each has its event come, and calls `here` in it. */
  const events: Record<string, (c: Cell) => unknown> = {
    MessageFromPeer: (c) => (c.me.on('MessageFromPeer', c.here), c.bob.sendMessageToPeer({ text: 'x' }, c.uid)),
    ChannelMessage: (c) => (c.room.on('ChannelMessage', c.here), c.bobsRoom.sendMessage({ text: 'x' })),
    'ChannelMessage of the client': (c) => (c.me.on('ChannelMessage', c.here), c.bobsRoom.sendMessage({ text: 'x' })),
    MemberJoined: (c) => (c.room.on('MemberJoined', c.here), c.room.once('MemberLeft', () => void c.bobsRoom.join()), c.bobsRoom.leave()),
    MemberLeft: (c) => (c.room.on('MemberLeft', c.here), c.bobsRoom.leave()),
    MemberCountUpdated: (c) => (c.room.on('MemberCountUpdated', c.here), c.bobsRoom.leave()),
    AttributesUpdated: (c) => (c.room.on('AttributesUpdated', c.here),
      c.bob.setChannelAttributes(c.room.channelId, { a: 'b' }, { enableNotificationToChannelMembers: true })),
    PeersOnlineStatusChanged: (c) => (c.me.on('PeersOnlineStatusChanged', c.here), c.me.subscribePeersOnlineStatus([c.bobs])),
    RemoteInvitationReceived: (c) => (c.me.on('RemoteInvitationReceived', c.here), c.bob.createLocalInvitation(c.uid).send()),
    RemoteInvitationCanceled: (c) => {
      c.me.on('RemoteInvitationReceived', (remote: any) => remote.on('RemoteInvitationCanceled', c.here));
      const call = c.bob.createLocalInvitation(c.uid);
      call.on('LocalInvitationReceivedByPeer', () => call.cancel());
      call.send();
    },
    RemoteInvitationRefused: (c) => {
      c.me.on('RemoteInvitationReceived', (remote: any) => (remote.on('RemoteInvitationRefused', c.here), remote.refuse()));
      c.bob.createLocalInvitation(c.uid).send();
    },
    RemoteInvitationAccepted: (c) => {
      c.me.on('RemoteInvitationReceived', (remote: any) => (remote.on('RemoteInvitationAccepted', c.here), remote.accept()));
      c.bob.createLocalInvitation(c.uid).send();
    },
    LocalInvitationReceivedByPeer: (c) => (c.invitation.on('LocalInvitationReceivedByPeer', c.here), c.invitation.send()),
    LocalInvitationCanceled: (c) => (c.invitation.on('LocalInvitationCanceled', c.here), c.invitation.send(), c.invitation.cancel()),
    LocalInvitationRefused: (c) => {
      c.bob.on('RemoteInvitationReceived', (remote: any) => remote.refuse());
      c.invitation.on('LocalInvitationRefused', c.here);
      c.invitation.send();
    },
    LocalInvitationAccepted: (c) => {
      c.bob.on('RemoteInvitationReceived', (remote: any) => remote.accept());
      c.invitation.on('LocalInvitationAccepted', c.here);
      c.invitation.send();
    },
    'LocalInvitationFailure in a logout': (c) => (c.invitation.on('LocalInvitationFailure', c.here), c.invitation.send(), c.me.logout()),
    'LocalInvitationFailure in a hurry': (c) => (c.invitation.on('LocalInvitationFailure', c.here), c.invitation.send(), c.me.logoutSync()),
    'LocalInvitationFailure of one who is kicked': (c) => (c.invitation.on('LocalInvitationFailure', c.here), c.invitation.send(), kick(c)),
    ABORTED: (c) => (c.me.on('ConnectionStateChanged', (s: string) => s === 'ABORTED' && c.here()), kick(c)),
    'DISCONNECTED after ABORTED': (c) => {
      c.me.on('ConnectionStateChanged', (s: string) => (s === 'ABORTED' ? c.me.logout().catch(() => 0) : s === 'DISCONNECTED' && c.here()));
      kick(c);
    },
    DISCONNECTED: (c) => (c.me.on('ConnectionStateChanged', c.here), c.me.logout()),
    'CONNECTING and CONNECTED': async (c) => {
      await c.me.logout();
      await pass(600);
      let states = 0;
      c.me.on('ConnectionStateChanged', (s: string) => (s === 'CONNECTED' || states++ === 1) && c.here());
      await c.me.login({ uid: c.uid });
    },
    CONNECTING: async (c) => {
      await c.me.logout();
      await pass(600);
      c.me.on('ConnectionStateChanged', c.here);
      await c.me.login({ uid: c.uid });
    },
    'progress of an upload': (c) => c.me.createMediaMessageByUploading(new Blob([crypto.getRandomValues(new Uint8Array(60_000))]), {}, { onOperationProgress: c.here }),
    'a signal that a task stops listening to': (c) => c.me.createMediaMessageByUploading(new Blob(['x']), {}, {
      cancelSignal: { addEventListener() {}, removeEventListener: c.here },
    }),
  };

  const again = (c: Cell) => c.me.login({ uid: c.uid });
  const columns: Record<string, (c: Cell) => ((() => unknown))[]> = {
    logout: (c) => [() => c.me.logout()],
    logoutSync: (c) => [() => c.me.logoutSync()],
    'logoutSync, login': (c) => [() => c.me.logoutSync(), () => again(c)],
    'logout, logoutSync, login': (c) => [() => c.me.logout(), () => c.me.logoutSync(), () => again(c)],
    'login, join, leave': (c) => [() => again(c), () => c.room.join(), () => c.room.leave(), () => c.room.leave(), () => c.room.join()],
    'all others': (c) => [
      () => c.me.renewToken('t'), () => c.me.updateConfig({}), () => c.me.createMessage({ text: 'x' }),
      () => c.me.sendMessageToPeer({ text: 'x' }, c.bobs), () => c.room.sendMessage({ text: 'x' }), () => c.room.getMembers(),
      () => c.me.createChannel(`other-${run}`).join(), () => c.me.queryPeersOnlineStatus([c.bobs]), () => c.me.subscribePeersOnlineStatus([c.bobs]),
      () => c.me.unsubscribePeersOnlineStatus([c.bobs]), () => c.me.queryPeersBySubscriptionOption('ONLINE_STATUS'),
      () => c.me.getChannelMemberCount([c.room.channelId]), () => c.me.setLocalUserAttributes({ a: 'b' }),
      () => c.me.addOrUpdateLocalUserAttributes({ a: 'b' }), () => c.me.deleteLocalUserAttributesByKeys(['a']), () => c.me.clearLocalUserAttributes(),
      () => c.me.getUserAttributes(c.bobs), () => c.me.getUserAttributesByKeys(c.bobs, ['a']), () => c.me.setChannelAttributes(c.room.channelId, { a: 'b' }),
      () => c.me.addOrUpdateChannelAttributes(c.room.channelId, { a: 'b' }), () => c.me.deleteChannelAttributesByKeys(c.room.channelId, ['a']),
      () => c.me.clearChannelAttributes(c.room.channelId), () => c.me.getChannelAttributes(c.room.channelId),
      () => c.me.getChannelAttributesByKeys(c.room.channelId, ['a']), () => c.me.createLocalInvitation(c.bobs).send(), () => c.invitation.cancel(),
      () => c.invitation.send(), () => c.remote?.accept(), () => c.remote?.refuse(), () => c.me.downloadMedia('0'.repeat(65) + '1z1z5'),
      () => c.me.getMediaUrl('0'.repeat(65) + '1z1z5'),
      () => c.me.createMediaMessageByUploading(new Blob(['x']), { messageType: 'FILE' }),
    ],
  };

  function kick(c: Cell): void {
    const other = sdk.createInstance(appId, { logFilter: sdk.LOG_FILTER_OFF });
    void other.login({ uid: c.uid }).then(() => pass(2000)).then(() => other.logout(), () => 0);
  }

  async function user(uid: string): Promise<any> {
    const client = sdk.createInstance(appId, { logFilter: sdk.LOG_FILTER_OFF });
    await client.login({ uid });
    return client;
  }

  async function joined(client: any, id: string): Promise<any> {
    const channel = client.createChannel(id);
    await channel.join();
    return channel;
  }

  const within = <T>(promise: Promise<T>, what: string): Promise<T> =>
    Promise.race([promise, pass(40_000).then(() => Promise.reject(new Error(`not within 40 s: ${what}`)))]);

  async function play(n: number, event: string, column: string): Promise<void> {
    const [uid, bobs] = [`me${n}-${run}`, `bob${n}-${run}`];
    const [me, bob] = await Promise.all([user(uid), user(bobs)]);
    const [room, bobsRoom] = await Promise.all([joined(me, `room${n}-${run}`), joined(bob, `room${n}-${run}`)]);
    await pass(1500); // the joins' own events are over, and login may be called again
    const settled: Promise<unknown>[] = [];
    let called!: () => void;
    const here = new Promise<void>((resolve) => (called = resolve));
    let calls = 0;
    const c: Cell = {
      me, bob, room, bobsRoom, uid, bobs, invitation: me.createLocalInvitation(bobs),
      here: () => {
        if (calls++) return;
        columns[column]!(c).forEach((call, i) => {
          const attempt = new Promise((resolve) => resolve(call())).catch((error) => {
            if (!(error instanceof Error) || error.name === 'RtmInternalError') throw new Error(`call ${i}: ${error}`);
          });
          settled.push(within(attempt, `call ${i} (${String(call)})`));
        });
        called();
      },
    };
    me.on('RemoteInvitationReceived', (remote: any) => (c.remote = remote));
    const trigger = Promise.resolve(events[event]!(c)).catch(() => undefined);
    await within(here, 'the event');
    await within(trigger, 'what brought the event');
    await Promise.all(settled);
    me.removeAllListeners();
    await pass(600);
    if (me.connectionState !== 'DISCONNECTED') await within(me.logout(), 'the logout after it');
    let after = '';
    for (const [of, names] of [[me, ['MessageFromPeer', 'ChannelMessage', 'PeersOnlineStatusChanged']], [room, ['ChannelMessage', 'MemberJoined', 'MemberLeft', 'MemberCountUpdated']]] as const) {
      for (const name of names) of.on(name, () => (after ||= `${name} after the logout`));
    }
    if (room.joinState !== 'LEFT') throw new Error(`the channel is ${room.joinState}`);
    await Promise.all([bob.sendMessageToPeer({ text: 'x' }, uid), bobsRoom.joinState === 'JOINED' && bobsRoom.sendMessage({ text: 'x' })]);
    await pass(600);
    if (after) throw new Error(after);
    await within(me.login({ uid }), 'the login after it');
    if (me.connectionState !== 'CONNECTED') throw new Error(`it is ${me.connectionState}`);
    await within(joined(me, `after${n}-${run}`), 'the join after it');
    await within(Promise.all([me.logout(), bob.logout()]), 'the last logout');
  }

  const cells = Object.keys(events).flatMap((event) => Object.keys(columns).map((column) => [event, column] as const));
  const wrong: string[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: 20 }, async () => {
    for (let n; (n = next++) < cells.length; ) {
      const [event, column] = cells[n]!;
      await play(n, event, column).catch((error) => wrong.push(`${column} in ${event}: ${error?.name} ${error?.code ?? ''} ${error?.message}`));
    }
  }));
  return wrong;
}
