import type { Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, events, expect, failure, join, openBlank } from './support/test.ts';
import { Gateway, root } from './support/proc.ts';
import { app, certificate, token006, token007, tokenForBoth, tokenForCalls } from './support/tokens.ts';

/** Served without a certificate. */
const openApp = 'C0'.repeat(16);

/** A gateway that requires tokens, in place of the open one. */
const test = base.extend<{}, { appsFile: string; gateway: Gateway }>({
  appsFile: [
    async ({}, use) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'rtm-apps-'));
      const file = path.join(folder, 'apps.txt');
      writeFileSync(file, `# for the tests\n${app} ${certificate}\n${openApp}\n`, { mode: 0o600 });
      await use(file);
      rmSync(folder, { recursive: true });
    },
    { scope: 'worker' },
  ],
  gateway: [
    async ({ appsFile }, use) => {
      const gateway = await new Gateway(['--apps', appsFile, '--log-level', 'debug']).start();
      await use(gateway);
      await gateway.stop();
      for (const secret of [certificate, '006' + app, '007eJ']) expect(gateway.log()).not.toContain(secret);
    },
    { scope: 'worker' },
  ],
});

/** Logs in as window.client, its events in window.log; the outcome is the state, or the error. */
function login(page: Page, uid: string, token?: string, appId = app): Promise<any> {
  return page.evaluate(
    async ({ appId, uid, token }) => {
      const w = window as any;
      await w.AgoraRTM.preload();
      w.client = w.AgoraRTM.createInstance(appId, { logFilter: w.AgoraRTM.LOG_FILTER_OFF });
      w.log = [];
      for (const name of ['ConnectionStateChanged', 'MessageFromPeer', 'ChannelMessage', 'TokenExpired', 'TokenPrivilegeWillExpire'])
        w.client.on(name, (...args: unknown[]) => w.log.push([name, ...args]));
      try {
        await w.client.login({ uid, token });
        return w.client.connectionState;
      } catch (e: any) {
        return { name: e.name, code: e.code, serverCode: e.serverCode };
      }
    },
    { appId, uid, token },
  );
}

const renew = (page: Page, token: string) => page.evaluate((token) => (window as any).client.renewToken(token), token);

test('tokens of a token server let users in, and they can do everything', async ({ openPage, run }) => {
  const tokens = { a: token007, b: token006, c: tokenForBoth };
  const pages: Page[] = [];
  for (const [name, mint] of Object.entries(tokens)) {
    const page = await openPage();
    expect(await login(page, `${name}-${run}`, mint(`${name}-${run}`)), name).toBe('CONNECTED');
    await join(page, `room-${run}`);
    pages.push(page);
  }
  const [a, b, c] = pages;
  await a.evaluate(() => (window as any).channel.sendMessage({ text: 'hello' }));
  for (const page of [b, c]) await expect.poll(async () => (await events(page, 'ChannelMessage')).map(([m]) => m.text)).toEqual(['hello']);
  const mediaId = await a.evaluate(async () => (await (window as any).client.createMediaMessageByUploading(new Blob(['secret']))).mediaId);
  expect(await b.evaluate(async (id) => (await (window as any).client.downloadMedia(id)).text(), mediaId)).toBe('secret');
  expect(await login(await openPage(), `d-${run}`, undefined, openApp), 'an app without certificate needs none').toBe('CONNECTED');
});

test('ids with every character that is allowed', async ({ openPage }) => {
  const uid = 'a b!#$%&()+,-.:;<=>?@[]^_{|}~';
  const page = await openPage();
  expect(await login(page, uid, token007(uid))).toBe('CONNECTED');
  expect(await login(page, uid, token006(uid))).toBe('CONNECTED');
});

test('without the right token nobody comes in', async ({ openPage, run }) => {
  const page = await openPage();
  const uid = `a-${run}`;
  const other = 'f'.repeat(32);
  const cases: [string, Parameters<typeof login>[2], number, number, string?][] = [
    ['no token', undefined, 5, 15],
    ['the app id means no token', app, 5, 15],
    ['garbage', 'garbage', 5, 9],
    ['half of one', token007(uid).slice(0, 60), 5, 9],
    ['wrong signature', token007(uid, 3600, other), 5, 9],
    ['wrong signature, 006', token006(uid, 3600, other), 5, 9],
    ['for calls only', tokenForCalls(uid), 5, 12],
    ['expired', token006(uid, -1), 6, 13],
    ['of another uid', token007('b' + uid), 3, 7],
    ['of another uid, 006', token006('b' + uid), 3, 7],
    ['another app id', token007(uid), 4, 5, other],
    ['where none is enabled', token007(uid), 5, 14, openApp],
  ];
  for (const [name, token, code, serverCode, appId] of cases) {
    expect(await login(page, uid, token, appId), name).toEqual({ name: 'RtmUnauthenticatedError', code, serverCode });
    expect(await events(page, 'ConnectionStateChanged'), name).toEqual([['CONNECTING', 'LOGIN'], ['DISCONNECTED', 'LOGIN_FAILURE']]);
  }
  expect(await login(page, uid, token007(uid)), 'the same page, with a good one').toBe('CONNECTED');
});

test('media answers nobody who is not logged in', async ({ openPage, gateway, run }) => {
  const page = await openPage();
  await login(page, `a-${run}`, token007(`a-${run}`));
  const mediaId = await page.evaluate(async () => (await (window as any).client.createMediaMessageByUploading(new Blob(['secret']))).mediaId);
  for (const authorization of ['', `Bearer ${token007(`a-${run}`)}`, `Bearer ${app}`])
    for (const [method, at] of [['GET', mediaId.slice(1, 65)], ['POST', ''], ['HEAD', mediaId.slice(1, 65)], ['PATCH', 'x'], ['DELETE', 'x']] as const) {
      const response = await fetch(`${gateway.url}/media/${at}`, { method, headers: { 'tus-resumable': '1.0.0', 'upload-length': '3', ...(authorization && { authorization }) } });
      expect(response.status, `${method} ${at}`).toBe(401);
      expect(await response.text()).not.toContain('secret');
    }
});

test('neither side logs a token or a credential, whatever goes wrong', async ({ openPage, gateway, run }) => {
  const page = await openPage();
  const said: string[] = [];
  const credentials = new Set<string>();
  page.on('console', (message) => said.push(message.text()));
  page.on('request', (request) => {
    const [, credential] = (request.headers().authorization ?? '').split('Bearer ');
    if (credential) credentials.add(credential);
  });
  const uid = `a-${run}`;
  const good = token007(uid);
  const bad = ['a-token-of-garbage', good.slice(0, 80), token007(uid, 3600, 'f'.repeat(32)), token006(uid, -1), token007('b' + uid), 'x'.repeat(3000)];
  const errors: string = await page.evaluate(async ({ app, uid, good, bad }) => {
    const { AgoraRTM } = window as any;
    const out: string[] = [];
    const note = (error: any) => out.push(error.stack, String(error.originalError), JSON.stringify(error));
    const pass = () => new Promise((resolve) => setTimeout(resolve, 600));
    for (const token of bad) await AgoraRTM.createInstance(app, { logFilter: AgoraRTM.LOG_FILTER_DEBUG }).login({ uid, token }).catch(note);
    const client = AgoraRTM.createInstance(app, { logFilter: AgoraRTM.LOG_FILTER_DEBUG });
    client.on('ConnectionStateChanged', () => { throw new Error('a listener that throws'); });
    await client.login({ uid, token: good });
    await client.login({ uid, token: [good] }).catch(note);
    await pass();
    await client.login({ uid, token: good }).catch(note);
    for (const token of bad) {
      await client.renewToken(token).catch(note);
      await pass();
    }
    const { mediaId } = await client.createMediaMessageByUploading(new Blob(['x']));
    await client.downloadMedia(mediaId);
    await client.downloadMedia('0' + 'ab'.repeat(32) + '1z1z10').catch(note);
    await client.logout();
    return out.join('\n');
  }, { app, uid, good, bad });
  expect(said.join('\n'), 'the page logs').toContain('RTM:INFO login as');
  expect(gateway.log(), 'the gateway logs, details too').toContain('level=DEBUG');
  expect(credentials.size, 'the credential was seen').toBe(1);
  for (const secret of [good, ...bad, ...credentials]) {
    const part = secret.slice(-24); // of a credential the secret is last
    expect([said.join('\n').includes(part), errors.includes(part), gateway.log().includes(part)], part).toEqual([false, false, false]);
  }
});

test('renewToken', async ({ openPage, run }) => {
  const page = await openPage();
  const uid = `a-${run}`;
  expect(await failure(page, `await AgoraRTM.createInstance('${app}').renewToken('x')`)).toMatchObject({ name: 'RtmInvalidStatusError', code: 102 });
  await login(page, uid, token007(uid));
  expect(await renew(page, token007(uid))).toBeUndefined();
  for (const [body, name, code] of [
    [`await client.renewToken('')`, 'RtmInvalidArgumentError', 2],
    [`await client.renewToken()`, 'RtmInvalidArgumentError', 2],
    [`await client.renewToken(7)`, 'RtmInvalidArgumentError', 2],
    [`for (const t of ['1', '2']) client.renewToken(t).catch(() => {}); await client.renewToken('3')`, 'RtmInvokeTooOftenError', 4],
  ] as const) expect(await failure(page, body), body).toMatchObject({ name, code, isError: true });
  for (const [token, code] of [[token006(uid, -1), 5], [token007(uid, 3600, 'f'.repeat(32)), 6], [token007('b' + uid), 6], ['garbage', 6]] as const)
    await expect(async () => {
      expect(await failure(page, `await client.renewToken('${token}')`)).toMatchObject({ name: 'RtmUnauthenticatedError', code });
    }, 'the rate window passes').toPass();
  expect(await events(page, 'ConnectionStateChanged'), 'no event, and the connection lives on').toHaveLength(2);
});

test('a token that ends leaves the connection alone; the way back needs a new one', async ({ context, appsFile }) => {
  const gateway = await new Gateway(['--apps', appsFile]).start();
  try {
    const page = await openBlank(await context.newPage(), gateway.url);
    await page.evaluate(() => (window as any).AgoraRTM.preload()); // which is not to take of the token's time
    const ends = Date.now() + 13_000;
    const old = token007('ada', 12); // long enough for a busy machine to log in
    expect(await login(page, 'ada', old)).toBe('CONNECTED');
    await join(page, 'room');
    await expect.poll(() => events(page, 'TokenPrivilegeWillExpire'), 'less than 30 s are left').toEqual([[]]);
    await expect.poll(() => Date.now()).toBeGreaterThan(ends);
    expect(await failure(page, `await client.renewToken('${old}')`), 'it has ended').toMatchObject({ code: 5 });
    await page.evaluate(() => (window as any).channel.sendMessage({ text: 'still here' }));
    expect(await events(page, 'ConnectionStateChanged')).toHaveLength(2);
    expect(await events(page, 'TokenExpired')).toEqual([]);

    await gateway.kill();
    await expect.poll(() => events(page, 'ConnectionStateChanged')).toContainEqual(['RECONNECTING', 'INTERRUPTED']);
    await gateway.start();
    await expect.poll(() => events(page, 'TokenExpired')).toEqual([[]]);
    expect(await page.evaluate(() => (window as any).client.connectionState)).toBe('RECONNECTING');
    expect(await failure(page, `await client.renewToken('${old}')`)).toMatchObject({ name: 'RtmUnauthenticatedError', code: 5 });
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await expect(() => renew(page, token007('ada')), 'twice a second at most').toPass();
    expect((await events(page, 'ConnectionStateChanged')).slice(2)).toEqual([['RECONNECTING', 'INTERRUPTED'], ['CONNECTED', 'LOGIN_SUCCESS']]);
    expect(await events(page, 'TokenExpired'), 'told once').toHaveLength(1);
    const eve = await openBlank(await context.newPage(), gateway.url);
    expect(await login(eve, 'eve', token006('eve'))).toBe('CONNECTED');
    await join(eve, 'room');
    await expect(async () => {
      await eve.evaluate(() => (window as any).channel.sendMessage({ text: 'welcome back' }));
      expect((await events(page, 'ChannelMessage')).length).toBeGreaterThan(0);
    }, 'the channel came back by itself').toPass();
  } finally {
    await gateway.stop();
  }
});

test('a token of rtm-gateway token logs in', async ({ openPage, appsFile, run }) => {
  const page = await openPage();
  for (const version of ['006', '007']) {
    const args = ['token', '--apps', appsFile, '--uid', `a-${run}`, '--expire', '1h', '--version', version];
    const token = execFileSync('./bin/rtm-gateway', args, { cwd: root, encoding: 'utf8' }).trim();
    expect(await login(page, `a-${run}`, token), version).toBe('CONNECTED');
  }
});
