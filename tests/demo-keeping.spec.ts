// What the demo keeps in the browser: not at all where the browser keeps nothing, no longer than people want, and nothing is lost without a word.
import type { BrowserContext, Page } from '@playwright/test';
import { png } from './support/pictures.ts';
import { events, expect, join, login, test } from './support/test.ts';

/** The app of the demo, where the gateway names none. */
const demo = 'DEMO0000000000000000000000000000';
const picture = (name: string) => ({ name, mimeType: 'image/png', buffer: png(120, 80) });

/** Opens the demo, with a gate that pictures being prepared wait at: window.openGate(). */
async function openGated(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(() => {
    const gate = new Promise<void>((open) => ((window as any).openGate = open));
    let sdk: any;
    Object.defineProperty(window, 'AgoraRTM', {
      configurable: true,
      get: () => sdk,
      set(value) {
        sdk = value;
        const { prepareImage } = sdk;
        sdk.prepareImage = (...args: unknown[]) => gate.then(() => prepareImage.apply(sdk, args));
      },
    });
  });
  await page.goto(url);
  await expect(page.getByTestId('composer')).toBeFocused();
  return page;
}

const say = async (page: Page, text: string) => {
  await page.getByTestId('composer').fill(text);
  await page.getByTestId('composer').press('Enter');
};

async function attach(page: Page, name: string): Promise<void> {
  await page.getByTestId('attach-input').setInputFiles(picture(name));
  await page.getByTestId('send').click();
}

async function openChannel(page: Page, name: string): Promise<void> {
  await page.getByTestId('new-conversation-name').fill(name);
  await page.getByTestId('new-channel').click();
  await expect(page.locator('#title')).toHaveText(name);
}

/** What a user of the SDK has received so far. */
const received = async (page: Page) => (await events(page, 'ChannelMessage')).map(([{ messageType, text, fileName }]) => `${messageType} ${text ?? fileName}`);

test('a picture that is being prepared goes on in its own conversation, and is dropped with it', async ({ browser, openPage, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const ben = await openPage();
    await login(ben, `ben-${run}`, demo);
    await join(ben, `tea-${run}`);
    const page = await openGated(context, `${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
    await attach(page, 'one.png');
    await say(page, 'after it');
    await openChannel(page, `other-${run}`);
    await page.evaluate('openGate()');
    await expect.poll(() => received(ben)).toEqual(['IMAGE one.png', 'TEXT after it']);
    await expect(page.getByTestId('message'), 'not where one looks now').toHaveCount(0);
    await page.close();

    const again = await openGated(context, `${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
    await attach(again, 'two.png');
    await again.getByTestId('conversation-leave').click();
    await expect(again.locator('#toast')).toContainText(`You left #tea-${run}, with 1 message not sent.`);
    await again.getByTestId('undo').click();
    await expect(again.getByTestId('message').last().getByTestId('picture'), 'it is there again').toBeVisible();
    await again.getByTestId('conversation-leave').click();
    await openChannel(again, `other-${run}`);
    await again.getByTestId('conversation-leave').click(); // now the former can't be undone
    await expect(again.locator('#toast')).toContainText(`You left #other-${run}.`);
    await again.evaluate('openGate()');
    await openChannel(again, `tea-${run}`);
    await expect(again.getByTestId('message')).toHaveCount(0);
    await say(again, 'later');
    await expect.poll(async () => (await received(ben)).slice(2), 'what was left is not sent').toEqual(['TEXT later']);
  } finally {
    await context.close();
  }
});

test('a picture that is being prepared can be cancelled, and is sent once when it is tried again', async ({ browser, openPage, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const ben = await openPage();
    await login(ben, `ben-${run}`, demo);
    await join(ben, `tea-${run}`);
    const page = await openGated(context, `${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
    await attach(page, 'one.png');
    await page.getByTestId('transfer-cancel').click();
    await page.getByTestId('transfer-retry').click();
    await page.evaluate('openGate()');
    await expect(page.getByTestId('message')).toContainText('Sent');
    await say(page, 'after');
    await expect.poll(() => received(ben)).toEqual(['IMAGE one.png', 'TEXT after']);
  } finally {
    await context.close();
  }
});

test('who closes the page while a picture is being prepared is asked, and told afterwards what was not sent', async ({ browser, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const page = await openGated(context, `${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
    await attach(page, 'one.png');
    const asked = page.waitForEvent('dialog');
    await page.evaluate(() => void setTimeout(() => location.reload()));
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.accept();
    const message = page.getByTestId('message').filter({ has: page.getByText('Not sent: the page was closed too early. Add it again.') });
    await expect(message.getByTestId('transfer-dismiss')).toBeVisible();
    await expect(message.getByTestId('transfer-retry'), 'the file is not there any more').toHaveCount(0);
    await message.getByTestId('transfer-dismiss').click();
    await expect(page.getByTestId('message')).toHaveCount(0);
    await page.evaluate('openGate()');
    await attach(page, 'two.png');
    await expect(page.getByTestId('message')).toContainText('Sent');
    page.on('dialog', () => expect('it asks for nothing').toBe(''));
    await page.reload();
    await expect(page.getByTestId('message')).toContainText('Sent');
  } finally {
    await context.close();
  }
});

/** Ways in which a browser keeps nothing; each runs in the page. */
const broken: Record<string, () => void> = {
  'never opens': () => {
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
  },
  'is forbidden': () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('The user denied permission to access the database.', 'SecurityError');
    };
  },
  'never ends a transaction': () => {
    const silent: any = new Proxy(new EventTarget(), { get: (target, name) => (name in target ? Reflect.get(target, name).bind?.(target) : () => silent), set: () => true });
    IDBDatabase.prototype.transaction = () => silent;
  },
};

for (const [how, breakIt] of Object.entries(broken)) {
  test(`where the storage ${how}, the demo says so and works without`, async ({ browser, openPage, gateway, run }) => {
    const context = await browser.newContext();
    try {
      const ben = await openPage();
      await login(ben, `ben-${run}`, demo);
      await join(ben, `tea-${run}`);
      const page = await context.newPage();
      await page.addInitScript(breakIt);
      await page.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
      await expect(page.getByText('This browser keeps nothing for this page at the moment.')).toBeVisible();
      await page.getByRole('button', { name: 'Got it' }).click();
      await expect(page.getByText('This browser keeps nothing for this page at the moment.')).toBeHidden();
      await expect(page.getByTestId('composer')).toBeVisible();
      await say(page, 'one');
      await attach(page, 'view.png');
      await say(page, 'two');
      await expect(page.getByTestId('message').last()).toContainText('Sent');
      await expect.poll(() => received(ben)).toEqual(['TEXT one', 'IMAGE view.png', 'TEXT two']);
      await ben.evaluate(() => (window as any).channel.sendMessage({ text: 'seen' }));
      await expect(page.getByTestId('message').last()).toContainText('seen');

      await page.route('**/media/**', (route) => route.fulfill({ status: 413, headers: { 'Rtm-Gateway': '1' }, body: 'no' }));
      await attach(page, 'large.png');
      await page.getByTestId('transfer-retry').or(page.getByTestId('transfer-dismiss')).first().waitFor();
      await page.getByTestId('transfer-dismiss').click();
      await expect(page.getByTestId('message')).toHaveCount(4);
      await page.getByTestId('logout').click();
      await page.getByTestId('logout-confirm').click();
      await expect(page.getByTestId('login-uid')).toBeFocused();
    } finally {
      await context.close();
    }
  });
}

/** How many rows this browser has of the demo and its outbox. */
const rows = (page: Page) =>
  page.evaluate(async () => {
    let count = 0;
    for (const name of ['rtm-demo', 'rtm-outbox']) {
      const db = await new Promise<IDBDatabase>((opened) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => opened(request.result);
      });
      for (const store of db.objectStoreNames) {
        if (store === 'counters') continue; // numbers alone, of nobody
        count += await new Promise<number>((counted) => {
          const request = db.transaction(store).objectStore(store).count();
          request.onsuccess = () => counted(request.result);
        });
      }
      db.close();
    }
    return count;
  });

test('who signs out may delete what the browser keeps', async ({ browser, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const open = async () => {
      await page.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
      await expect(page.getByTestId('composer')).toBeFocused();
    };
    await open();
    await say(page, 'a secret');
    await expect(page.getByTestId('message')).toContainText('Sent');
    await page.route('**/media/**', () => {}); // it is never done
    await page.getByTestId('attach-input').setInputFiles({ name: 'plan.bin', mimeType: '', buffer: Buffer.alloc(5000) });
    await page.getByTestId('send').click();
    await expect(page.getByTestId('transfer')).toContainText('0%');

    await page.getByTestId('logout').click();
    await expect(page.getByText('1 message is not sent yet, and will be sent when you sign in again.')).toBeVisible();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await expect(page.getByTestId('logout')).toBeFocused();
    await page.getByTestId('logout').click();
    await page.getByTestId('logout-confirm').click();
    await expect(page.getByTestId('login-uid')).toBeFocused();
    await open();
    await expect(page.getByTestId('message'), 'kept').toHaveCount(2);

    await page.getByTestId('logout').click();
    await page.getByTestId('logout-forget').check();
    await expect(page.getByText('1 message is not sent yet, and will not be sent.')).toBeVisible();
    await page.getByTestId('logout-confirm').click();
    await expect(page.getByText('Your conversations were deleted from this browser.')).toBeVisible();
    await expect(page.getByTestId('login-uid')).toBeFocused();
    await expect(page.getByTestId('login-uid'), 'nor the name').not.toHaveValue(`ann-${run}`);
    expect(await rows(page)).toBe(0);
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(`ann-${run}`);
    await open();
    await expect(page.getByTestId('message')).toHaveCount(0);
  } finally {
    await context.close();
  }
});

test('messages of other days are told apart', async ({ page, gateway, run }) => {
  const url = `${gateway.url}/?uid=ann-${run}&channel=tea-${run}`;
  await page.clock.setFixedTime(new Date('2026-03-07T12:00:00'));
  await page.goto(url);
  await expect(page.getByTestId('composer')).toBeFocused();
  await say(page, 'one');
  await expect(page.getByTestId('message')).toContainText('Sent');
  await page.clock.setFixedTime(new Date('2026-03-09T12:00:00'));
  await page.goto(url);
  await expect(page.getByTestId('message')).toContainText('one');
  await expect(page.locator('.conversation-time')).toHaveText('Mar 7');
  await say(page, 'two');
  const lines = page.locator('.thread > :is(.message, .note)');
  await expect(lines).toHaveText([/^Saturday, March 7$/, /one/, /^Monday, March 9$/, /two/]);
  await expect(page.locator('.conversation-time')).toHaveText(/^12:00\sPM$/);
});
