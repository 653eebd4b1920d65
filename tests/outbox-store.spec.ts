// The outbox where the browser's storage is forbidden, slow, silent or of another version.
import type { Page } from '@playwright/test';
import { arrived, holdWrite, isHeld, left, letGo, loginAgain, open, send } from './support/outbox.ts';
import { events, expect, test } from './support/test.ts';

/** What send, list and clear come to: "done", or the error. */
const outcomes = (page: Page) => page.evaluate(async () => {
  const { outbox } = window as any;
  const all = await Promise.allSettled([outbox.send({ peerId: 'bob' }, { text: 'x' }), outbox.list(), outbox.clear()]);
  return all.map(({ reason }: any) => (reason ? `${reason.name} ${reason.code}` : 'done'));
});

const works = ['done', 'done', 'done'];
const unavailable = works.map(() => 'RtmUnavailableError 1');

test('where IndexedDB is forbidden, and works again later', { tag: '@everywhere' }, async ({ openUser, run }) => {
  const ada = await openUser(`ada-${run}`);
  await ada.evaluate(() => {
    const w = window as any;
    w.open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };
  });
  await open(ada);
  expect(await outcomes(ada)).toEqual(unavailable);
  await ada.evaluate(() => (IDBFactory.prototype.open = (window as any).open));
  expect(await outcomes(ada)).toEqual(works);
});

/** Has waits of 20 s end at once, or when endWait is called; window.blocked tells of what is opened that it is blocked. Those of the SDK's connection are not of that length. */
function shortenWaits(page: Page, when: 'at once' | 'when told'): Promise<void> {
  return page.evaluate((when) => {
    const w = window as any;
    const { setTimeout } = window;
    const { open } = IDBFactory.prototype;
    window.setTimeout = ((f: () => void, ms: number) => {
      if (ms === 20_000) w.endWait = f;
      return setTimeout(f, ms === 20_000 && when === 'at once' ? 0 : ms);
    }) as typeof setTimeout;
    IDBFactory.prototype.open = function (...args) {
      const request = open.apply(this, args);
      request.addEventListener('blocked', () => setTimeout(() => (w.blocked = true)));
      return request;
    };
    w.waitAgain = () => {
      window.setTimeout = setTimeout;
      IDBFactory.prototype.open = open;
    };
  }, when);
}

/** Ends shortenWaits. */
const waitAgain = (page: Page) => page.evaluate(() => (window as any).waitAgain());

test('where IndexedDB does not answer, and does later', { tag: '@everywhere' }, async ({ openUser, run }) => {
  const ada = await openUser(`ada-${run}`);
  await shortenWaits(ada, 'at once');
  await ada.evaluate(() => {
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
  });
  await open(ada);
  expect(await outcomes(ada)).toEqual(unavailable);
  await waitAgain(ada);
  expect(await outcomes(ada)).toEqual(works);
});

test('where another tab keeps the database of an earlier or a later version', { tag: '@everywhere' }, async ({ openUser, run }) => {
  const ada = await openUser(`ada-${run}`);
  const hold = (version: number) => ada.evaluate((version) => new Promise<void>((resolve, reject) => {
    const request = indexedDB.open('rtm-outbox', version);
    request.onupgradeneeded = () => {
      if (version > 2) return;
      request.result.createObjectStore('items', { keyPath: 'id', autoIncrement: true }).createIndex('account', 'account');
      request.result.createObjectStore('counters');
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      (window as any).database = request.result;
      resolve();
    };
  }), version);
  const error = () => ada.evaluate(() => (window as any).outbox.send({ peerId: 'bob' }, { text: 'x' }).then(() => 'done', (e: Error) => e.message));
  await ada.evaluate(() => new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase('rtm-outbox'); // in WebKit pages of other tests were here
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  }));
  await hold(1);
  await shortenWaits(ada, 'when told');
  await open(ada);
  const refused = error();
  await expect.poll(() => ada.evaluate(() => (window as any).blocked)).toBe(true);
  await ada.evaluate(() => (window as any).endWait());
  expect(await refused).toContain('close or reload it');
  await ada.evaluate(() => (window as any).database.close());
  await waitAgain(ada);
  expect(await outcomes(ada)).toEqual(works);
  await hold(3);
  expect(await error()).toContain('reload the page');
  await ada.evaluate(() => {
    (window as any).database.close();
    indexedDB.deleteDatabase('rtm-outbox');
  });
});

test('an item of a user who logs out while it is written is not shown to the next', async ({ openUser, run }) => {
  const page = await openUser(`ada-${run}`);
  const bob = await openUser(`bob-${run}`);
  await open(page);
  await holdWrite(page, 'add', 'items');
  const sent = send(page, { peerId: `bob-${run}` }, 'of ada');
  await expect.poll(() => isHeld(page)).toBe(true);
  await page.evaluate(() => (window as any).client.logout());
  await loginAgain(page, `eve-${run}`);
  await letGo(page);
  await sent;
  expect(await left(page)).toEqual([]);
  expect(await page.evaluate(() => (window as any).changes), 'eve sees nothing of it').toEqual([]);
  await page.evaluate(() => (window as any).client.logout());
  await loginAgain(page, `ada-${run}`);
  await expect.poll(() => arrived(bob)).toEqual(['of ada']);
});

test('a message of a user who logs out while its number is written is not sent by the next', async ({ openUser, run }) => {
  const page = await openUser(`ada-${run}`);
  const bob = await openUser(`bob-${run}`);
  await open(page);
  await holdWrite(page, 'put', 'counters');
  await send(page, { peerId: `bob-${run}` }, 'of ada');
  await expect.poll(() => isHeld(page)).toBe(true);
  await page.evaluate(() => (window as any).client.logout());
  await loginAgain(page, `eve-${run}`);
  await letGo(page);
  await send(page, { peerId: `bob-${run}` }, 'of eve');
  await expect.poll(() => arrived(bob)).toContain('of eve');
  await page.evaluate(() => (window as any).client.logout());
  await loginAgain(page, `ada-${run}`);
  await expect.poll(() => arrived(bob)).toHaveLength(2);
  const senders = (await events(bob, 'MessageFromPeer')).map(([message, peerId]) => `${message.text} by ${peerId}`);
  expect(senders).toEqual([`of eve by eve-${run}`, `of ada by ada-${run}`]);
});

test('a send that the end of the client interrupts says so', async ({ openUser, run }) => {
  const ada = await openUser(`ada-${run}`);
  await open(ada);
  const error = await ada.evaluate(async () => {
    const { client, outbox } = window as any;
    await outbox.list();
    const sent = outbox.send({ peerId: 'bob' }, { text: 'x' }).catch((e: any) => `${e.name} ${e.code}`);
    await client.destroy();
    return sent;
  });
  expect(error).toBe('RtmInvalidStatusError 4');
});
