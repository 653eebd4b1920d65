// Emptying the outbox: nothing of the user stays in the browser, and nothing that can be removed stays at the gateway.
import type { Page } from '@playwright/test';
import { arrived, left, loginAgain, open, send, toRemove } from './support/outbox.ts';
import { appId, expect, login, openBlank, test } from './support/test.ts';

const clear = (page: Page) => page.evaluate(() => (window as any).outbox.clear() as Promise<void>);

/** The changes that a page was told of, from now on. */
const changesSince = async (page: Page) => {
  await page.evaluate(() => void ((window as any).changes.length = 0));
  return () => page.evaluate(() => (window as any).changes.map(([name, , state]: any) => `${name} ${state}`));
};

/** The id of a user of whom the browser knows what to remove at the gateway. */
const toRemoveOf = async (page: Page, uid: string) => ((await toRemove(page)) as { account: string }[]).filter(({ account }) => account.endsWith(` ${uid}`));

test('clear removes all items in any state, and their uploads at the gateway', { tag: '@everywhere' }, async ({ openUser, openSlowUser, gateway, net, run }) => {
  const bob = await openUser(`bob-${run}`);
  const page = await openSlowUser(`eve-${run}`);
  const before = gateway.uploads();
  await open(page);
  await page.evaluate(() => (window as any).client.logout());
  await send(page, { peerId: `bob-${run}` }, 'of eve');
  await loginAgain(page, `ada-${run}`);

  await send(page, { channelId: `not joined ${run}` }, 'waits');
  await send(page, { peerId: `bob-${run}` }, 'x'.repeat(40_000));
  await expect.poll(() => left(page)).toEqual(['WAITING', 'FAILED']);
  const stopped = net.holdUploads(2_000_000);
  await send(page, { peerId: `bob-${run}` }, 16_000_000, 'behind it');
  await stopped;
  expect(await left(page)).toEqual(['WAITING', 'FAILED', 'UPLOADING', 'WAITING']);
  expect(gateway.uploads().filter((name) => !before.includes(name))).toHaveLength(1);
  const changes = await changesSince(page);

  await page.evaluate((to) => {
    const { outbox } = window as any;
    void outbox.send(to, { text: 'just before' }); // it is being stored
  }, { peerId: `bob-${run}` });
  const clearing = clear(page);
  net.release();
  await clearing;
  expect(await left(page)).toEqual([]);
  await expect.poll(() => gateway.uploads().filter((name) => !before.includes(name)), 'the gateway has removed it').toEqual([]);
  expect(await toRemoveOf(page, `ada-${run}`)).toEqual([]);
  const told = (await changes()).filter((change: string) => change.startsWith('ItemRemoved')).sort();
  expect(told.filter((change: string) => change !== 'ItemRemoved WAITING')).toEqual(['ItemRemoved FAILED', 'ItemRemoved UPLOADING']);
  expect(told.filter((change: string) => change === 'ItemRemoved WAITING').length).toBeGreaterThanOrEqual(2);

  await send(page, { peerId: `bob-${run}` }, 'later');
  await expect.poll(() => arrived(bob)).toEqual(['later']);
  await page.evaluate(() => (window as any).client.logout());
  await loginAgain(page, `eve-${run}`);
  await expect.poll(() => arrived(bob), 'what another user has is still there').toEqual(['later', 'of eve']);
});

test('clear without a connection leaves nothing in the browser, also no note of what is to be removed at the gateway', { tag: '@everywhere' }, async ({ openUser, openSlowUser, net, run }) => {
  const bob = await openUser(`bob-${run}`);
  const ada = await openSlowUser(`ada-${run}`);
  await open(ada);
  const stopped = net.holdUploads(2_000_000);
  await send(ada, { peerId: `bob-${run}` }, 16_000_000, 12_000_000);
  await stopped;
  await ada.evaluate(async () => {
    const { client, outbox } = window as any;
    client.logoutSync();
    await (await outbox.list())[0].remove();
  });
  expect(await toRemoveOf(ada, `ada-${run}`)).toHaveLength(1);
  await clear(ada);
  expect(await toRemoveOf(ada, `ada-${run}`)).toEqual([]);
  expect(await left(ada)).toEqual([]);
  net.release();
  await openBlank(ada, net.url);
  await login(ada, `ada-${run}`);
  await open(ada);
  await send(ada, { peerId: `bob-${run}` }, 'later');
  await expect.poll(() => arrived(bob)).toEqual(['later']);
});

test('clear in one page ends the upload of another, which has the gateway remove it', { tag: '@everywhere' }, async ({ context, engine, openUser, gateway, net, run }) => {
  test.skip(engine === 'webkit', 'two pages of one WebKit do not both answer its driver');
  const bob = await openUser(`bob-${run}`);
  const [first, second] = await Promise.all([0, 1].map(() => context.newPage()));
  const before = gateway.uploads();
  const ours = () => gateway.uploads().filter((name) => !before.includes(name));
  for (const page of [first, second]) {
    await openBlank(page, net.url);
    await login(page, `ada-${run}`); // the gateway logs the first out
    await open(page);
  }
  await expect.poll(() => first.evaluate(() => (window as any).client.connectionState)).toBe('ABORTED');
  const stopped = net.holdUploads(2_000_000);
  await send(second, { peerId: `bob-${run}` }, 16_000_000, 'behind it');
  await stopped;
  expect(ours()).toHaveLength(1);
  const changes = await changesSince(second);
  await clear(first);
  expect(await left(first)).toEqual([]);
  expect(await toRemoveOf(first, `ada-${run}`)).toEqual([]);
  await expect.poll(changes).toEqual(['ItemRemoved UPLOADING', 'ItemRemoved WAITING']);
  net.release();
  await expect.poll(ours, 'the gateway has removed it').toEqual([]);
  await send(first, { peerId: `bob-${run}` }, 'later');
  await expect.poll(() => arrived(bob)).toEqual(['later']);
});

test('clear before the first login says so', { tag: '@everywhere' }, async ({ openPage }) => {
  const page = await openPage();
  await page.addScriptTag({ url: '/sdk/outbox.js' });
  const error = await page.evaluate((app) => {
    const { AgoraRTM } = window as any;
    return AgoraRTM.openOutbox(AgoraRTM.createInstance(app)).clear().catch((e: any) => `${e.name} ${e.code}`);
  }, appId);
  expect(error).toBe('RtmInvalidStatusError 4');
});
