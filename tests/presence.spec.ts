import type { Page } from '@playwright/test';
import { Front } from './support/front.ts';
import { test, expect, events, failure, join } from './support/test.ts';

/** Collects the client's presence events in window.log. */
async function listen(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { client, log } = window as any;
    client.on('PeersOnlineStatusChanged', (map: unknown) => log.push(['PeersOnlineStatusChanged', map]));
  });
}

const news = (page: Page) => events(page, 'PeersOnlineStatusChanged');

/** The same, without UNREACHABLE and the ONLINE after it: of pages that stood still for 6 s on a busy machine. */
async function changes(page: Page): Promise<any[][]> {
  const still = new Set<string>();
  return (await news(page)).filter(([map]) => {
    const [[uid, state], ...others] = Object.entries(map) as [[string, string], ...unknown[]];
    if (others.length) return true;
    if (state === 'UNREACHABLE') return void still.add(uid);
    return !still.delete(uid) || state !== 'ONLINE';
  });
}

test('subscribed peers are told of: all at first, then each change; until unsubscribed', async ({ openUser, run }) => {
  const [a, b, c] = [`a-${run}`, `b-${run}`, `c-${run}`];
  const page = await openUser(a);
  const other = await openUser(b);
  await listen(page);
  expect(await page.evaluate((ids) => (window as any).client.queryPeersOnlineStatus(ids), [a, b, c])).toEqual({ [a]: true, [b]: true, [c]: false });
  const order = await page.evaluate(async (ids) => {
    const { client } = window as any;
    const order: string[] = [];
    const told = new Promise((resolve) => client.once('PeersOnlineStatusChanged', () => resolve(order.push('told'))));
    await client.subscribePeersOnlineStatus(ids);
    order.push('resolved');
    await told;
    return order;
  }, [b, c]);
  expect(order).toEqual(['resolved', 'told']);
  expect(await changes(page)).toEqual([[{ [b]: 'ONLINE', [c]: 'OFFLINE' }]]);
  expect((await page.evaluate(() => (window as any).client.queryPeersBySubscriptionOption('ONLINE_STATUS'))).sort()).toEqual([b, c]);

  const third = await openUser(c);
  await expect.poll(async () => (await changes(page)).slice(1)).toEqual([[{ [c]: 'ONLINE' }]]);
  await other.evaluate(() => (window as any).client.logout());
  await expect.poll(async () => (await changes(page)).slice(2)).toEqual([[{ [b]: 'OFFLINE' }]]);
  await page.evaluate((ids) => (window as any).client.queryPeersOnlineStatus(ids), [b]);
  await expect.poll(async () => (await changes(page)).slice(3)).toEqual([[{ [b]: 'OFFLINE' }]]); // a query tells, changed or not

  await page.evaluate((ids) => (window as any).client.unsubscribePeersOnlineStatus(ids), [c]);
  await third.evaluate(() => (window as any).client.logout());
  await expect.poll(() => page.evaluate((id) => (window as any).client.queryPeersOnlineStatus([id]), c), { intervals: [1000] }).toEqual({ [c]: false });
  expect((await changes(page)).length).toBe(4);
});

test('a page that hangs becomes UNREACHABLE, and ONLINE when it goes on', async ({ openUser, run }) => {
  const watcher = await openUser(`w-${run}`);
  const hanging = await openUser(`b-${run}`);
  await listen(watcher);
  await watcher.evaluate((id) => (window as any).client.subscribePeersOnlineStatus([id]), `b-${run}`);
  const front = await new Front().start();
  try {
    const asked = new Promise<() => void>((resolve) => front.mount('/', {
      answer: (_, res) => resolve(() => res.writeHead(200, { 'access-control-allow-origin': '*' }).end()),
    }));
    const hung = hanging.evaluate((url) => { // until there is an answer
      const request = new XMLHttpRequest();
      request.open('GET', url, false);
      request.send();
    }, front.url);
    const goOn = await asked;
    const states = async () => (await news(watcher)).map(([map]) => map[`b-${run}`]);
    await expect.poll(states).toEqual(['ONLINE', 'UNREACHABLE']);
    expect(await watcher.evaluate((id) => (window as any).client.queryPeersOnlineStatus([id]), `b-${run}`)).toEqual({ [`b-${run}`]: true });
    goOn();
    await hung;
    await expect.poll(states).toEqual(['ONLINE', 'UNREACHABLE', 'ONLINE']);
  } finally {
    await front.stop();
  }
});

test('members of any channel are counted', async ({ openUser, run }) => {
  const [a, b] = [await openUser(`a-${run}`), await openUser(`b-${run}`)];
  await join(b, `room-${run}`);
  const ids = [`room-${run}`, `nowhere-${run}`];
  expect(await a.evaluate((ids) => (window as any).client.getChannelMemberCount(ids), ids)).toEqual({ [ids[0]!]: 1, [ids[1]!]: 0 });
  expect(await a.evaluate(() => (window as any).client.getChannelMemberCount(['x'])), 'once in a second: it waits').toEqual({ x: 0 });
});

test('presence and counts refuse in the order of the checks', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`);
  for (const [body, name, code] of [
    [`await client.queryPeersOnlineStatus('x')`, 'RtmInvalidArgumentError', 2],
    [`await client.queryPeersOnlineStatus(Array(257).fill('x'))`, 'RtmInvalidArgumentError', 2],
    [`await client.subscribePeersOnlineStatus([])`, 'RtmInvalidArgumentError', 2],
    [`await client.subscribePeersOnlineStatus(Array.from({ length: 513 }, (_, i) => 'x' + i))`, 'RtmLimitExceededError', 6],
    [`await client.unsubscribePeersOnlineStatus(['a/b'])`, 'RtmInvalidArgumentError', 2],
    [`await client.unsubscribePeersOnlineStatus(Array(513).fill('x'))`, 'RtmLimitExceededError', 6],
    [`await client.queryPeersBySubscriptionOption('OTHER')`, 'RtmInvalidArgumentError', 2],
    [`await client.getChannelMemberCount([7])`, 'RtmInvalidArgumentError', 2],
    [`await client.getChannelMemberCount(Array(33).fill('x'))`, 'RtmInvalidArgumentError', 5],
  ] as const) {
    expect(await failure(page, body), body).toMatchObject({ name, code, isError: true });
  }
  await page.evaluate(() => (window as any).client.logout());
  for (const method of ['queryPeersOnlineStatus', 'subscribePeersOnlineStatus', 'unsubscribePeersOnlineStatus', 'queryPeersBySubscriptionOption', 'getChannelMemberCount']) {
    expect(await failure(page, `await client.${method}()`), method).toMatchObject({ name: 'RtmInvalidStatusError', code: 102 });
  }
});
