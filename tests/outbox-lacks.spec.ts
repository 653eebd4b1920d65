// The outbox in browsers that lack something of what it uses.
import type { Page } from '@playwright/test';
import { arrived, left, open, send } from './support/outbox.ts';
import { expect, login, test } from './support/test.ts';

/** What some browsers lack, taken away before the script is loaded. */
const lacks: Record<string, () => void> = {
  'Web Locks': () => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }),
  'BroadcastChannel': () => Object.defineProperty(window, 'BroadcastChannel', { value: undefined }),
  'Blobs in IndexedDB, which refuses them': () => {
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function (value, ...key) {
      if (value.payload instanceof Blob) throw new DOMException('BlobURLs are not yet supported', 'DataCloneError');
      return add.call(this, value, ...key);
    };
  },
  'Blobs in IndexedDB, which fails with them': () => {
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function (value, ...key) {
      const request = add.call(this, value, ...key);
      if (value.payload instanceof Blob) this.transaction.abort();
      return request;
    };
  },
};

for (const [lack, take] of Object.entries(lacks))
  test(`without ${lack}: what two pages are given arrives once, also after a reload in the middle of an upload`, { tag: '@everywhere' }, async ({ context, engine, openUser, net, run }) => {
    test.skip(engine === 'webkit', 'two pages of one WebKit do not both answer its driver');
    const bob = await openUser(`bob-${run}`);
    const [first, second] = await Promise.all([0, 1].map(() => context.newPage()));
    /** Loads a page that lacks it, and logs in there. */
    const enter = async (page: Page) => {
      await page.goto(`${net.url}/healthz`);
      await page.evaluate(take);
      await page.addScriptTag({ url: `${net.url}/sdk/rtm.js` });
      await login(page, `ada-${run}`);
      await open(page);
    };
    const to = { peerId: `bob-${run}` };
    await enter(first);
    const stopped = net.holdUploads(2_000_000);
    await send(first, to, 'one', 6_000_000, 'two');
    await stopped;
    const stoppedAgain = net.holdUploads(1_000_000);
    await enter(second); // the gateway logs the first out
    await send(first, to, 'of the first');
    await stoppedAgain;
    await second.goto('about:blank');
    net.release();
    await enter(second);
    await send(second, to, 'last');
    await expect.poll(() => arrived(bob)).toEqual(['one', '6000000', 'two', 'of the first', 'last']);
    await expect.poll(() => left(second)).toEqual([]);
  });
