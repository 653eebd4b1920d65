import type { Page } from '@playwright/test';
import { test, expect, failure } from './support/test.ts';

const LOCAL = ['ReceivedByPeer', 'Accepted', 'Refused', 'Canceled', 'Failure'].map((name) => 'LocalInvitation' + name);
const REMOTE = ['Accepted', 'Refused', 'Canceled', 'Failure'].map((name) => 'RemoteInvitation' + name);

/** Keeps each call that comes in window.rung, and its events, with the state at their time, in window.heard. */
async function listen(page: Page): Promise<void> {
  await page.evaluate((names) => {
    const w = window as any;
    w.rung = [];
    w.heard = [];
    w.client.on('RemoteInvitationReceived', (invitation: any) => {
      w.rung.push(invitation);
      for (const name of names) invitation.on(name, (...args: unknown[]) => w.heard.push([name, ...args, invitation.state]));
    });
  }, REMOTE);
}

/** Calls; the invitation is window.call, its events are in window.heard. */
async function call(page: Page, calleeId: string, content = 'come'): Promise<void> {
  await page.evaluate(({ calleeId, content, names }) => {
    const w = window as any;
    w.call = w.client.createLocalInvitation(calleeId);
    w.heard = [];
    for (const name of names) w.call.on(name, (...args: unknown[]) => w.heard.push([name, ...args, w.call.state]));
    w.call.channelId = 'room';
    w.call.content = content;
    w.call.send();
  }, { calleeId, content, names: LOCAL });
}

const heard = (page: Page) => page.evaluate(() => (window as any).heard);

/** The last call that came, as the callee sees it. */
const rung = (page: Page) => page.evaluate(() => {
  const { callerId, callId, content, channelId, response, state } = (window as any).rung.at(-1) ?? {};
  return { callerId, callId, content, channelId, response, state };
});

test('a call is accepted', async ({ openUser, run }) => {
  const [a, b] = [await openUser(`a-${run}`), await openUser(`b-${run}`)];
  await listen(b);
  await call(a, `b-${run}`, 'grüß dich');
  const callId = await a.evaluate(() => (window as any).call.callId);
  await expect.poll(() => rung(b)).toEqual({ callerId: `a-${run}`, callId, content: 'grüß dich', channelId: 'room', response: '', state: 'INVITATION_RECEIVED' });
  await expect.poll(() => heard(a)).toEqual([['LocalInvitationReceivedByPeer', 'RECEIVED_BY_REMOTE']]);
  const state = await b.evaluate(() => {
    const [invitation] = (window as any).rung;
    invitation.response = 'coming';
    invitation.accept();
    return invitation.state;
  });
  expect(state).toBe('ACCEPT_SENT_TO_LOCAL');
  await expect.poll(() => heard(b)).toEqual([['RemoteInvitationAccepted', 'ACCEPTED']]);
  expect((await heard(a)).slice(1)).toEqual([['LocalInvitationAccepted', 'coming', 'ACCEPTED_BY_REMOTE']]);
  expect(await a.evaluate(() => (window as any).call.response)).toBe('coming');
  expect(await b.evaluate(() => (window as any).rung.length)).toBe(1);
});

test('a call is refused, and another called off, each inside the call', async ({ openUser, run }) => {
  const [a, b] = [await openUser(`a-${run}`), await openUser(`b-${run}`, 'cross origin')];
  await listen(b);
  await call(a, `b-${run}`);
  await expect.poll(() => rung(b)).toMatchObject({ state: 'INVITATION_RECEIVED' });
  const refused = await b.evaluate(() => {
    const w = window as any;
    w.rung[0].response = 'busy';
    w.rung[0].refuse();
    return w.heard;
  });
  expect(refused).toEqual([['RemoteInvitationRefused', 'REFUSED']]);
  await expect.poll(() => heard(a)).toEqual([['LocalInvitationReceivedByPeer', 'RECEIVED_BY_REMOTE'], ['LocalInvitationRefused', 'busy', 'REFUSED_BY_REMOTE']]);

  await call(a, `b-${run}`);
  await expect.poll(() => heard(a)).toHaveLength(1);
  const canceled = await a.evaluate(() => {
    const w = window as any;
    w.call.content = 'never mind';
    w.call.cancel();
    return w.heard;
  });
  expect(canceled.at(-1)).toEqual(['LocalInvitationCanceled', 'CANCELED']);
  await expect.poll(async () => (await heard(b)).at(-1)).toEqual(['RemoteInvitationCanceled', 'never mind', 'CANCELED']);
  expect(await rung(b)).toMatchObject({ content: 'never mind' });
});

test('misuse throws, before the core is loaded and after', async ({ openPage, openUser, run }) => {
  const fresh = await openPage();
  await fresh.evaluate(() => ((window as any).client = (window as any).AgoraRTM.createInstance('A0'.repeat(16))));
  for (const page of [fresh, await openUser(`a-${run}`)]) {
    const invalid = { name: 'RtmInvalidArgumentError', code: 1, isError: true };
    const status = (code: number) => ({ name: 'RtmInvalidStatusError', code, isError: true });
    const make = `const i = client.createLocalInvitation('nobody-${run}');`;
    expect(await failure(page, `client.createLocalInvitation('a/b')`)).toMatchObject(invalid);
    expect(await failure(page, `${make} i.response = 'x'`)).toMatchObject(invalid);
    expect(await failure(page, `${make} i.content = 'é'.repeat(4097); i.send()`)).toMatchObject(invalid);
    expect(await failure(page, `${make} i.channelId = '*'; i.send()`)).toMatchObject(invalid);
    expect(await failure(page, `${make} i.cancel()`)).toMatchObject(status(2));
    expect(await failure(page, `${make} i.send(); try { i.send() } finally { i.cancel() }`)).toMatchObject(status(5));
    expect(await failure(page, `${make} i.send(); i.cancel(); i.cancel()`)).toMatchObject(status(3));
  }
});

test('nobody is logged in: the invitation fails, later', async ({ openPage }) => {
  const page = await openPage();
  await page.evaluate(() => ((window as any).client = (window as any).AgoraRTM.createInstance('A0'.repeat(16))));
  await call(page, 'bob');
  await expect.poll(() => heard(page)).toEqual([['LocalInvitationFailure', 'NOT_LOGGEDIN', 'FAILURE']]);
});

test('the callee comes online while the caller tries; a logout ends the call', async ({ openUser, openPage, run }) => {
  const [a, b] = [await openUser(`a-${run}`), await openPage()];
  await b.evaluate(async () => {
    const w = window as any;
    await w.AgoraRTM.preload(); // the caller tries for 30 s
    w.client = w.AgoraRTM.createInstance('A0'.repeat(16), { logFilter: w.AgoraRTM.LOG_FILTER_ERROR });
  });
  await listen(b);
  await call(a, `b-${run}`);
  expect(await heard(a)).toEqual([]);
  await b.evaluate((uid) => (window as any).client.login({ uid }), `b-${run}`);
  await expect.poll(() => heard(a)).toEqual([['LocalInvitationReceivedByPeer', 'RECEIVED_BY_REMOTE']]);
  await expect.poll(() => rung(b)).toMatchObject({ callerId: `a-${run}` });
  const inside = await b.evaluate(() => {
    (window as any).client.logoutSync();
    return (window as any).heard;
  });
  expect(inside).toEqual([['RemoteInvitationFailure', 'UNKNOWN', 'FAILURE']]);
  await a.evaluate(() => (window as any).client.logout());
  expect((await heard(a)).at(-1)).toEqual(['LocalInvitationFailure', 'NOT_LOGGEDIN', 'FAILURE']);
});

test('a call goes on over a broken connection', async ({ openUser, run }) => {
  const [a, b] = [await openUser(`a-${run}`), await openUser(`b-${run}`)];
  await listen(b);
  await call(a, `b-${run}`);
  await expect.poll(() => heard(a)).toHaveLength(1);
  await a.context().setOffline(true);
  const gone = (page: Page) => expect.poll(() => page.evaluate(() => (window as any).client.connectionState)).toBe('RECONNECTING');
  await Promise.all([gone(a), gone(b)]);
  await call(a, `b-${run}`, 'second');
  await a.context().setOffline(false);
  await expect.poll(() => rung(b)).toMatchObject({ content: 'second' });
  await b.evaluate(() => (window as any).rung.forEach((invitation: any) => invitation.accept()));
  await expect.poll(() => heard(b)).toEqual([['RemoteInvitationAccepted', 'ACCEPTED'], ['RemoteInvitationAccepted', 'ACCEPTED']]);
  expect(await b.evaluate(() => (window as any).rung.length)).toBe(2);
});
