// What canceled and removed items have left at the gateway is removed there.
import type { Page } from '@playwright/test';
import { arrived, holdWrite, isHeld, left, letGo, loginAgain, open, send, toRemove } from './support/outbox.ts';
import type { Slow } from './support/slow.ts';
import { appId, expect, login, openBlank, test } from './support/test.ts';

test('what an item has left at the gateway is removed with it, also by a later page', { tag: '@everywhere' }, async ({ openSlowUser, gateway, net, run }) => {
  const ada = await openSlowUser(`ada-${run}`);
  const before = gateway.uploads();
  const ours = () => gateway.uploads().filter((name) => !before.includes(name));
  await leaveUploads(ada, net, `ada-${run}`);
  expect(ours()).toHaveLength(2);

  await login(ada, `ada-${run}`);
  await open(ada);
  await expect.poll(ours, 'both are removed').toEqual([]);
  expect(await left(ada)).toEqual(['FAILED']);
  await expect.poll(() => toRemove(ada), 'and nothing is kept of them').toEqual([]);
});

test('each upload is removed once, however often the outbox is used meanwhile', async ({ openSlowUser, gateway, net, run }) => {
  const ada = await openSlowUser(`ada-${run}`);
  const before = gateway.uploads();
  await leaveUploads(ada, net, `ada-${run}`);
  const { length } = await toRemove(ada);
  const removals = await holdRemovals(ada);
  await login(ada, `ada-${run}`);
  await open(ada);
  await expect.poll(() => removals.asked).toBe(length);
  for (let i = 0; i < 5; i++) await left(ada);
  await send(ada, { channelId: 'not joined' }, 'one', 'two');
  for (let i = 0; i < 5; i++) await left(ada);
  removals.release();
  await expect.poll(() => toRemove(ada)).toEqual([]);
  expect(gateway.uploads().filter((name) => !before.includes(name))).toEqual([]);
  expect(removals.asked).toBe(length);
});

test('uploads are removed four at a time, one by one or with all of the outbox', async ({ openUser, run }) => {
  const ada = await openUser(`ada-${run}`);
  await open(ada);
  await ada.evaluate(() => (window as any).client.logout());
  await send(ada, { peerId: 'bob' }, ...Array.from({ length: 6 }, (_, i) => 1000 + i));
  await ada.evaluate(async () => { // each is then another upload, and its former one is to be removed
    for (const item of await (window as any).outbox.list()) await item.cancel();
  });
  expect(await toRemove(ada)).toHaveLength(6);

  const ofItems = await holdRemovals(ada);
  await loginAgain(ada, `ada-${run}`);
  await expect.poll(() => ofItems.asked).toBe(4);
  await left(ada);
  expect(ofItems.asked, 'the others have to wait').toBe(4);
  ofItems.release();
  await expect.poll(() => toRemove(ada)).toEqual([]);
  expect(ofItems.asked).toBe(6);

  const ofAll = await holdRemovals(ada);
  const cleared = ada.evaluate(() => (window as any).outbox.clear());
  await expect.poll(() => ofAll.asked).toBe(4);
  await left(ada);
  expect(ofAll.asked, 'the others have to wait').toBe(4);
  ofAll.release();
  await cleared;
  await expect.poll(() => ofAll.asked).toBe(6);
});

test('uploads of one user are not looked for in the session of another', async ({ openUser, openSlowUser, gateway, net, run }) => {
  const bob = await openUser(`bob-${run}`);
  const page = await openSlowUser(`ada-${run}`);
  const before = gateway.uploads();
  const ours = () => gateway.uploads().filter((name) => !before.includes(name));
  await leaveUploads(page, net, `ada-${run}`);
  await login(page, `ada-${run}`);
  await holdWrite(page, 'delete', 'removals');
  await open(page);
  await expect.poll(() => isHeld(page), 'the first is removed').toBe(true);
  await page.evaluate(() => (window as any).client.logout());
  await loginAgain(page, `eve-${run}`);
  await letGo(page);
  await send(page, { peerId: `bob-${run}` }, 'of eve');
  await expect.poll(() => arrived(bob)).toEqual(['of eve']);
  await page.evaluate(() => (window as any).client.logout());
  await loginAgain(page, `ada-${run}`);
  await expect.poll(() => toRemove(page)).toEqual([]);
  await expect.poll(ours, 'the second, too').toEqual([]);
});

/** Has a page's requests to remove uploads wait until release, and counts them. */
async function holdRemovals(page: Page): Promise<{ asked: number; release(): void }> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const removals = { asked: 0, release };
  await page.route('**/media/', async (route) => {
    if (route.request().method() !== 'DELETE') return route.fallback();
    removals.asked++;
    await released;
    await route.continue();
  });
  return removals;
}

/** Begins two uploads and leaves the page. A later one cancels and removes them while it is not connected, and the page is then blank. */
async function leaveUploads(page: Page, net: Slow, uid: string): Promise<void> {
  await open(page);
  for (const size of [16_000_000, 12_000_000]) {
    const stopped = net.holdUploads(2_000_000);
    await send(page, { peerId: 'bob' }, size);
    await stopped;
  }
  await page.goto('about:blank');
  net.release();
  await openBlank(page, net.url);
  await page.addScriptTag({ url: `${net.url}/sdk/outbox.js` });
  await page.evaluate(async ({ app, uid }) => {
    const { AgoraRTM } = window as any;
    const client = AgoraRTM.createInstance(app);
    const outbox = AgoraRTM.openOutbox(client);
    client.login({ uid }).catch(() => {});
    client.logoutSync(); // it knows the user, and is not connected
    const [canceled, removed] = await outbox.list();
    await canceled.cancel();
    await removed.remove();
    await canceled.retry(); // as another upload
    await canceled.cancel();
  }, { app: appId, uid });
  await openBlank(page, net.url);
}
