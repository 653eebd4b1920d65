import { test, expect, atOnce, login, join, events, failure, openBlank, appId } from './support/test.ts';
import { Gateway } from './support/proc.ts';

test('everything synchronous works right after the script tag', async ({ openPage }) => {
  const page = await openPage();
  const out = await page.evaluate((appId) => {
    const AgoraRTM = (window as any).AgoraRTM;
    const client = AgoraRTM.createInstance(appId);
    const states: string[][] = [];
    client.on('ConnectionStateChanged', (...a: string[]) => states.push(a));
    const channel = client.createChannel('room');
    const message = client.createMessage({ text: 'x', messageType: 'TEXT' });
    client.login({ uid: 'sync' }).catch(() => {});
    const seen = { states: [...states], state: client.connectionState, channel: channel.channelId, joinState: channel.joinState, message };
    client.logoutSync();
    return { ...seen, after: states, end: client.connectionState, globals: ['Go', 'fs', 'process'].filter((n) => n in window), then: ['then' in client, 'then' in channel] };
  }, appId);
  expect(out).toEqual({
    states: [['CONNECTING', 'LOGIN']], state: 'CONNECTING', channel: 'room', joinState: 'LEFT', message: { text: 'x', messageType: 'TEXT' },
    after: [['CONNECTING', 'LOGIN'], ['DISCONNECTED', 'LOGOUT']], end: 'DISCONNECTED', globals: [], then: [false, false],
  });
});

test('login, logout and their states in order', async ({ openUser, run }) => {
  const a = await openUser(`a-${run}`);
  expect(await events(a, 'ConnectionStateChanged')).toEqual([['CONNECTING', 'LOGIN'], ['CONNECTED', 'LOGIN_SUCCESS']]);
  const twice = `const c = AgoraRTM.createInstance('${appId}'); c.login({ uid: 'x y' }).catch(() => {}); try { await c.login({ uid: 'x y' }) } finally { c.logoutSync() }`;
  expect(await failure(a, twice)).toMatchObject({ name: 'RtmInvokeTooOftenError', code: 10, isError: true });
  await a.evaluate(() => (window as any).client.logout());
  expect((await events(a, 'ConnectionStateChanged')).slice(2)).toEqual([['DISCONNECTED', 'LOGOUT']]);
  expect(await failure(a, `await client.logout()`)).toMatchObject({ name: 'RtmInvalidStatusError', code: 102 });
  expect(await failure(a, `client.logoutSync()`)).toMatchObject({ name: 'RtmInvalidStatusError', code: 102 });
});

test('the same uid elsewhere aborts the older client', async ({ openUser, run }) => {
  const old = await openUser(`a-${run}`);
  const fresh = await openUser(`a-${run}`);
  await expect.poll(() => events(old, 'ConnectionStateChanged')).toContainEqual(['ABORTED', 'REMOTE_LOGIN']);
  expect(await failure(old, `await client.sendMessageToPeer({ text: 'x' }, 'y')`)).toMatchObject({ name: 'RtmInvalidStatusError', code: 102 });
  expect(await failure(old, `await new Promise(r => setTimeout(r, 600)); await client.login({ uid: 'z' })`)).toMatchObject({ name: 'RtmInvalidStatusError', code: 8 });
  await old.evaluate(() => (window as any).client.logout());
  expect((await events(old, 'ConnectionStateChanged')).at(-1)).toEqual(['DISCONNECTED', 'LOGOUT']);
  expect(await fresh.evaluate(() => (window as any).client.connectionState)).toBe('CONNECTED');
});

test('members come, speak and go, and a closed page is gone at once', async ({ openUser, run }) => {
  const [a, b] = [await openUser(`a-${run}`), await openUser(`b-${run}`)];
  await join(a, `room-${run}`);
  await join(b, `room-${run}`);
  await expect.poll(() => events(a, 'MemberJoined')).toEqual([[`b-${run}`]]);
  await expect.poll(() => events(a, 'MemberCountUpdated')).toEqual([[1], [2]]);
  expect((await a.evaluate(() => (window as any).channel.getMembers())).sort()).toEqual([`a-${run}`, `b-${run}`]);
  await b.evaluate(() => {
    window.addEventListener('beforeunload', () => {
      (window as any).channel.leave();
      (window as any).client.logout();
    });
  });
  await b.goto('about:blank');
  await expect.poll(() => events(a, 'MemberLeft'), atOnce).toEqual([[`b-${run}`]]);
});

test('a listener attached after await join hears a message sent at once', async ({ openUser, run }) => {
  const [a, b] = [await openUser(`a-${run}`), await openUser(`b-${run}`)];
  await a.evaluate(async (id) => {
    const { client } = window as any;
    const channel = client.createChannel(id);
    channel.on('MemberJoined', () => channel.sendMessage({ text: 'welcome' }));
    await channel.join();
  }, `room-${run}`);
  const heard = await b.evaluate(async (id) => {
    const channel = (window as any).client.createChannel(id);
    await channel.join();
    return new Promise((resolve) => channel.on('ChannelMessage', (m: any, from: string) => resolve([m, from])));
  }, `room-${run}`);
  expect(heard).toEqual([{ text: 'welcome', messageType: 'TEXT' }, `a-${run}`]);
});

test('texts and bytes arrive as sent; the sender hears nothing', async ({ openUser, run }) => {
  const [a, b] = [await openUser(`a-${run}`), await openUser(`b-${run}`)];
  const own = await a.evaluate(async (peer) => {
    const { client } = window as any;
    const message: any = { text: 'grüß dich 👋' };
    const results = [
      await client.sendMessageToPeer(message, peer),
      await client.sendMessageToPeer({ rawMessage: new Uint8Array([0, 255, 7]) }, peer),
      await client.sendMessageToPeer({ text: 'to nobody' }, peer + '-nobody'),
    ];
    return { results, type: message.messageType };
  }, `b-${run}`);
  expect(own).toEqual({ results: [{ hasPeerReceived: true }, { hasPeerReceived: true }, { hasPeerReceived: false }], type: 'TEXT' });
  const got = await b.evaluate(() =>
    (window as any).log.filter((e: any[]) => e[0] === 'MessageFromPeer').map(([, m]: any[]) => ({ ...m, rawMessage: m.rawMessage && [...m.rawMessage] })));
  expect(got).toEqual([
    { text: 'grüß dich 👋', messageType: 'TEXT', rawMessage: undefined },
    { rawMessage: [0, 255, 7], description: '', messageType: 'RAW' },
  ]);
  expect(await events(a, 'MessageFromPeer')).toEqual([]);
});

test('bad input is refused with its class and code, and the connection lives on', async ({ openUser, run }) => {
  const a = await openUser(`a-${run}`);
  await join(a, `room-${run}`);
  const table: [string, string, number][] = [
    [`await client.sendMessageToPeer({}, 'b')`, 'RtmInvalidArgumentError', 7],
    [`await client.sendMessageToPeer({ text: 'x', rawMessage: new Uint8Array() }, 'b')`, 'RtmInvalidArgumentError', 7],
    [`await client.sendMessageToPeer({ text: 'x' }, 'a/b')`, 'RtmInvalidArgumentError', 6],
    [`await client.sendMessageToPeer({ text: 'x'.repeat(32769) }, 'b')`, 'RtmLimitExceededError', 7],
    [`await client.sendMessageToPeer({ messageType: 'RAW', rawMessage: [1] }, 'b')`, 'RtmInvalidArgumentError', 6],
    [`await client.sendMessageToPeer({ messageType: 'VIDEO' }, 'b')`, 'RtmInvalidArgumentError', 7],
    [`await client.sendMessageToPeer({ messageType: 'TEXT' }, 'b')`, 'RtmUnavailableError', 1],
    [`await client.sendMessageToPeer({ messageType: 'IMAGE' }, 'b')`, 'RtmUnavailableError', 1],
    [`await client.sendMessageToPeer({ messageType: 'IMAGE', mediaId: 'x', thumbnail: new Blob([new Uint8Array(32769)]) }, 'b')`, 'RtmInvalidArgumentError', 7],
    [`await client.sendMessageToPeer({ text: AgoraRTM.END_CALL_PREFIX }, 'b')`, 'RtmInvalidArgumentError', 7],
    [`await channel.sendMessage({ text: 'x'.repeat(32769) })`, 'RtmLimitExceededError', 4],
    [`await channel.sendMessage({ nothing: 1 })`, 'RtmInvalidArgumentError', 4],
    [`await channel.sendMessage({ messageType: 'FILE' })`, 'RtmUnknownError', 1],
    [`await channel.join()`, 'RtmInvalidStatusError', 6],
    [`await client.createChannel(channel.channelId).join()`, 'RtmInvalidStatusError', 202],
    [`await client.createChannel('other').sendMessage({ text: 'x' })`, 'RtmInvalidStatusError', 5],
    [`await client.createChannel('other').getMembers()`, 'RtmInvalidStatusError', 5],
    [`await client.createChannel('other').leave()`, 'RtmInvalidStatusError', 3],
    [`client.createChannel('a*b')`, 'RtmInvalidArgumentError', 1],
    [`AgoraRTM.createInstance('short')`, 'RtmInvalidArgumentError', 1],
    [`for (let i = 0; i < 21; i++) await client.createChannel('c' + i).join()`, 'RtmLimitExceededError', 5],
    [`await Promise.all(Array.from({ length: 181 }, () => client.sendMessageToPeer({ text: 'x' }, 'nobody')))`, 'RtmLimitExceededError', 5],
  ];
  for (const [body, name, code] of table) {
    const e = await failure(a, body);
    expect(e, body).toMatchObject({ name, code, isError: true });
    expect(e.message, body).toMatch(new RegExp(`^ Error Code ${code}(, server Code \\d+)? - .*\\.$`));
  }
  await expect(async () => {
    expect(await a.evaluate(() => (window as any).client.sendMessageToPeer({ text: 'still here' }, 'nobody'))).toEqual({ hasPeerReceived: false });
  }, 'the rate window passes').toPass();
  expect(await events(a, 'ConnectionStateChanged')).toHaveLength(2);
});

test('a killed gateway interrupts; a restarted one brings everything back without the page doing a thing', { tag: '@everywhere' }, async ({ newPage }) => {
  const gateway = await new Gateway().start();
  try {
    const pages = [];
    for (const uid of ['a', 'b']) {
      const page = await newPage();
      await openBlank(page, gateway.url);
      await login(page, uid);
      await join(page, 'room');
      pages.push(page);
    }
    const [a, b] = pages;
    await gateway.kill();
    await expect.poll(() => events(a, 'ConnectionStateChanged')).toContainEqual(['RECONNECTING', 'INTERRUPTED']);
    expect(await failure(a, `await client.downloadMedia('0' + 'ab'.repeat(32) + '1z1z10')`)).toMatchObject({ name: 'RtmInvalidStatusError', code: 102 });
    await gateway.start();
    for (const p of pages)
      await expect.poll(async () => (await events(p, 'ConnectionStateChanged')).at(-1)).toEqual(['CONNECTED', 'LOGIN_SUCCESS']);
    expect(await a.evaluate(() => (window as any).channel.joinState)).toBe('JOINED');
    await expect(async () => {
      await a.evaluate(() => (window as any).channel.sendMessage({ text: 'back' }));
      expect((await events(b, 'ChannelMessage')).length).toBeGreaterThan(0);
    }).toPass();
  } finally {
    await gateway.stop();
  }
});

test('no gateway is a clear failure, and login can be tried again', async ({ openPage }) => {
  const page = await openPage();
  const out = await page.evaluate(async (appId) => {
    const AgoraRTM = (window as any).AgoraRTM;
    await AgoraRTM.preload();
    const client = AgoraRTM.createInstance(appId, { gateway: 'http://127.0.0.1:9', logFilter: AgoraRTM.LOG_FILTER_OFF });
    const states: string[][] = [];
    client.on('ConnectionStateChanged', (...a: string[]) => states.push(a));
    const error = await client.login({ uid: 'a' }).catch((e: any) => e);
    return { states, name: error.name, code: error.code, message: error.message, cause: !!error.originalError };
  }, appId);
  expect(out).toMatchObject({ states: [['CONNECTING', 'LOGIN'], ['DISCONNECTED', 'LOGIN_FAILURE']], name: 'RtmUnavailableError', code: 1, cause: true });
  expect(out.message).toContain('127.0.0.1:9');
});

test('the ES build works from a plain page, by default and by name', async ({ page, gateway, run }) => {
  await page.goto(`${gateway.url}/healthz`);
  const out = await page.evaluate(async ({ url, appId, uid }) => {
    const sdk = await import(url);
    await sdk.preload();
    const client = sdk.createInstance(appId, { logFilter: sdk.LOG_FILTER_ERROR });
    await client.login({ uid });
    const state = client.connectionState;
    await client.logout();
    return { state, same: sdk.default.createInstance === sdk.createInstance, self: sdk.default.default === sdk.default, global: 'AgoraRTM' in window };
  }, { url: `${gateway.url}/sdk/rtm.mjs`, appId, uid: `es-${run}` });
  expect(out).toEqual({ state: 'CONNECTED', same: true, self: true, global: false });
});

test('the gateway can be named by parameter and by config', async ({ openPage, gateway, run }) => {
  const page = await openPage();
  const out = await page.evaluate(async ({ gateway, appId, uid }) => {
    const { AgoraRTM } = window as any;
    await AgoraRTM.preload();
    const quiet = { logFilter: AgoraRTM.LOG_FILTER_OFF };
    AgoraRTM.setParameter('GATEWAY', 'http://127.0.0.1:9');
    const wrong = await AgoraRTM.createInstance(appId, { ...quiet }).login({ uid }).catch((e: any) => e.code);
    const named = AgoraRTM.createInstance(appId, { ...quiet, gateway });
    await named.login({ uid });
    AgoraRTM.setParameter('GATEWAY', gateway.replace('http', 'ws') + '/');
    const other = AgoraRTM.createInstance(appId, quiet);
    await other.login({ uid: uid + '-2' });
    return { wrong, states: [named.connectionState, other.connectionState] };
  }, { gateway: gateway.url, appId, uid: `n-${run}` });
  expect(out).toEqual({ wrong: 1, states: ['CONNECTED', 'CONNECTED'] });
});
