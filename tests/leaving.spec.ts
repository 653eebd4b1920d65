import type { Page } from '@playwright/test';
import { test, expect, join, events, atOnce } from './support/test.ts';

/** What pages do when they go. Nothing after the first await may be needed. */
const BOTH = 'channel.leave(); client.logout();';
const GOODBYES = [BOTH, 'await channel.leave(); await client.logout();', 'client.logout();', 'client.logoutSync();', 'channel.leave();'];

type Exit = (page: Page, elsewhere: string) => Promise<unknown>;

/** How pages go. */
const closed: Exit = (page) => Promise.all([page.waitForEvent('close'), page.close({ runBeforeUnload: true })]);
const away: Exit = (page, elsewhere) => page.goto(elsewhere);
const blank: Exit = (page) => page.goto('about:blank');
const reloaded: Exit = (page) => page.reload();

for (const [event, goodbye, exits] of [
  ...GOODBYES.map((goodbye) => ['beforeunload', goodbye, [closed, away]] as const),
  ['pagehide', 'client.logoutSync();', [closed, away]] as const,
  ['pagehide', BOTH, [blank, reloaded]] as const,
]) {
  test(`a page that goes with ${goodbye} in ${event} is gone at once`, async ({ openUser, site, run }) => {
    site.pages.set('/elsewhere.html', { body: '<!doctype html><title>elsewhere</title>' });
    const elsewhere = `${site.url}/elsewhere.html`.replace('127.0.0.1', 'localhost'); // another site, in another process
    const watcher = await openUser(`w-${run}`);
    await join(watcher, `room-${run}`);
    for (const [n, exit] of exits.entries()) {
      const uid = `u${n}-${run}`;
      const page = await openUser(uid);
      await join(page, `room-${run}`);
      await expect.poll(() => events(watcher, 'MemberJoined')).toContainEqual([uid]);
      await page.evaluate(({ event, goodbye }) => {
        const go = new Function('client', 'channel', `return (async () => { ${goodbye} })()`);
        addEventListener(event, () => void go((window as any).client, (window as any).channel));
      }, { event, goodbye });
      await exit(page, elsewhere);
      // At once, on a loaded machine; without a word it would take 30 s.
      await expect.poll(() => events(watcher, 'MemberLeft'), atOnce).toContainEqual([uid]);
    }
  });
}

/** All in one task, as an app does that gives up in the moment it gets in. */
test('a logout right after the login, and a leave right after the join', async ({ openUser, openPage, run }) => {
  const watcher = await openUser(`w-${run}`);
  await join(watcher, `room-${run}`);
  const page = await openPage();
  const states = await page.evaluate(async (run) => {
    const w = window as any;
    await w.AgoraRTM.preload();
    const client = w.AgoraRTM.createInstance('A0'.repeat(16), { logFilter: w.AgoraRTM.LOG_FILTER_ERROR });
    const channel = client.createChannel(`room-${run}`);
    const out: string[][] = [];
    client.on('ConnectionStateChanged', (...args: string[]) => out.push(args));
    await client.login({ uid: `u-${run}` });
    const joined = channel.join();
    const left = channel.leave();
    const loggedOut = client.logout();
    await Promise.allSettled([joined, left, loggedOut]);
    return [...out, [channel.joinState]];
  }, run);
  expect(states).toEqual([['CONNECTING', 'LOGIN'], ['CONNECTED', 'LOGIN_SUCCESS'], ['DISCONNECTED', 'LOGOUT'], ['LEFT']]);

  await page.evaluate(async (run) => {
    const w = window as any;
    w.client = w.AgoraRTM.createInstance('A0'.repeat(16), { logFilter: w.AgoraRTM.LOG_FILTER_ERROR });
    await w.client.login({ uid: `v-${run}` });
    w.channel = w.client.createChannel(`room-${run}`);
    addEventListener('beforeunload', () => {
      w.channel.leave();
      w.client.logout();
    });
    await w.channel.join();
    location.href = 'about:blank'; // at once
  }, run).catch(() => {}); // the page may be gone before it answers
  await expect.poll(() => events(watcher, 'MemberLeft'), atOnce).toContainEqual([`v-${run}`]);
  const members: string[] = await watcher.evaluate(() => (window as any).channel.getMembers());
  expect(members).toEqual([`w-${run}`]);
});
