// The outbox: what was given to it arrives once and in order, whatever happens to the page meanwhile.
import { png } from './support/pictures.ts';
import { arrived, left, loginAgain, open, send } from './support/outbox.ts';
import { appId, expect, join, login, openBlank, test } from './support/test.ts';

test('texts and files arrive in order, and leave the outbox', { tag: '@everywhere' }, async ({ openUser, run }) => {
  const bob = await openUser(`bob-${run}`);
  const ada = await openUser(`ada-${run}`);
  await open(ada);
  await send(ada, { peerId: `bob-${run}` }, 'one', 3_000_000, 'two', 10, 'three');
  await expect.poll(() => arrived(bob)).toEqual(['one', '3000000', 'two', '10', 'three']);
  await expect.poll(() => left(ada)).toEqual([]);
  const changes: any[] = await ada.evaluate(() => (window as any).changes);
  const first = changes.filter(([, id]) => id === changes[0][1]);
  expect(first.map(([name, , state]) => `${name} ${state}`)).toEqual(['ItemAdded WAITING', 'ItemChanged SENDING', 'ItemChanged SENT', 'ItemRemoved SENT']);
  const size = await bob.evaluate(async () => {
    const { client, log } = window as any;
    const blob: Blob = await client.downloadMedia(log.find(([name, m]: any) => name === 'MessageFromPeer' && m.mediaId)[1].mediaId);
    return blob.size;
  });
  expect(size).toBe(3_000_000);
});

test('an upload goes on where the gateway has it after the page was reloaded', { tag: '@everywhere' }, async ({ openUser, openSlowUser, net, run }) => {
  const bob = await openUser(`bob-${run}`);
  const ada = await openSlowUser(`ada-${run}`);
  await open(ada);
  const stopped = net.holdUploads(4_000_000);
  await send(ada, { peerId: `bob-${run}` }, 8_000_000, 'after it');
  await stopped;
  await ada.goto('about:blank');
  net.release();
  await openBlank(ada, net.url);
  await login(ada, `ada-${run}`);
  const progress = await ada.evaluate(async () => {
    const w = window as any;
    const script = Object.assign(document.createElement('script'), { src: '/sdk/outbox.js' });
    document.head.append(script);
    await new Promise((resolve) => (script.onload = resolve));
    const outbox = (w.outbox = w.AgoraRTM.openOutbox(w.client));
    return new Promise((resolve) => outbox.on('ItemChanged', ({ progress }: any) => progress.currentSize > 0 && resolve(progress.currentSize)));
  });
  expect(progress).toBeGreaterThan(1_000_000);
  await expect.poll(() => arrived(bob)).toEqual(['8000000', 'after it']);
  await expect.poll(() => left(ada)).toEqual([]);
});

test('a prepared picture is uploaded, and keeps its thumbnail and its tag over a reload', { tag: '@everywhere' }, async ({ openUser, gateway, run }) => {
  const [bob, ada] = [await openUser(`bob-${run}`), await openUser(`ada-${run}`)];
  await join(bob, `hall-${run}`);
  await open(ada);
  await ada.evaluate(async ({ channelId, bytes }) => {
    const { AgoraRTM, outbox } = window as any;
    const { payload, placeholder, ...params } = await AgoraRTM.prepareImage(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
    await outbox.send({ channelId }, payload, { ...params, messageType: 'IMAGE', fileName: 'view.png', tag: 'of the album' });
  }, { channelId: `hall-${run}`, bytes: [...png(640, 400)] });
  const uploaded = () => ada.evaluate(async () => !!(await (window as any).outbox.list())[0].message);
  await expect.poll(uploaded, 'it waits for the channel alone').toBe(true);
  await openBlank(ada, gateway.url);
  await login(ada, `ada-${run}`);
  await open(ada);
  expect(await ada.evaluate(async () => (await (window as any).outbox.list()).map(({ tag }: any) => tag))).toEqual(['of the album']);
  await join(ada, `hall-${run}`);
  await expect.poll(() => arrived(bob, 'ChannelMessage')).toEqual(['view.png']);
  await expect.poll(() => left(ada)).toEqual([]);
  const got = await bob.evaluate(async () => {
    const { client, log } = window as any;
    const [, { thumbnail, mediaId, tag }] = log.find(([name]: any) => name === 'ChannelMessage');
    const pictures = [thumbnail, await client.downloadMedia(mediaId)];
    return [...await Promise.all(pictures.map(async (picture) => (await createImageBitmap(picture)).width)), tag ?? 'no tag'];
  });
  expect(got, 'and the tag stays with its sender').toEqual([320, 640, 'no tag']);
});

test('a channel message waits until the channel is joined', async ({ openUser, run }) => {
  const [ada, bob] = [await openUser(`ada-${run}`), await openUser(`bob-${run}`)];
  await join(bob, `hall-${run}`);
  await open(ada);
  await send(ada, { channelId: `hall-${run}` }, 'one', 'two');
  await send(ada, { peerId: `bob-${run}` }, 'not held up');
  await expect.poll(() => arrived(bob)).toEqual(['not held up']);
  await expect.poll(() => left(ada)).toEqual(['WAITING', 'WAITING']); // the sender hears of an arrival later than the receiver
  await join(ada, `hall-${run}`);
  await expect.poll(() => arrived(bob, 'ChannelMessage')).toEqual(['one', 'two']);
});

test('another user of the page sees nothing of it', async ({ openPage, openUser, run }) => {
  const bob = await openUser(`bob-${run}`);
  const page = await openUser(`ada-${run}`);
  await open(page);
  await page.evaluate(() => (window as any).client.logout());
  await send(page, { peerId: `bob-${run}` }, 'of ada');
  await loginAgain(page, `eve-${run}`);
  expect(await left(page)).toEqual([]);
  await send(page, { peerId: `bob-${run}` }, 'of eve');
  await expect.poll(() => arrived(bob)).toEqual(['of eve']);
  await page.evaluate(() => (window as any).client.logout());
  await loginAgain(page, `ada-${run}`);
  await expect.poll(() => arrived(bob)).toEqual(['of eve', 'of ada']);
});

test('what fails for good is kept with its error, and can be retried, canceled and removed', async ({ openUser, run }) => {
  const bob = await openUser(`bob-${run}`);
  const ada = await openUser(`ada-${run}`);
  await open(ada);
  const out = await ada.evaluate(async (to) => {
    const { outbox } = window as any;
    const item = await outbox.send(to, { text: 'x'.repeat(40_000) });
    await new Promise<void>((resolve) => {
      const look = () => item.state === 'FAILED' && resolve();
      outbox.on('ItemChanged', look);
      look();
    });
    const failed = [item.state, item.error.name, item.error.code];
    await item.retry();
    await new Promise<void>((resolve) => outbox.on('ItemChanged', () => item.state === 'FAILED' && resolve()));
    await item.remove();
    const file = await outbox.send(to, new Blob([new Uint8Array(20_000_000)]), { fileName: 'big' });
    await file.cancel();
    return { failed, canceled: [file.state, file.error.name], left: (await outbox.list()).length, id: file.id };
  }, { peerId: `bob-${run}` });
  expect(out).toMatchObject({ failed: ['FAILED', 'RtmLimitExceededError', 7], canceled: ['FAILED', 'RtmInterruptedError'], left: 1 });
  await ada.evaluate(async () => (await (window as any).outbox.list())[0].retry());
  await expect.poll(() => arrived(bob)).toEqual(['big']);
  await expect.poll(() => left(ada)).toEqual([]);
});

test('what does not fit is refused, and nothing is dropped', async ({ openUser, run }) => {
  const ada = await openUser(`ada-${run}`);
  await open(ada);
  const out = await ada.evaluate(async () => {
    const { outbox, client } = window as any;
    await client.logout();
    const refused = (content: unknown, to: unknown = { peerId: 'bob' }, params = {}) => outbox.send(to, content, params).then(() => 'kept', (e: any) => `${e.name} ${e.code}`);
    const outcomes = [await refused({ text: 'kept' })];
    navigator.storage.estimate = async () => ({ quota: 10_000_000, usage: 9_000_000 });
    outcomes.push(await refused(new Blob([new Uint8Array(100_000)])));
    delete (navigator.storage as any).estimate;
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); };
    outcomes.push(await refused({ text: 'x' }));
    IDBObjectStore.prototype.add = add;
    const part = new Blob([new Uint8Array(29 << 20)]);
    for (let i = 0; i < 7; i++) outcomes.push(await refused(part));
    outcomes.push(await refused({ text: 'x' }, {}), await refused({ text: 7 }), await refused({ text: 'x' }, { peerId: '' }), await refused({ text: 'x' }, { peerId: 'bob' }, { tag: 7 }));
    const { length } = await outbox.list();
    for (const item of await outbox.list()) await item.remove();
    return { outcomes, length };
  });
  const full = 'RtmLimitExceededError 3';
  expect(out).toEqual({ outcomes: ['kept', full, full, ...Array(6).fill('kept'), full, ...Array(4).fill('RtmInvalidArgumentError 2')], length: 7 });
});

/** Where a page is killed: at the n-th of what it does. */
const steps = {
  'write to IndexedDB': [1, 2, 3, 4],
  'request of the upload': [1, 2],
  'answer to the upload': [1, 2],
  'frame to the gateway': [1, 2],
  'frame from the gateway': [1, 2, 3],
};

/** Ends the page at a step: what the page did before has happened, and nothing after. Must run before the script; `window.dead` tells. */
function killAt([step, n]: [string, number]): void {
  let count = 0;
  let armed = false;
  const w = window as any;
  w.arm = () => (armed = true);
  const reached = (name: string) => {
    if (!armed || name !== step || ++count !== n) return false;
    w.dead = true; // the test then loads another page in its place
    return true;
  };
  const wrap = (object: any, name: string, at: string) => {
    const original = object[name];
    object[name] = function (this: any, ...args: any[]) {
      if (w.dead) throw new Error('the page is dead');
      reached(at);
      return original.apply(this, args);
    };
  };
  for (const name of ['add', 'put', 'delete']) wrap(IDBObjectStore.prototype, name, 'write to IndexedDB');
  wrap(XMLHttpRequest.prototype, 'send', 'request of the upload');
  /** Events of a kind come through `on…` or a listener; from the step on the page hears nothing. */
  const gate = (target: EventTarget, type: string, at: string) => target.addEventListener(type, (event) => {
    if (w.dead || reached(at)) event.stopImmediatePropagation();
  });
  const Request = XMLHttpRequest;
  w.XMLHttpRequest = class extends Request {
    constructor() {
      super();
      for (const type of ['load', 'loadend', 'error']) gate(this, type, type === 'load' ? 'answer to the upload' : '');
    }
  };
  const Socket = WebSocket;
  w.WebSocket = class extends Socket {
    constructor(...args: [string]) {
      super(...args);
      // A ping is shorter than 5 bytes.
      this.addEventListener('message', (event) => {
        if (w.dead || (event.data.byteLength > 4 && reached('frame from the gateway'))) event.stopImmediatePropagation();
      });
    }
    send(data: any): void {
      if (w.dead) return;
      if (data.byteLength > 10) reached('frame to the gateway'); // it still goes out; pongs and acknowledgements are shorter
      super.send(data);
    }
  };
}

for (const [step, numbers] of Object.entries(steps))
  for (const n of numbers)
    // In every browser the first of each kind.
    test(`a page killed at ${step} ${n}: each message arrives once and in order`, { tag: n === numbers[0] ? '@everywhere' : [] }, async ({ newPage, openUser, gateway, run }) => {
      const bob = await openUser(`bob-${run}`);
      const page = await newPage();
      await page.goto(`${gateway.url}/healthz`);
      await page.evaluate(killAt, [step, n] as [string, number]);
      await page.addScriptTag({ url: `${gateway.url}/sdk/rtm.js` });
      await login(page, `ada-${run}`);
      await open(page);
      const to = { peerId: `bob-${run}` };
      await page.evaluate((to) => {
        const w = window as any;
        w.arm();
        w.kept = 0;
        for (const [i, content] of [{ text: 'one' }, new Blob([new Uint8Array(1_000_000)]), { text: 'two' }].entries())
          w.outbox.send(to, content, i === 1 ? { fileName: 'file' } : {}).then(() => w.kept++, () => {});
      }, to);
      await expect.poll(() => page.evaluate(() => !!(window as any).dead), 'the step was reached').toBe(true);
      const promised = await page.evaluate(() => (window as any).kept);

      await openBlank(page, gateway.url);
      await login(page, `ada-${run}`);
      await open(page);
      await send(page, to, 'last');
      await expect.poll(() => arrived(bob)).toContain('last');
      await expect.poll(() => left(page)).toEqual([]);
      const all = ['one', 'file', 'two'];
      const got = (await arrived(bob)).slice(0, -1);
      expect(got.length, 'what was promised arrives').toBeGreaterThanOrEqual(promised);
      expect(got, 'once and in order').toEqual(all.filter((name) => got.includes(name)));
    });

test('two pages of one user: what either is given arrives once and in order', async ({ context, openUser, net, run }) => {
  const bob = await openUser(`bob-${run}`);
  const pages = await Promise.all([0, 1].map(async () => {
    const page = await openBlank(await context.newPage(), net.url);
    return page;
  }));
  const [first, second] = pages;
  await login(first, `ada-${run}`);
  await open(first);
  await login(second, `ada-${run}`); // the gateway logs the first out
  await open(second);
  await expect.poll(() => first.evaluate(() => (window as any).client.connectionState)).toBe('ABORTED');
  for (let i = 0; i < 5; i++) for (const [j, page] of pages.entries()) await send(page, { peerId: `bob-${run}` }, `${i}.${j}`);
  const all = Array.from({ length: 10 }, (_, i) => `${i >> 1}.${i % 2}`);
  await expect.poll(() => arrived(bob)).toEqual(all);
  for (const page of pages) await expect.poll(() => left(page)).toEqual([]);

  const stopped = net.holdUploads(2_000_000);
  await send(second, { peerId: `bob-${run}` }, 4_000_000, 'end');
  await stopped;
  await second.close();
  net.release();
  await first.evaluate(async (uid) => {
    const { client } = window as any;
    if (client.connectionState === 'ABORTED') await client.logout().catch(() => {});
    await client.login({ uid });
  }, `ada-${run}`);
  await expect.poll(() => arrived(bob)).toEqual([...all, '4000000', 'end']);
});

test('offline, and a gateway that is killed: each message arrives once and in order', async ({ openUser, run, gateway }) => {
  const bob = await openUser(`bob-${run}`);
  const ada = await openUser(`ada-${run}`);
  await open(ada);
  const to = { peerId: `bob-${run}` };
  await ada.context().setOffline(true);
  await send(ada, to, 'offline', 500_000);
  await ada.context().setOffline(false);
  await send(ada, to, 2_000_000, 'before');
  await gateway.kill();
  await send(ada, to, 'while it is down');
  await gateway.start();
  await expect.poll(() => arrived(bob)).toEqual(['offline', '500000', '2000000', 'before', 'while it is down']);
  await expect.poll(() => left(ada)).toEqual([]);
});

test('items that an earlier version of the SDK has kept are sent', async ({ openUser, gateway, run }) => {
  const bob = await openUser(`bob-${run}`);
  const ada = await openUser(`ada-${run}`);
  await ada.evaluate(([account, peerId]) => new Promise<void>((resolve, reject) => {
    const request = indexedDB.open('rtm-outbox', 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('items', { keyPath: 'id', autoIncrement: true }).createIndex('account', 'account');
      request.result.createObjectStore('counters');
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const transaction = request.result.transaction('items', 'readwrite');
      const options = { enableOfflineMessaging: true, enableHistoricalMessaging: false };
      transaction.objectStore('items').add({ account, peerId, createdAt: Date.now(), size: 500, options, message: { text: 'of before' } });
      transaction.oncomplete = () => (request.result.close(), resolve());
    };
  }), [[gateway.url, appId, `ada-${run}`].join(' '), `bob-${run}`]);
  await open(ada);
  await expect.poll(() => arrived(bob)).toEqual(['of before']);
});

test('nothing of the outbox stays in the page when the client is destroyed', { tag: '@everywhere' }, async ({ openUser, run }) => {
  const ada = await openUser(`ada-${run}`);
  const bob = await openUser(`bob-${run}`);
  await ada.evaluate(() => {
    const w = window as any;
    w.held = [];
    /** Notes what is opened until it is closed. */
    const watch = (thing: any, name: string) => {
      const { close } = thing;
      w.held.push(name);
      thing.close = () => {
        w.held.splice(w.held.indexOf(name), 1);
        close.call(thing);
      };
    };
    const Channel = BroadcastChannel;
    w.BroadcastChannel = class extends Channel {
      constructor(name: string) {
        super(name);
        watch(this, 'channel');
      }
    };
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (...args) {
      const request = open.apply(this, args);
      request.addEventListener('success', () => watch(request.result, 'database'));
      return request;
    };
  });
  const held = () => ada.evaluate(async () => {
    const { held } = await navigator.locks.query();
    return [...(window as any).held, ...held!.filter(({ name }) => name!.startsWith('rtm-outbox')).map(() => 'lock')];
  });
  await open(ada);
  await send(ada, { peerId: `bob-${run}` }, 'one');
  await expect.poll(() => arrived(bob)).toEqual(['one']);
  expect(await held()).toEqual(['channel', 'database', 'lock']);
  await send(ada, { channelId: `hall-${run}` }, 'two'); // waits
  const error = await ada.evaluate(async (to) => {
    const { client, outbox } = window as any;
    await client.destroy();
    return outbox.send(to, { text: 'three' }).catch((e: any) => `${e.name} ${e.code}`);
  }, { peerId: `bob-${run}` });
  expect(error).toBe('RtmInvalidStatusError 4');
  await expect.poll(held).toEqual([]);
  await open(ada); // another outbox of the same client
  await loginAgain(ada, `ada-${run}`);
  await join(bob, `hall-${run}`);
  await join(ada, `hall-${run}`);
  await expect.poll(() => arrived(bob, 'ChannelMessage')).toEqual(['two']);
});

test('an application that takes all listeners away does not stop the outbox', async ({ openUser, run }) => {
  const bob = await openUser(`bob-${run}`);
  const ada = await openUser(`ada-${run}`);
  await open(ada);
  await ada.evaluate(async () => {
    const { client } = window as any;
    client.removeAllListeners();
    await client.logout();
  });
  await send(ada, { peerId: `bob-${run}` }, 'one');
  await loginAgain(ada, `ada-${run}`);
  await expect.poll(() => arrived(bob)).toEqual(['one']);
});
