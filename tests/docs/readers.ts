/** What readers do with the programs of the pages, and see. */
import type { Page } from '@playwright/test';
import { png } from '../support/pictures.ts';
import { events, expect } from '../support/test.ts';
import type { Opened } from './programs.ts';

/** By the names of programs. A program without a reader must only run; bob is a user who is logged in elsewhere. */
export const readers: Record<string, (opened: Opened, bob: Page) => Promise<void>> = {
  async 'README.md 1'({ open }) {
    const [one, two] = [await open(), await open()];
    await expect(two.locator('input')).toBeEnabled(); // when it is in the channel
    await choose(one, 'input');
    for (const page of [one, two]) await expect.poll(() => pictures(page)).toEqual([320]);
  },

  async 'docs/getting-started.md 1'({ open }) {
    const bob = await open('#bob');
    await expect(bob.locator('li').last()).toHaveText('RtmLimitExceededError 7');
    const alice = await open();
    await expect(alice.locator('li')).toHaveText(['CONNECTING (LOGIN)', 'CONNECTED (LOGIN_SUCCESS)', 'RtmLimitExceededError 7']);
    await expect(bob.locator('li').filter({ hasText: 'alice' })).toHaveText(['alice is here', 'alice to all: hello, this is alice']);

    await alice.fill('[name=text]', 'good morning');
    await alice.click('button');
    await expect(alice.locator('li').last()).toHaveText('alice: good morning ✓');
    await expect(bob.locator('li').last()).toHaveText('alice: good morning');

    await choose(alice, '[type=file]');
    await expect(alice.locator('li').last()).toHaveText('alice: view.png, 320 × 240');
    await expect.poll(() => pictures(bob)).toEqual([320]);
  },

  async 'docs/media.md 1'({ open }) {
    const [alice, bob] = [await open(), await open('#bob')];
    for (const page of [alice, bob]) await expect(page.locator('li').first()).toContainText('I am');
    await choose(alice, '[name=picture]');
    await expect(alice.locator('li').filter({ hasText: 'sent view.png, 320 × 240' })).toBeVisible();
    await expect.poll(() => pictures(bob)).toEqual([320]);
    await expect(bob.locator('a')).toHaveAttribute('download', 'view.png');
    await expect(alice.locator('a')).toHaveAttribute('download', 'back-view.png'); // what bob forwards

    await choose(alice, '[name=prepared]');
    await expect(alice.locator('li').filter({ hasText: 'with a thumbnail of 320 × 240' })).toBeVisible();
    await expect(bob.locator('li').filter({ hasText: 'thumbnail' }).locator('img')).toBeVisible();

    await choose(alice, '[name=watched]');
    await expect(alice.locator('li').filter({ hasText: /^100 %$/ }).first()).toBeVisible();
    await expect(bob.getByText('Save')).toHaveAttribute('href', /\/media\/.*download=view\.png/);
    await alice.evaluate(() => {
      const form = document.forms[0] as any;
      form.watched.dispatchEvent(new Event('change'));
      form.cancel.click();
    });
    await expect(alice.getByText('RtmInterruptedError 6')).toBeVisible();
  },

  async 'docs/pictures.md 1'({ open }) {
    const [alice, bob] = [await open(), await open('#bob')];
    for (const page of [alice, bob]) await expect(page.locator('li').first()).toContainText('I am');
    await choose(alice, '[name=direct]');
    await expect(alice.getByText('sent view.png as IMAGE')).toBeVisible();
    await expect.poll(() => pictures(bob)).toEqual([320]);
    await alice.setInputFiles('[name=direct]', { name: 'notes.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('text') });
    await expect(alice.getByText('sent notes.jpg as FILE')).toBeVisible();
    await expect(alice.getByText('Error Code 2')).toBeVisible();

    await choose(alice, '[name=looked]');
    await expect(alice.locator('li').filter({ hasText: 'preview' }).locator('img')).toBeVisible();
    await alice.click('[name=send]');
    await expect.poll(() => pictures(bob)).toEqual([320, 320]);
  },

  async 'docs/csp-and-proxies.md 1'({ open }, bob) {
    const alice = await open();
    await expect.poll(() => sendPicture(bob)).toBe(true);
    await expect.poll(() => pictures(alice)).toEqual([40, 40]);
  },

  async 'docs/errors.md 1'({ lines }) {
    expect(lines).toContain('carol is not online');
  },

  async 'docs/outbox.md 1'(_, bob) {
    const messages = async () => (await events(bob, 'MessageFromPeer')).map(([message]) => message.fileName ?? message.text);
    await expect.poll(messages).toEqual(['list.txt', 'See you at eight']);
  },

  async 'docs/react.md 1'({ open }, bob) {
    const alice = await open();
    await joinGarden(bob, 'alice');
    await expect(alice.locator('p')).toHaveText('CONNECTED, here: alice, bob');
    await bob.evaluate(() => (window as any).garden.sendMessage({ text: 'hello' }));
    await expect(alice.locator('li')).toHaveText('bob: hello');
    await alice.fill('[name=text]', 'good morning');
    await alice.click('button');
    await expect(alice.locator('li').last()).toHaveText('alice: good morning');
    await expect.poll(() => events(bob, 'ChannelMessage')).toMatchObject([[{ text: 'good morning' }, 'alice', {}, 'garden']]);
    await bob.evaluate(() => (window as any).garden.leave());
  },

  async 'docs/react.md 2'({ open }, bob) {
    const alice = await open();
    await expect.poll(() => bob.evaluate(async () => (await (window as any).client.sendMessageToPeer({ text: 'hello' }, 'alice')).hasPeerReceived)).toBe(true);
    await expect(alice.locator('li')).toHaveText('bob: hello');
  },

  async 'docs/react.md 3'({ open }, bob) {
    const alice = await open();
    await joinGarden(bob, 'alice');
    await choose(alice, 'input');
    await expect.poll(() => events(bob, 'ChannelMessage')).toMatchObject([[{ messageType: 'IMAGE', fileName: 'view.png', width: 320 }, 'alice', {}, 'garden']]);
    await expect.poll(() => pictures(alice)).toEqual([320]);
    await bob.evaluate(() => (window as any).garden.leave());
  },

  async 'web/package/README.md 1'({ open }, bob) {
    const alice = await open();
    await choose(alice, 'input');
    await expect.poll(() => events(bob, 'MessageFromPeer')).toMatchObject([[{ messageType: 'IMAGE', fileName: 'view.png', width: 320 }, 'alice', {}]]);
    expect(await sendPicture(bob)).toBe(true);
    await expect.poll(() => pictures(alice)).toEqual([40]);
  },
};

/** Chooses a picture, once the page lets its user choose. */
async function choose(page: Page, input: string): Promise<void> {
  await expect(page.locator(input)).toBeEnabled();
  await page.setInputFiles(input, { name: 'view.png', mimeType: 'image/png', buffer: png(320, 240) });
}

/** Bob joins the channel, and waits for another user there. */
async function joinGarden(bob: Page, other: string): Promise<void> {
  await bob.evaluate(async () => {
    const w = window as any;
    w.garden = w.client.createChannel('garden');
    await w.garden.join();
  });
  await expect.poll(() => bob.evaluate(() => (window as any).garden.getMembers())).toContain(other);
}

/** The widths of the pictures that a page shows. */
const pictures = (page: Page) => page.evaluate(() => [...document.images].map((i) => i.naturalWidth));

/** Bob sends alice a picture of 40 by 30 pixels; reports whether she has it. */
function sendPicture(bob: Page): Promise<boolean> {
  return bob.evaluate(async (picture) => {
    const { client } = window as any;
    const blob = new Blob([Uint8Array.from(atob(picture), (c) => c.charCodeAt(0))]);
    const message = await client.createMediaMessageByUploading(blob, { messageType: 'IMAGE', fileName: 'b.png' });
    return (await client.sendMessageToPeer(message, 'alice')).hasPeerReceived;
  }, png(40, 30).toString('base64'));
}
