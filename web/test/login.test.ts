import assert from 'node:assert/strict';
import test from 'node:test';
import { loggedIn, makeClient, note, tick } from './fake.ts';

test('login shows CONNECTING inside the call, and CONNECTED before it resolves', async () => {
  const { client, loader } = makeClient();
  const seen: unknown[] = [];
  client.on('ConnectionStateChanged', (state, reason) => seen.push([state, reason, client.connectionState]));
  note(seen, 'login', client.login({ uid: 'alice', token: 't' }));
  assert.deepEqual(seen, [['CONNECTING', 'LOGIN', 'CONNECTING']]);
  assert.equal(client.context.uid, 'alice');
  loader.ready();
  await tick();
  assert.deepEqual(loader.created[0]!.slice(0, 2), ['0123456789abcdef0123456789abcdef', 'http://gateway']);
  assert.deepEqual(loader.last('login').slice(0, 2), ['alice', 't']);
  loader.host.state('CONNECTING', 'LOGIN');
  loader.host.state('CONNECTED', 'LOGIN_SUCCESS');
  loader.done('login')(undefined);
  await tick();
  assert.deepEqual(seen.slice(1), [['CONNECTED', 'LOGIN_SUCCESS', 'CONNECTED'], ['login', undefined]]);
});

test('the order of checks: arguments, interval, state', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { client } = makeClient();
  await assert.rejects(client.login(undefined), TypeError);
  await assert.rejects(client.login({ uid: '' }), { name: 'RtmInvalidArgumentError', code: 3 });
  client.login({ uid: 'a' }).catch(() => {});
  now = 499;
  await assert.rejects(client.login({ uid: '' }), { code: 3 });
  await assert.rejects(client.login({ uid: 'a' }), { name: 'RtmInvokeTooOftenError', code: 10 });
  now = 500;
  await assert.rejects(client.login({ uid: 'a' }), { name: 'RtmInvalidStatusError', code: 8 });
  now = 999;
  await assert.rejects(client.login({ uid: 'a' }), { code: 10 });
  client.logoutSync();
});

test('a refused login: the event, then the rejection', async () => {
  const { client, loader } = makeClient();
  const seen: unknown[] = [];
  note(seen, 'login', client.login({ uid: 'a' }));
  client.on('ConnectionStateChanged', (...args) => seen.push(args));
  loader.ready();
  await tick();
  loader.host.state('DISCONNECTED', 'LOGIN_FAILURE');
  loader.done('login')({ name: 'RtmUnauthenticatedError', code: 5, serverCode: 9, text: 'no' });
  await tick();
  assert.deepEqual(seen, [['DISCONNECTED', 'LOGIN_FAILURE'], ['login', 'RtmUnauthenticatedError', 5]]);
});

test('calls made before the program runs wait for it, in order; even those made meanwhile', async () => {
  const { client, loader } = makeClient();
  const channel = client.createChannel('c');
  for (const p of [client.login({ uid: 'a' }), channel.join(), client.sendMessageToPeer({ text: 'x' }, 'b')]) p.catch(() => {});
  loader.onCall = (method) => {
    if (method === 'join') channel.getMembers().catch(() => {});
  };
  assert.deepEqual(loader.methods, []);
  loader.ready();
  await tick();
  assert.deepEqual(loader.methods, ['login', 'join', 'sendPeer', 'members']);
  assert.equal(loader.created.length, 1);
});

test('once it runs, the core hears of a call inside the call', async () => {
  const { client, loader } = await loggedIn();
  const channel = client.createChannel('c');
  const all = [channel.join(), channel.sendMessage({ text: 'x' }), channel.leave(), client.logout()];
  assert.deepEqual(loader.methods, ['join', 'sendChannel', 'leave', 'logout']);
  for (const method of ['join', 'sendChannel', 'leave', 'logout']) loader.done(method)(undefined);
  assert.deepEqual(await Promise.all(all), [undefined, undefined, undefined, undefined]);
});

test('a program that can not be loaded fails the login; the next one tries again', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { client, loader, events } = makeClient();
  const cause = new Error('404: put it there');
  const login = client.login({ uid: 'a' });
  const join = client.createChannel('c').join();
  loader.fail(cause);
  await assert.rejects(login, { name: 'RtmUnavailableError', code: 1, originalError: cause, message: ' Error Code 1 - 404: put it there.' });
  await assert.rejects(join, { name: 'RtmUnavailableError', code: 1 });
  assert.deepEqual(events, [['CONNECTING', 'LOGIN'], ['DISCONNECTED', 'LOGIN_FAILURE']]);
  now = 500;
  client.login({ uid: 'a' }).catch(() => {});
  assert.equal(loader.wanted, 1);
  client.logoutSync();
});

test('a failed login is logged as an error, with its reason', async (t) => {
  const lines: string[] = [];
  t.mock.method(console, 'error', (line: string) => lines.push(line));
  const { client, loader } = makeClient(undefined, { logFilter: { error: true } });
  const login = client.login({ uid: 'a' });
  loader.fail(new Error('gone'));
  await assert.rejects(login);
  assert.match(lines.join(), /^Ins#\d+ RTM:ERROR login failed: Error Code 1 - gone\.$/);
});

test('without a gateway the login says how to name one', async () => {
  const { client, loader, events } = makeClient(undefined, { gateway: undefined });
  const login = client.login({ uid: 'a' });
  loader.ready();
  await assert.rejects(login, /setParameter\('GATEWAY'/);
  assert.deepEqual(events.at(-1), ['DISCONNECTED', 'LOGIN_FAILURE']);
});

test('each login goes to where the gateway is then', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { client, loader } = makeClient();
  loader.ready();
  for (const gateway of ['http://gateway', 'http://gateway/', 'http://other']) {
    client.updateConfig({ gateway });
    const login = client.login({ uid: 'a' });
    await tick();
    loader.host.state('DISCONNECTED', 'LOGIN_FAILURE');
    loader.done('login')({ name: 'RtmUnavailableError', code: 1, text: 'no' });
    await assert.rejects(login, { code: 1 });
    now += 500;
  }
  assert.deepEqual(loader.created.map(([, url]) => url), ['http://gateway', 'http://other']);
});

test('logoutSync before the program runs ends the login at once', async () => {
  const { client, loader, events } = makeClient();
  const login = client.login({ uid: 'a' });
  client.logoutSync();
  assert.equal(client.connectionState, 'DISCONNECTED');
  assert.deepEqual(events, [['CONNECTING', 'LOGIN'], ['DISCONNECTED', 'LOGOUT']]);
  await assert.rejects(login, { name: 'RtmInterruptedError', code: 201 });
  loader.ready();
  await tick();
  assert.deepEqual(loader.methods, []);
});

test('logout before the program runs waits for the login, and fails with it', async () => {
  for (const ends of ['ready', 'fail'] as const) {
    const { client, loader } = makeClient();
    const seen: unknown[] = [];
    client.once('ConnectionStateChanged', () => note(seen, 'early', client.logout()));
    note(seen, 'login', client.login({ uid: 'a' }));
    note(seen, 'logout', client.logout());
    await tick();
    assert.equal(client.connectionState, 'CONNECTING');
    if (ends === 'ready') {
      loader.ready();
      await tick();
      assert.deepEqual(loader.methods, ['login']);
      loader.host.state('CONNECTED', 'LOGIN_SUCCESS');
      loader.done('login')(undefined);
      await tick();
      assert.deepEqual(loader.methods, ['login', 'logout', 'logout']);
    } else {
      loader.fail(new Error('gone'));
      await tick();
      assert.deepEqual(seen.sort(), [['early', 'RtmUnavailableError', 1], ['login', 'RtmUnavailableError', 1], ['logout', 'RtmUnavailableError', 1]]);
    }
  }
});

test('a program that does not come within 12 s is a login timeout, and the next login has it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { client, loader, events } = makeClient();
  const login = client.login({ uid: 'a' });
  const logout = client.logout();
  t.mock.timers.tick(11_999);
  assert.equal(client.connectionState, 'CONNECTING');
  t.mock.timers.tick(1);
  await assert.rejects(login, { name: 'RtmTimeoutError', code: 9 });
  await assert.rejects(logout, { name: 'RtmTimeoutError', code: 9 }); // what waited for it does not wait on
  assert.deepEqual(events, [['CONNECTING', 'LOGIN'], ['DISCONNECTED', 'LOGIN_TIMEOUT']]);
  loader.ready();
  await tick();
  assert.deepEqual(loader.methods, []);
  now = 12_000;
  client.login({ uid: 'a' }).catch(() => {});
  t.mock.timers.tick(60_000);
  assert.deepEqual(loader.methods, ['login'], 'from here on the time is the core\'s');
  assert.equal(client.connectionState, 'CONNECTING');
});

test('logoutSync inside the CONNECTING event', async (t) => {
  const { client, loader } = await loggedIn();
  loader.host.state('DISCONNECTED', 'LOGOUT');
  client.once('ConnectionStateChanged', () => client.logoutSync());
  t.mock.method(performance, 'now', () => Infinity);
  await assert.rejects(client.login({ uid: 'a' }), { code: 201 });
  assert.deepEqual(loader.methods, []);
  assert.equal(client.connectionState, 'DISCONNECTED');
});

test('logging out while logged out is 102', async () => {
  const { client } = makeClient();
  await assert.rejects(client.logout(), { name: 'RtmInvalidStatusError', code: 102 });
  assert.throws(() => client.logoutSync(), { name: 'RtmInvalidStatusError', code: 102 });
});

test('logoutSync throws what the core returns', async () => {
  const { client, loader } = await loggedIn();
  client.logoutSync();
  assert.deepEqual(loader.methods, ['logoutSync']);
  loader.onCall = () => ({ name: 'RtmInvalidStatusError', code: 102, text: 'x' });
  assert.throws(() => client.logoutSync(), { code: 102 });
});

test('listeners outlive logout', async () => {
  const { client, loader, events } = await loggedIn();
  loader.host.state('DISCONNECTED', 'LOGOUT');
  assert.equal(client.listenerCount('ConnectionStateChanged'), 1);
  assert.deepEqual(events, [['DISCONNECTED', 'LOGOUT']]);
});

test('destroy logs out, removes the listeners and lets the core go, as often as it is called', async () => {
  const { client, loader } = await loggedIn();
  loader.onCall = (method) => method === 'logoutSync' && loader.host.state('DISCONNECTED', 'LOGOUT');
  const states: unknown[] = [];
  client.on('ConnectionStateChanged', (state) => states.push(state));
  const channel = client.createChannel('room');
  channel.on('ChannelMessage', () => {});
  void channel.join().catch(() => {});
  await client.destroy();
  assert.deepEqual(states, ['DISCONNECTED']);
  assert.deepEqual([client.eventNames(), channel.eventNames()], [[], []]);
  assert.deepEqual(loader.released, [0]);
  await client.destroy();
  assert.equal(loader.methods.filter((method) => method === 'logoutSync').length, 1);
});

test('destroy ends a login that waits for the program, and a client that never logged in', async () => {
  const { client, events } = makeClient();
  const ended = assert.rejects(client.login({ uid: 'me' }), { name: 'RtmInterruptedError', code: 201 });
  await client.destroy();
  await ended;
  assert.deepEqual(events.at(-1), ['DISCONNECTED', 'LOGOUT']);
  await makeClient().client.destroy();
});

test('a client that was destroyed logs in again as a new one', async () => {
  const { client, loader } = makeClient();
  loader.ready();
  await client.destroy();
  void client.login({ uid: 'me' });
  await client.destroy();
  assert.deepEqual(loader.released, [0]);
});

test('await using destroys the client', { skip: !('asyncDispose' in Symbol) }, async () => {
  const { client } = await loggedIn();
  assert.equal((client as any)[(Symbol as any).asyncDispose], client.destroy);
});
