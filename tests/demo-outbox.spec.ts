// The demo and what its outbox has from earlier pages: where the outbox does not answer, where notes of it are lost, and at sign-out.
import type { BrowserContext, Page } from '@playwright/test';
import { png } from './support/pictures.ts';
import { events, expect, join, login, test as base } from './support/test.ts';

/** The app of the demo, where the gateway names none. */
const demo = 'DEMO0000000000000000000000000000';

const say = async (page: Page, text: string) => {
  await page.getByTestId('composer').fill(text);
  await page.getByTestId('composer').press('Enter');
};

async function attach(page: Page, name: string, mimeType = ''): Promise<void> {
  await page.getByTestId('attach-input').setInputFiles({ name, mimeType, buffer: Buffer.alloc(5000) });
  await page.getByTestId('send').click();
}

const message = (page: Page, text: string) => page.getByTestId('message').filter({ hasText: text });

/** Opens the demo in a channel. The outbox's database is forbidden as long as sessionStorage.forbidden is set; one write fails after refuseOne(). */
async function openDemo(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(() => {
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (name, ...rest) {
      if (name === 'rtm-outbox' && sessionStorage.forbidden) throw new DOMException('denied', 'SecurityError');
      return open.call(this, name, ...rest);
    };
    (window as any).refuseOne = () => {
      const { add } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.add = function () {
        IDBObjectStore.prototype.add = add;
        throw new DOMException('full', 'QuotaExceededError');
      };
    };
  });
  await page.goto(url);
  await expect(page.getByTestId('composer')).toBeFocused();
  return page;
}

const test = base.extend<{ chat: { page: Page; ben: Page } }>({
  /** Ann in a channel of the demo, and a page of the SDK where Ben is in it too. */
  chat: async ({ browser, openPage, gateway, run }, use) => {
    const ben = await openPage();
    await login(ben, `ben-${run}`, demo);
    await join(ben, `tea-${run}`);
    const context = await browser.newContext();
    try {
      await use({ page: await openDemo(context, `${gateway.url}/?uid=ann-${run}&channel=tea-${run}`), ben });
    } finally {
      await context.close();
    }
  },
});

const forbid = (page: Page, forbidden: boolean) => page.evaluate((forbidden) => {
  if (forbidden) sessionStorage.forbidden = 'yes';
  else sessionStorage.removeItem('forbidden');
}, forbidden);

/** What a user of the SDK has received so far. */
const received = async (page: Page) => (await events(page, 'ChannelMessage')).map(([{ messageType, text, fileName }]) => `${messageType} ${text ?? fileName}`);

/** Of how many messages the page has noted that the outbox has them. */
const noted = (page: Page) => page.evaluate(() => new Promise<number>((counted) => {
  indexedDB.open('rtm-demo').onsuccess = ({ target }: any) => {
    target.result.transaction('messages').objectStore('messages').getAll().onsuccess = (event: any) => counted(event.target.result.filter((one: any) => one.item).length);
    target.result.close();
  };
}));

const nothingKept = (page: Page) => page.getByText('This browser keeps nothing for this page at the moment.');
const noRoom = 'Not sent: this browser has no room for more.';

test('what an outbox has that does not answer is not called "Sending…", and is asked for again', async ({ chat: { page, ben } }) => {
  await page.route('**/media/**', () => {}); // no upload is ever done
  await page.getByTestId('attach-input').setInputFiles({ name: 'view.png', mimeType: 'image/png', buffer: png(120, 80) });
  await page.getByTestId('send').click();
  await attach(page, 'plan.bin');
  await expect(page.getByTestId('transfer').last()).toContainText('0%');
  await say(page, 'behind it');
  await expect(message(page, 'behind it')).toContainText('Sending…');
  await expect.poll(() => noted(page)).toBe(3);
  await forbid(page, true);
  await page.reload();

  const unknown = 'This browser’s storage does not tell whether this was sent.';
  for (const text of ['plan', 'behind it']) await expect(message(page, text)).toContainText(unknown);
  await expect(page.getByTestId('message').getByTestId('transfer-dismiss'), 'the outbox would send it all the same').toHaveCount(0);
  await page.getByTestId('logout').click();
  await expect(page.locator('#sign-out').getByRole('status'), 'nothing is said that nobody knows').toBeHidden();
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();

  await message(page, 'plan').getByTestId('transfer-retry').click();
  await expect(message(page, 'plan').locator('.transfer-status')).toHaveText('4.9 KB');
  for (const text of ['plan', 'behind it']) await expect(message(page, text)).toContainText(unknown);
  await expect(nothingKept(page)).toBeVisible();
  await page.unroute('**/media/**');
  await forbid(page, false);
  await message(page, 'behind it').getByTestId('transfer-retry').click();
  for (const text of ['plan', 'behind it']) await expect(message(page, text)).toContainText(/Sent/);
  await expect(page.locator('.picture.preview'), 'shown as what it is').toHaveCount(0);
  await expect(page.getByTestId('message').first().locator('img')).toHaveJSProperty('naturalWidth', 120);
  await expect(nothingKept(page)).toBeHidden();
  await expect.poll(() => received(ben)).toEqual(['IMAGE view.png', 'FILE plan.bin', 'TEXT behind it']);
});

test('two equal texts have a state each, and arrive in order', async ({ chat: { page, ben } }) => {
  await say(page, 'same');
  await expect(page.getByTestId('message')).toContainText('Sent');
  await page.route('**/media/**', () => {}); // no upload is ever done
  await attach(page, 'plan.bin');
  await expect(page.getByTestId('transfer')).toContainText('0%');
  await say(page, 'same');
  const states = message(page, 'same').locator('.message-state');
  await expect(states).toHaveText(['Sent', 'Sending…']);
  await page.getByTestId('transfer-cancel').click();
  await expect(states).toHaveText(['Sent', 'Sent']);
  await say(page, 'same');
  await say(page, 'same');
  await expect(states).toHaveText(Array(4).fill('Sent'));
  await expect.poll(() => received(ben)).toEqual(Array(4).fill('TEXT same'));
  await page.reload();
  await expect(states).toHaveText(Array(4).fill('Sent'));
});

test('of two equal texts of which the page noted nothing, the one that the outbox has is known', async ({ chat: { page, ben }, gateway, run }) => {
  await page.evaluate('refuseOne()');
  await say(page, 'same');
  await expect(page.getByTestId('message')).toContainText(noRoom);
  await page.route('**/media/**', () => {}); // no upload is ever done
  await attach(page, 'plan.bin');
  await expect(page.getByTestId('transfer')).toContainText('0%');
  await say(page, 'same');
  await expect.poll(() => items(page)).toBe(2);
  await page.goto(`${gateway.url}/healthz`);
  await page.evaluate(() => new Promise<void>((resolve) => { // as if the page had ended when the outbox had just taken it
    indexedDB.open('rtm-demo').onsuccess = ({ target }: any) => {
      const transaction = target.result.transaction('messages', 'readwrite');
      transaction.objectStore('messages').openCursor().onsuccess = ({ target: { result: cursor } }: any) => {
        if (!cursor) return;
        const { item, ...rest } = cursor.value;
        if (rest.kind === 'TEXT') cursor.update(rest);
        cursor.continue();
      };
      transaction.oncomplete = () => (target.result.close(), resolve());
    };
  }));
  await page.goto(`${gateway.url}/#channel:tea-${run}`);
  const states = message(page, 'same').locator('.message-state');
  await expect(states).toHaveText([/^Not sent: the page was closed too early\./, 'Sending…']);
  await page.getByTestId('transfer-cancel').click();
  await expect(states).toHaveText([/^Not sent/, 'Sent']);
  await expect.poll(() => received(ben)).toEqual(['TEXT same']);
  await message(page, 'same').first().getByTestId('transfer-retry').click();
  await expect(states).toHaveText(['Sent', 'Sent']);
  await expect.poll(() => received(ben)).toEqual(['TEXT same', 'TEXT same']);
});

/** How many items the outbox has. */
const items = (page: Page) => page.evaluate(() => new Promise<number>((counted) => {
  indexedDB.open('rtm-outbox').onsuccess = ({ target }: any) => {
    target.result.transaction('items').objectStore('items').count().onsuccess = (event: any) => counted(event.target.result);
    target.result.close();
  };
}));

test('an outbox that could not be used is used again after the next sign-in', async ({ browser, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const page = await openDemo(context, `${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
    await forbid(page, true);
    await page.reload();
    await expect(nothingKept(page)).toBeVisible();
    await say(page, 'one');
    await expect(message(page, 'one')).toContainText('Sent');
    await page.getByTestId('logout').click();
    await page.getByTestId('logout-confirm').click();
    await expect(page.getByTestId('login-uid')).toBeFocused();
    await forbid(page, false);
    await page.getByTestId('login-submit').click();
    await page.locator(`[data-id="channel:tea-${run}"]`).last().click();
    await expect(message(page, 'one')).toContainText('Sent');
    await expect(nothingKept(page)).toBeHidden();
    await page.route('**/media/**', () => {}); // no upload is ever done
    await attach(page, 'plan.bin');
    await expect.poll(() => items(page)).toBe(1);
    await page.reload();
    await expect(message(page, 'plan').getByTestId('transfer-cancel')).toBeVisible();
  } finally {
    await context.close();
  }
});

test('what is no picture is shown and sent as a file, once, also when it is tried again', async ({ chat: { page, ben } }) => {
  await page.evaluate('refuseOne()');
  await attach(page, 'notes.png', 'image/png');
  const notes = page.locator('[data-kind="FILE"]');
  await expect(notes).toContainText(noRoom);
  await expect(page.getByTestId('message')).toHaveCount(1);
  await notes.getByTestId('transfer-retry').click();
  await expect(notes).toContainText('Sent');
  await expect(page.getByTestId('message')).toHaveCount(1);
  await expect.poll(() => received(ben)).toEqual(['FILE notes.png']);
  await page.reload();
  await expect(notes).toContainText('Sent');
  await expect(page.getByTestId('message')).toHaveCount(1);
});

test('who deletes what the browser keeps leaves the chat at once, however long the browser takes', async ({ browser, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const page = await openDemo(context, `${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
    await say(page, 'a secret');
    await expect(page.getByTestId('message')).toContainText('Sent');
    await page.evaluate(() => {
      const silent: any = new Proxy(new EventTarget(), { get: (target, name) => (name in target ? Reflect.get(target, name).bind?.(target) : () => silent), set: () => true });
      IDBDatabase.prototype.transaction = () => silent;
    });
    await page.getByTestId('logout').click();
    await page.getByTestId('logout-forget').check();
    const seen = await page.evaluate(() => {
      document.querySelector<HTMLElement>('[data-testid="logout-confirm"]')!.click();
      const visible = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)].filter((e) => e.checkVisibility()).map((e) => e.id || e.textContent);
      return [visible('main'), visible('form'), visible('#resuming'), document.title, location.hash];
    });
    expect(seen).toEqual([['login-view'], [], ['resuming'], 'RTM chat', '']);
    await expect(page.locator('#resuming')).toHaveText('Deleting your conversations from this browser…');
    await expect(page.getByText('Not deleted from this browser: your conversations and messages that were not sent.')).toBeVisible();
    await expect(page.locator('#resuming')).toBeHidden();
    await expect(page.getByTestId('login-uid')).toBeFocused();
  } finally {
    await context.close();
  }
});
