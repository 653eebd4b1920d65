// What becomes of a message between the compose tray and the other side: in its place, in order, over a reload, after a failure.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { givePhotos, secret } from './support/photos.ts';
import { png } from './support/pictures.ts';
import { slow } from './support/slow.ts';
import { events, expect, join, login, test } from './support/test.ts';

/** The app of the demo, where the gateway names none. */
const demo = 'DEMO0000000000000000000000000000';

const picture = (name: string) => ({ name, mimeType: 'image/png', buffer: png(120, 80) });

/** The thread as it is read: pictures by their number, files by name, texts. */
const thread = (page: Page) =>
  page.getByTestId('message').evaluateAll((all) => all.map((e) => {
    const [album, file, text] = [e.querySelector('.album'), e.querySelector('.file-name'), e.querySelector('.text')].map((part) => part?.textContent ?? '');
    return [e.querySelectorAll('.picture').length || '', album && '', file, text].join(' ').trim();
  }));

test('what is sent stands in its place at once, waits its turn over a reload, and stays when it fails', async ({ browser, gateway, run }) => {
  const net = await slow(gateway.url, 1_000_000);
  const [ca, cb] = [await browser.newContext(), await browser.newContext()];
  try {
    const [a, b] = [await ca.newPage(), await cb.newPage()];
    await Promise.all([a.goto(`${net.url}/?uid=ann-${run}&channel=tea-${run}`), b.goto(`${gateway.url}/?uid=ben-${run}&channel=tea-${run}`)]);
    await expect(a.getByTestId('member-count')).toContainText('2');

    await a.getByTestId('attach-input').setInputFiles([picture('1.png'), picture('2.png'), picture('3.png'), { name: `${'long'.repeat(40)}.tar.gz`, mimeType: '', buffer: Buffer.alloc(6 << 20) }]);
    await a.getByRole('button', { name: 'Remove 2.png' }).focus();
    await a.keyboard.press('Enter');
    await expect(a.getByRole('button', { name: 'Remove 3.png' }), 'the focus goes on').toBeFocused();
    expect((await new AxeBuilder({ page: a }).analyze()).violations.map(({ id }) => id)).toEqual([]);
    const half = net.holdUploads(3 << 20); // until it was looked at
    await a.getByTestId('composer').fill('Two views');
    await a.getByTestId('composer').press('Enter');
    await a.getByTestId('composer').fill('after');
    await a.getByTestId('composer').press('Enter');
    const order = ['2  Two views', expect.stringMatching(/^long.*\.tar\.gz$/), 'after'].map((e) => (typeof e === 'string' ? e.replace(/\s+/g, ' ') : e));
    const read = async (page: Page) => (await thread(page)).map((e) => e.replace(/\s+/g, ' '));
    expect(await read(a), 'at once').toEqual(order);
    expect(await a.getByTestId('picture').locator('img').evaluateAll((all) => all.map((e) => (e as HTMLImageElement).src.slice(0, 5)))).toEqual(['blob:', 'blob:']);

    const file = a.locator('[data-kind="FILE"]');
    await half;
    await expect(file.locator('.transfer-status')).toHaveText(/^[1-9]\d?% of 6 MB/);
    const [ring, words] = await file.evaluate((e) => [e.querySelector('[role="progressbar"]')!.getAttribute('aria-valuenow'), e.querySelector('.transfer-status')!.textContent]);
    expect(words).toMatch(new RegExp(`^${ring}% `));
    const [box, end] = [await file.locator('.file').boundingBox(), await file.locator('.file-name span').last().boundingBox()];
    await expect(file.locator('.file-name span').last(), 'however long the name').toHaveText('.tar.gz');
    expect(end!.x + end!.width).toBeLessThan(box!.x + box!.width);

    net.release();
    await a.reload();
    await expect.poll(() => read(a), 'as before').toEqual(order);
    await expect(a.getByTestId('message').last()).toContainText('Sent');
    await expect(a.getByTestId('transfer')).toHaveCount(0);
    await expect.poll(() => read(b)).toEqual(order);
    await expect(b.locator('.conversation-last')).toHaveText(`ann-${run}: after`);

    await a.route('**/media/**', (route) => route.fulfill({ status: 413, headers: { 'Rtm-Gateway': '1' }, body: 'no' }));
    await a.getByTestId('attach-input').setInputFiles({ name: 'lost.bin', mimeType: '', buffer: Buffer.alloc(1000) });
    await a.getByTestId('send').click();
    const lost = a.getByTestId('message').filter({ hasText: 'lost.bin' });
    await expect(lost.getByTestId('transfer-dismiss')).toBeVisible();
    await a.getByTestId('composer').fill('later');
    await a.getByTestId('composer').press('Enter');
    await expect(b.getByTestId('message').last()).toContainText('later');
    expect((await read(a)).slice(-2), 'what failed stays in its place').toEqual(['lost.bin', 'later']);
    await lost.getByTestId('transfer-dismiss').click();
    await expect(lost).toHaveCount(0);

    await a.getByTestId('conversation-leave').click();
    await a.getByTestId('undo').focus(); // it is there as long as it has the focus
    await expect(a.getByTestId('message')).toHaveCount(0);
    await a.getByTestId('undo').click();
    await expect.poll(() => read(a)).toEqual([...order, 'later']);
    await expect(a.locator('.conversation-last'), 'the list knows them, too').toHaveText('You: later');
  } finally {
    await Promise.all([ca.close(), cb.close()]);
    await net.end();
  }
});

test('a picture and texts are sent, and there once after a reload', { tag: '@everywhere' }, async ({ newPage, gateway, run }) => {
  const page = await newPage();
  const texts = (selector: string) => page.evaluate((selector) => [...document.querySelectorAll(selector)].map((e) => e.textContent), selector);
  const say = (text: string) =>
    page.evaluate((text) => {
      document.querySelector<HTMLTextAreaElement>('#text')!.value = text;
      document.querySelector<HTMLFormElement>('#compose')!.requestSubmit();
    }, text);
  await page.goto(`${gateway.url}/?uid=eve-${run}&channel=own-${run}`);
  await expect.poll(() => texts('#member-count')).toEqual(['1 person']);
  const all = Array.from({ length: 20 }, (_, i) => `number ${i}`);
  for (const number of all) await say(number);
  await page.setInputFiles('#attach-input', { name: 'view.png', mimeType: 'image/png', buffer: png(640, 400) });
  await expect.poll(() => texts('#tray-items li')).toHaveLength(1);
  await say(all[all.push('the view') - 1]!);
  await expect.poll(() => texts('.message-state')).toEqual(Array(21).fill('Sent'));
  await page.goto(`${gateway.url}/healthz`);
  await page.goto(`${gateway.url}/#channel:own-${run}`);
  await expect.poll(() => texts('.message .text')).toEqual(all);
  const width = () => page.evaluate(() => document.querySelector<HTMLImageElement>('.picture:not(.preview) img')?.naturalWidth);
  await expect.poll(width, 'fetched from the gateway').toBe(640);
  const deleted = page.evaluate(() => new Promise((resolve) => {
    const request = indexedDB.deleteDatabase('rtm-demo');
    request.onsuccess = () => resolve('deleted');
    request.onblocked = () => resolve('blocked');
  }));
  expect(await deleted, 'the page stands in the way of no other').toBe('deleted');
});

test('a picture that can not be prepared just now is not sent with its metadata', async ({ browser, openPage, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const [page, ben] = [await context.newPage(), await openPage()];
    await login(ben, `ben-${run}`, demo);
    await join(ben, `tea-${run}`);
    await page.addInitScript(() => {
      const w = window as any;
      const { Worker, createImageBitmap } = w;
      let forbidden = false;
      w.Worker = class extends Worker {
        constructor(...args: unknown[]) {
          if (forbidden) throw new Error('no worker now');
          super(...args);
        }
      };
      w.forbid = (now: boolean) => {
        forbidden = now;
        w.createImageBitmap = now ? undefined : createImageBitmap;
      };
    });
    await page.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
    await expect(page.getByTestId('member-count')).toContainText('2');
    await givePhotos(page);
    const photo = Buffer.from(await page.evaluate(async () => [...new Uint8Array(await (await (window as any).photo(200, 100, 'image/jpeg')).arrayBuffer())]));
    expect(photo.toString('latin1')).toContain(secret);
    await page.evaluate(() => (window as any).forbid(true));
    await page.getByTestId('attach-input').setInputFiles({ name: 'me.jpg', mimeType: 'image/jpeg', buffer: photo });
    await page.getByTestId('send').click();
    await page.getByTestId('transfer-retry').waitFor();
    await page.evaluate(() => (window as any).forbid(false));
    await page.getByTestId('transfer-retry').click();
    await expect(page.getByTestId('message').last()).toContainText('Sent');
    await expect.poll(async () => (await events(ben, 'ChannelMessage')).map(([{ messageType }]) => messageType), 'nothing before').toEqual(['IMAGE']);
    const received = await ben.evaluate(async () => {
      const { client, log } = window as any;
      const blob: Blob = await client.downloadMedia(log.find(([name]: any) => name === 'ChannelMessage')[1].mediaId);
      return [...new Uint8Array(await blob.arrayBuffer())];
    });
    expect(Buffer.from(received).toString('latin1')).not.toContain(secret);
  } finally {
    await context.close();
  }
});

test('a channel that could not be joined is joined when it is opened again', async ({ browser, openPage, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const [page, ben] = [await context.newPage(), await openPage()];
    await login(ben, `ben-${run}`, demo);
    await page.addInitScript(() => {
      let sdk: any;
      Object.defineProperty(window, 'AgoraRTM', {
        configurable: true,
        get: () => sdk,
        set(value) {
          sdk = value;
          const { createInstance } = sdk;
          sdk.createInstance = (...args: unknown[]) => {
            const client = createInstance(...args);
            const { createChannel } = client;
            client.createChannel = (id: string) => {
              const channel = createChannel.call(client, id);
              if (sessionStorage.refuse) channel.join = () => Promise.reject(Object.assign(new Error(), { name: 'RtmTimeoutError', code: 4 }));
              return channel;
            };
            return client;
          };
        },
      });
    });
    await page.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
    await expect(page.getByTestId('composer')).toBeVisible();
    await page.evaluate(() => (sessionStorage.refuse = 'yes'));
    await page.reload();
    await expect(page.getByText('The server did not answer.').first()).toBeVisible();
    await page.evaluate(() => sessionStorage.removeItem('refuse'));
    await page.locator(`[data-id="channel:tea-${run}"]`).last().click();
    await join(ben, `tea-${run}`);
    await expect(page.getByTestId('member-count')).toContainText('2');
  } finally {
    await context.close();
  }
});
