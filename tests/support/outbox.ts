// The outbox of a page, as tests use it.
import { expect, type Page } from '@playwright/test';
import { events } from './test.ts';

/** Opens the outbox on a page whose client is window.client: window.outbox, and its events in window.changes. */
export async function open(page: Page): Promise<void> {
  await page.addScriptTag({ url: '/sdk/outbox.js' });
  await page.evaluate(() => {
    const w = window as any;
    w.outbox = w.AgoraRTM.openOutbox(w.client);
    w.changes = [];
    for (const name of ['ItemAdded', 'ItemChanged', 'ItemRemoved']) w.outbox.on(name, (item: any) => w.changes.push([name, item.id, item.state]));
  });
}

/** Sends texts and files of so many bytes to a peer, and does not wait between them; resolves when all are kept. */
export function send(page: Page, to: object, ...contents: (string | number)[]): Promise<void> {
  return page.evaluate(async ({ to, contents }) => {
    await Promise.all(contents.map((content) => (typeof content === 'string' ? (window as any).outbox.send(to, { text: content })
      : (window as any).outbox.send(to, new Blob([new Uint8Array(content).fill(7)]), { messageType: 'FILE', fileName: `${content}` }))));
  }, { to, contents });
}

/** What arrived at a page so far, each as its text or file name. */
export async function arrived(page: Page, name = 'MessageFromPeer'): Promise<string[]> {
  return (await events(page, name)).map(([message]) => message.text ?? message.fileName);
}

/** Logs in with the client that the page has, as soon as it may: logins may not follow faster than twice a second. */
export const loginAgain = (page: Page, uid: string) => expect.poll(() =>
  page.evaluate((uid) => (window as any).client.login({ uid }).then(() => true, () => false), uid)).toBe(true);

/** The states of the items that are left. */
export const left = (page: Page) => page.evaluate(async () => (await (window as any).outbox.list()).map(({ state }: any) => state));

/** What a page's outbox keeps of uploads that the gateway is to forget. */
export const toRemove = (page: Page) => page.evaluate(() => new Promise<unknown[]>((resolve, reject) => {
  const request = indexedDB.open('rtm-outbox');
  request.onerror = () => reject(request.error);
  request.onsuccess = () => {
    const all = request.result.transaction('removals').objectStore('removals').getAll();
    all.onsuccess = () => (request.result.close(), resolve(all.result));
  };
}));

/**
 * Has a page's next write to a store of IndexedDB end only with letGo: window.held tells that it has begun. Meanwhile
 * all that reads or writes the database waits.
 */
export function holdWrite(page: Page, method: 'add' | 'put' | 'delete', store: string): Promise<void> {
  return page.evaluate(({ method, store }) => {
    const w = window as any;
    const { [method]: original } = IDBObjectStore.prototype as any;
    w.held = false;
    w.letGo = false;
    IDBObjectStore.prototype[method] = function (this: IDBObjectStore, ...args: unknown[]) {
      const request = original.apply(this, args);
      if (this.name !== store) return request;
      w.held = true;
      IDBObjectStore.prototype[method] = original;
      const goOn = () => !w.letGo && (this.count().onsuccess = goOn); // a transaction lasts as long as it has requests
      goOn();
      return request;
    } as any;
  }, { method, store });
}

/** Ends holdWrite. */
export const letGo = (page: Page) => page.evaluate(() => void ((window as any).letGo = true));

/** Whether the write of holdWrite has begun. */
export const isHeld = (page: Page) => page.evaluate(() => (window as any).held as boolean);
