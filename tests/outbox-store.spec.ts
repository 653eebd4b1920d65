// The outbox where the browser's storage is forbidden, slow, silent or of another version.
import type { Page } from '@playwright/test';
import { arrived, holdWrite, isHeld, left, letGo, loginAgain, open, send } from './support/outbox.ts';
import { events, expect, test } from './support/test.ts';

/** What send and list come to: "done", or the error. */
const outcomes = (page: Page) => page.evaluate(async () => {
  const { outbox } = window as any;
  const all = await Promise.allSettled([outbox.send({ peerId: 'bob' }, { text: 'x' }), outbox.list()]);
  return all.map(({ reason }: any) => (reason ? `${reason.name} ${reason.code}` : 'done'));
});

const unavailable = ['RtmUnavailableError 1', 'RtmUnavailableError 1'];

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
  expect(await outcomes(ada)).toEqual(['done', 'done']);
});

/** Makes waits of 20 s as short as 0.2 s; those of the SDK's connection are not of that length. */
function shortenWaits(page: Page): Promise<void> {
  return page.evaluate(() => {
    const { setTimeout } = window;
    window.setTimeout = ((f: () => void, ms: number) => setTimeout(f, ms === 20_000 ? 200 : ms)) as typeof setTimeout;
  });
}

test('where IndexedDB does not answer, and does later', { tag: '@everywhere' }, async ({ openUser, run }) => {
  const ada = await openUser(`ada-${run}`);
  await shortenWaits(ada);
  await ada.evaluate(() => {
    const w = window as any;
    w.open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
  });
  await open(ada);
  expect(await outcomes(ada)).toEqual(unavailable);
  await ada.evaluate(() => (IDBFactory.prototype.open = (window as any).open));
  expect(await outcomes(ada)).toEqual(['done', 'done']);
});

test('where another tab keeps the database of an earlier or a later version', { tag: '@everywhere' }, async ({ openUser, run }) => {
  const ada = await openUser(`ada-${run}`);
  await shortenWaits(ada);
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
  await open(ada);
  expect(await error()).toContain('close or reload it');
  await ada.evaluate(() => (window as any).database.close());
  expect(await outcomes(ada)).toEqual(['done', 'done']);
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
