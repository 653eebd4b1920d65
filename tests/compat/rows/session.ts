import type { Area } from '../row.ts';

export const session: Area = {
  title: 'Login, logout and the connection',
  rows: [
    { member: 'client.login', when: 'there is no argument', class: 'TypeError', fails: (t) => () => t.client().login() },
    { member: 'client.login', when: 'the argument is not a plain object', class: 'RtmInvalidArgumentError', code: 3, fails: (t) => () => t.client().login('alice') },
    { member: 'client.login', when: 'uid is not valid', class: 'RtmInvalidArgumentError', code: 3, fails: (t) => () => t.client().login({ uid: 'a/b' }) },
    { member: 'client.login', when: 'uid is a number', class: 'RtmInvalidArgumentError', code: 3, fails: (t) => () => t.client().login({ uid: 5 }) },
    { member: 'client.login', when: 'token is neither a string, null nor undefined', class: 'RtmInvalidArgumentError', code: 3, fails: (t) => () => t.client().login({ uid: 'a', token: 5 }) },
    {
      member: 'client.login', when: 'an empty token, null and the app id count as no token',
      works: async (t) => {
        for (const token of ['', null, undefined, t.appId]) await t.client().login({ uid: t.id('a'), token });
      },
    },
    { member: 'client.login', when: 'a uid may have 64 characters', works: (t) => t.client().login({ uid: t.id('u').padEnd(64, '~') }), differs: 'the documentation says "less than 64"; the build takes 64, and so do we' },
    {
      member: 'client.login', when: 'sooner than 500 ms after the last', class: 'RtmInvokeTooOftenError', code: 10,
      fails: async (t) => {
        const client = await t.user();
        return () => Promise.all([client.login({ uid: t.id('a') }).catch(() => {}), client.login({ uid: t.id('a') })]);
      },
    },
    {
      member: 'client.login', when: 'not DISCONNECTED', class: 'RtmInvalidStatusError', code: 8,
      fails: async (t) => {
        const client = await t.user();
        await t.pass(600);
        return () => client.login({ uid: t.id('a') });
      },
    },
    {
      member: 'client.login', when: 'no gateway answers at the address', class: 'RtmUnavailableError', code: 1,
      fails: (t) => () => t.client({ gateway: 'http://127.0.0.1:61999' }).login({ uid: 'a' }),
    },
    {
      member: 'client.login', when: 'no gateway answers: originalError is the cause, and the login may be repeated',
      works: async (t) => {
        const client = t.client({ gateway: 'http://127.0.0.1:61999' });
        const error = await client.login({ uid: 'a' }).catch((error: any) => error);
        t.equal([error.originalError instanceof Error, error.serverCode, error.statusCode], [true, undefined, undefined]);
        await t.pass(600);
        client.updateConfig({ gateway: location.origin });
        await client.login({ uid: t.id('a') });
      },
    },
    {
      member: 'client.login', when: 'no WebSocket opens: the message tells a policy, a refused origin, a wrong address, a proxy and another server apart',
      shown: 'core:TestUnreachableText',
    },
    { member: 'client.login', when: 'a failed login is logged as an error, with its reason', shown: 'web/test/login.test.ts:a failed login is logged as an error, with its reason' },
    { member: 'client.login', when: 'no answer within 12 s', class: 'RtmTimeoutError', code: 9, shown: 'core:TestLoginTimesOut' },
    { member: 'client.login', when: 'the wasm is not loaded within 12 s', class: 'RtmTimeoutError', code: 9, shown: 'web/test/login.test.ts:a program that does not come within 12 s is a login timeout, and the next login has it', differs: 'new: 1.4 has no wasm' },
    { member: 'client.login', when: 'the gateway does not serve this app id', class: 'RtmUnauthenticatedError', code: 4, shown: 'tests/token.spec.ts:without the right token nobody comes in' },
    { member: 'client.login', when: 'the token is invalid', class: 'RtmUnauthenticatedError', code: 5, shown: 'tests/token.spec.ts:without the right token nobody comes in' },
    { member: 'client.login', when: 'the token has expired', class: 'RtmUnauthenticatedError', code: 6, shown: 'tests/token.spec.ts:without the right token nobody comes in' },
    { member: 'client.login', when: 'the token is for another uid', class: 'RtmUnauthenticatedError', code: 3, shown: 'tests/token.spec.ts:without the right token nobody comes in' },
    { member: 'client.login', when: 'the gateway refuses for another reason', class: 'RtmUnavailableError', code: 2, shown: 'core:TestLoginError' },
    {
      member: 'client.login', when: 'logoutSync is called before the answer', class: 'RtmInterruptedError', code: 201, differs: '1.4 does not say what happens to the promise; the code is in its list',
      fails: (t) => () => {
        const client = t.client();
        const login = client.login({ uid: t.id('a') });
        client.logoutSync();
        return login;
      },
    },
    {
      member: 'client.login', when: 'the state is CONNECTING before the call returns, CONNECTED before the promise resolves; after a failure it may be called again',
      works: async (t) => {
        const client = t.client();
        const log: unknown[] = t.record(client, 'ConnectionStateChanged');
        const login = client.login({ uid: t.id('a') }).then((value: unknown) => log.push(['resolved', value === undefined]));
        t.equal([log, client.connectionState], [[['ConnectionStateChanged', 'CONNECTING', 'LOGIN']], 'CONNECTING']);
        await login;
        t.equal(log.slice(1), [['ConnectionStateChanged', 'CONNECTED', 'LOGIN_SUCCESS'], ['resolved', true]]);
      },
    },
    {
      member: 'client.login', when: 'the same uid elsewhere: the newer login wins, the older client is ABORTED, where only logout helps',
      works: async (t) => {
        const old = await t.user('same');
        const channel = await t.joined(old);
        const aborted = t.next(old, 'ConnectionStateChanged');
        const fresh = await t.user('same');
        t.equal(await aborted, ['ABORTED', 'REMOTE_LOGIN']);
        await t.pass(600);
        for (const [code, call] of [
          [102, () => old.sendMessageToPeer({ text: 'x' }, 'peer')], [102, () => channel.getMembers()], [8, () => old.login({ uid: t.id('same') })],
        ] as [number, () => Promise<unknown>][]) t.equal(await call().catch((error: any) => error.code), code);
        await channel.leave();
        const left = t.next(old, 'ConnectionStateChanged');
        await old.logout();
        t.equal([await left, fresh.connectionState], [['DISCONNECTED', 'LOGOUT'], 'CONNECTED']);
      },
    },
    { member: 'client.logout', when: 'DISCONNECTED', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().logout() },
    {
      member: 'client.logout', when: 'channels are LEFT, media tasks end with code 6, the event comes, the promise resolves; listeners stay',
      works: async (t) => {
        const client = await t.user();
        const channel = await t.joined(client);
        const tasks = [1, 2].map((n) => client.createMediaMessageByUploading(t.blob(n), { messageType: 'FILE' }).catch((error: any) => `${error.name} ${error.code}`));
        const log: unknown[] = [];
        client.on('ConnectionStateChanged', (...args: unknown[]) => log.push([channel.joinState, client.connectionState, ...args]));
        await client.logout();
        t.equal(log, [['LEFT', 'DISCONNECTED', 'DISCONNECTED', 'LOGOUT']]);
        const results = await Promise.all(tasks);
        t.equal(results.at(-1), 'RtmInterruptedError 6');
        t.equal(client.listenerCount('ConnectionStateChanged'), 1);
      },
      differs: 'the documentation says that listeners are removed; the build keeps them, and so do we',
    },
    {
      member: 'client.logout', when: 'waits for a login in progress',
      works: async (t) => {
        const client = t.client();
        const log = t.record(client, 'ConnectionStateChanged');
        const login = client.login({ uid: t.id('a') });
        await Promise.all([client.logout(), login]);
        t.equal(log.map(([, state]) => state), ['CONNECTING', 'CONNECTED', 'DISCONNECTED']);
      },
    },
    { member: 'client.logout', when: 'the login in progress fails: rejects with its error', shown: 'web/test/login.test.ts:logout before the program runs waits for the login, and fails with it' },
    { member: 'client.logoutSync', when: 'DISCONNECTED', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().logoutSync() },
    {
      member: 'client.destroy', when: 'logs out, removes all listeners and frees the client; again, it does nothing', differs: 'new, for `await using` too',
      works: async (t) => {
        const client = await t.user();
        const states: string[] = [];
        client.on('ConnectionStateChanged', (state: string) => states.push(state));
        const channel = client.createChannel(t.id('room'));
        channel.on('ChannelMessage', () => {});
        await channel.join();
        await client.destroy();
        await client.destroy();
        t.equal([states, client.connectionState, channel.joinState, client.eventNames(), channel.eventNames()], [['DISCONNECTED'], 'DISCONNECTED', 'LEFT', [], []]);
        const { asyncDispose } = Symbol as any;
        t.equal(!asyncDispose || client[asyncDispose] === client.destroy, true);
      },
    },
    {
      member: 'client.logoutSync', when: 'logs out at once',
      works: async (t) => {
        const client = await t.user();
        t.equal([client.logoutSync(), client.connectionState], [undefined, 'DISCONNECTED']);
      },
    },
    {
      member: 'client.updateConfig', when: 'sets the keys whose value is not null, also unknown ones; returns nothing',
      works: (t) => t.equal(t.client().updateConfig({ logFilter: null, unknown: 1 }), undefined),
    },
    { member: 'client.setParameters', when: 'is the same as updateConfig', shown: 'web/test/module.test.ts:updateConfig takes what is not null; logs follow the filter, and mask ids' },
    {
      member: 'client.connectionState', when: 'is DISCONNECTED at first; it changes before the event is emitted',
      works: async (t) => {
        const client = t.client();
        const seen = [client.connectionState];
        client.on('ConnectionStateChanged', (state: string) => seen.push(state === client.connectionState ? state : `${state}?`));
        await client.login({ uid: t.id('a') });
        t.equal(seen, ['DISCONNECTED', 'CONNECTING', 'CONNECTED']);
      },
    },
    {
      member: 'client.context', when: 'has the uid and a sid once logged in',
      works: async (t) => {
        const { context } = await t.user('me');
        t.equal([context.uid, typeof context.sid, context.sid.length], [t.id('me'), 'string', 36]);
      },
    },
    { member: 'client:ConnectionStateChanged', when: 'the connection is lost, and comes back: RECONNECTING INTERRUPTED, CONNECTED LOGIN_SUCCESS', shown: 'tests/session.spec.ts:a killed gateway interrupts; a restarted one brings everything back without the page doing a thing' },
    { member: 'client:ConnectionStateChanged', when: 'each transition has one event', shown: 'core:TestNextState' },
    { member: 'client:ConnectionStateChanged', when: 'BANNED_BY_SERVER', shown: 'core:TestAborted' },
    {
      member: 'client:ConnectionStateChanged', when: 'the core of the SDK stopped: DISCONNECTED INTERRUPTED, and what is pending is rejected with an RtmInternalError; the next login starts a new one',
      shown: 'web/test/crash.test.ts:when the program ends all that is pending is rejected, and the client is clean', differs: 'new: 1.4 has no wasm that could stop',
    },
    {
      member: 'client:FallbackProxyConnected', when: 'never happens', differs: 'there is no proxy',
      works: async (t) => {
        const client = t.client({ enableCloudProxy: true });
        const log = t.record(client, 'FallbackProxyConnected');
        await client.login({ uid: t.id('a') });
        await client.logout();
        t.equal(log, []);
      },
    },
  ],
};
