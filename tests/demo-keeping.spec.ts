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
  await expect(async () => { // a channel may be joined twice in five seconds
    await page.getByTestId('new-channel').click();
    await expect(page.locator('#title')).toHaveText(name, { timeout: 5000 });
  }).toPass();
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
    await again.getByTestId('undo').focus(); // it is there as long as it has the focus
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
    const questions: string[] = [];
    page.on('dialog', (dialog) => {
      questions.push(dialog.type());
      dialog.accept();
    });
    await page.reload();
    await expect(page.getByTestId('message')).toContainText('Sent');
    expect(questions).toEqual([]);
  } finally {
    await context.close();
  }
});

test('what was just said is there when the page ends at once', async ({ context, page, gateway, run }) => {
  const url = `${gateway.url}/?uid=ann-${run}&channel=tea-${run}`;
  await page.goto(url);
  await expect(page.getByTestId('composer')).toBeFocused();
  await say(page, 'one');
  await expect(page.getByTestId('message')).toContainText('Sent');
  await page.getByTestId('composer').fill('two');
  const cdp = await context.newCDPSession(page);
  const shown = new Promise((resolve) => page.on('console', (message) => resolve(message.text())));
  page.evaluate(async () => {
    document.querySelector<HTMLTextAreaElement>('[data-testid=composer]')!.form!.requestSubmit();
    for (let turns = 0; turns < 100; turns++) await undefined; // the page begins to keep it, and is told nothing any more
    console.log(document.querySelector('.thread')!.textContent);
    for (;;);
  }).catch(() => {}); // it ends with the page
  expect(await shown).toContain('two');
  const crashed = page.waitForEvent('crash');
  cdp.send('Page.crash').catch(() => {});
  await crashed;
  const next = await context.newPage();
  await next.goto(url);
  const message = next.getByTestId('message').filter({ hasText: 'two' });
  await expect(message).toContainText('Not sent: the page was closed too early.');
  await message.getByTestId('transfer-retry').click();
  await expect(message).toContainText('Sent');
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
    await page.route('**/media/**', (route) => (route.request().method() === 'DELETE' ? route.continue() : undefined)); // no upload is ever done
    await page.getByTestId('attach-input').setInputFiles({ name: 'plan.bin', mimeType: '', buffer: Buffer.alloc(5000) });
    await page.getByTestId('send').click();
    await expect(page.getByTestId('transfer')).toContainText('0%');

    await page.getByTestId('logout').click();
    await expect(page.getByText('1 message has not been sent yet. It will be sent when you sign in again.')).toBeVisible();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await expect(page.getByTestId('logout')).toBeFocused();
    await page.getByTestId('logout').click();
    await page.getByTestId('logout-confirm').click();
    await expect(page.getByTestId('login-uid')).toBeFocused();
    await open();
    await expect(page.getByTestId('message'), 'kept').toHaveCount(2);

    await page.getByTestId('logout').click();
    await page.getByTestId('logout-forget').check();
    await expect(page.getByText('1 message has not been sent. It will be deleted too. To send it first, choose Cancel.')).toBeVisible();
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

/** Keeps the store of messages busy, as a slow disk does. Returns what ends that. */
async function holdMessages(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((opened) => {
      const request = indexedDB.open('rtm-demo');
      request.onsuccess = () => opened(request.result);
    });
    const store = db.transaction('messages', 'readwrite').objectStore('messages');
    let held = true;
    (window as any).letGo = () => (held = false);
    const again = () => {
      if (held) store.get('').onsuccess = again;
      else db.close();
    };
    again();
  });
  return () => page.evaluate(() => void (window as any).letGo());
}

const nothingKept = (page: Page) => page.getByText('This browser keeps nothing for this page at the moment.');

test('a message that is kept late is there once after a reload, and sent once', async ({ browser, openPage, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const ben = await openPage();
    await login(ben, `ben-${run}`, demo);
    await join(ben, `tea-${run}`);
    const page = await context.newPage();
    await page.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
    await expect(page.getByTestId('composer')).toBeFocused();
    const letGo = await holdMessages(page);
    await say(page, 'slowly');
    await expect(page.getByTestId('message')).toContainText('Sent');
    await expect(nothingKept(page)).toBeVisible();
    await letGo();
    await expect(nothingKept(page)).toBeHidden();
    await page.reload();
    await expect(page.getByTestId('message')).toContainText(['slowly']);
    await expect(page.getByTestId('message')).toContainText('Sent');
    await expect(page.getByTestId('transfer-retry')).toHaveCount(0);
    await say(page, 'later');
    await expect.poll(() => received(ben)).toEqual(['TEXT slowly', 'TEXT later']);
  } finally {
    await context.close();
  }
});

test('who deletes their conversations is told when the browser does not delete them, and can after one failure', async ({ browser, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const open = async () => {
      await page.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
      await expect(page.getByTestId('composer')).toBeFocused();
    };
    const signOut = async () => {
      await page.getByTestId('logout').click();
      await page.getByTestId('logout-forget').check();
      await page.getByTestId('logout-confirm').click();
    };
    await open();
    await say(page, 'a secret');
    await expect(page.getByTestId('message')).toContainText('Sent');
    const letGo = await holdMessages(page);
    await signOut();
    await expect(page.getByText('Not deleted from this browser: your conversations.')).toBeVisible();
    await expect(page.getByText('Your conversations were deleted from this browser.')).toBeHidden();
    await expect(page.getByTestId('login-uid'), 'the name is still there, to try it again').toHaveValue(`ann-${run}`);
    await letGo();

    await open();
    // One request fails, as on a full disk; then the storage works again.
    await page.evaluate(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function () {
        IDBObjectStore.prototype.put = put;
        throw new DOMException('full', 'QuotaExceededError');
      };
    });
    await say(page, 'another one');
    await expect(page.getByTestId('message').last()).toContainText('Sent');
    await signOut();
    await expect(page.getByText('Your conversations were deleted from this browser.')).toBeVisible();
    expect(await rows(page)).toBe(0);
  } finally {
    await context.close();
  }
});

test('a message that the outbox takes and sends while its conversation is opened again is not offered to be sent again', async ({ browser, openPage, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const ben = await openPage();
    await login(ben, `ben-${run}`, demo);
    const page = await context.newPage();
    await page.addInitScript(() => {
      const gate = new Promise<void>((open) => ((window as any).openGate = open));
      let sdk: any;
      Object.defineProperty(window, 'AgoraRTM', {
        configurable: true,
        get: () => sdk,
        set(value) {
          sdk = value;
          const { openOutbox } = sdk;
          sdk.openOutbox = (client: unknown) => {
            const outbox = openOutbox(client);
            const send = outbox.send.bind(outbox);
            outbox.send = (...args: unknown[]) => gate.then(() => send(...args));
            return outbox;
          };
        },
      });
    });
    await page.goto(`${gateway.url}/?uid=ann-${run}`);
    await page.getByTestId('new-conversation-name').fill(`ben-${run}`);
    await page.getByTestId('new-peer').click();
    await expect(page.getByTestId('composer')).toBeFocused();
    await say(page, 'once');
    await expect(page.getByTestId('message')).toContainText('once');
    await page.getByTestId('conversation-leave').click();
    await page.getByTestId('undo').focus(); // it is there as long as it has the focus
    const letGo = await holdMessages(page);
    await page.evaluate(() => {
      const { getAll } = IDBIndex.prototype;
      IDBIndex.prototype.getAll = function (...args) {
        (window as any).reading = true;
        return getAll.apply(this, args);
      };
    });
    await page.getByTestId('undo').click();
    await expect.poll(() => page.evaluate('window.reading')).toBe(true);
    await page.evaluate('openGate()');
    await expect.poll(async () => (await events(ben, 'MessageFromPeer')).map(([{ text }]) => text)).toEqual(['once']);
    await expect.poll(() => page.evaluate(() => new Promise<number>((counted) => {
      indexedDB.open('rtm-outbox').onsuccess = ({ target }: any) => {
        target.result.transaction('items').objectStore('items').count().onsuccess = (event: any) => counted(event.target.result);
        target.result.close();
      };
    }))).toBe(0); // it is sent
    await letGo();
    await expect(page.getByTestId('message')).toContainText('once');
    await expect(page.getByTestId('message')).toContainText('Delivered');
    await expect(page.getByTestId('transfer-retry')).toHaveCount(0);
  } finally {
    await context.close();
  }
});

test('signing out says which messages are sent later, which can be sent again, and which are lost', async ({ browser, gateway, run }) => {
  const context = await browser.newContext();
  try {
    const page = await openGated(context, `${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
    await page.route('**/media/**', () => {}); // no upload is ever done
    const dialog = page.locator('#sign-out');
    const asked = async (...sentences: string[]) => {
      await page.getByTestId('logout').click();
      await expect(dialog.getByRole('status')).toHaveText(sentences.join(' '));
      await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    };
    const cancel = async (name: string) => {
      const message = page.getByTestId('message').filter({ hasText: name });
      await message.getByTestId('transfer-cancel').click();
      await expect(message.getByTestId('transfer-retry')).toBeVisible();
    };
    for (const name of ['one.bin', 'two.bin']) {
      await page.getByTestId('attach-input').setInputFiles({ name, mimeType: '', buffer: Buffer.alloc(5000) });
      await page.getByTestId('send').click();
      await expect(page.getByTestId('message').last().getByTestId('transfer')).toContainText('0%');
    }
    await asked('2 messages have not been sent yet. They will be sent when you sign in again.');
    await cancel('two.bin');
    const later = '1 message has not been sent yet. It will be sent when you sign in again.';
    const stopped = '1 other message was cancelled or failed. You can still send it after you sign in again.';
    await asked(later, stopped);
    await attach(page, 'prepared.png');
    await expect(page.getByTestId('message')).toHaveCount(3);
    await asked(later, stopped, '1 other message will not be sent if you sign out now. To send it first, choose Cancel.');
    await cancel('one.bin');
    await say(page, 'behind it');
    await expect(page.getByTestId('message')).toHaveCount(4);
    await page.getByTestId('logout').click();
    await expect(dialog.getByRole('status')).toHaveText('2 messages were cancelled or failed. You can still send them after you sign in again. 2 other messages will not be sent if you sign out now. To send them first, choose Cancel.');
    await page.getByTestId('logout-forget').check();
    await expect(dialog.getByRole('status')).toHaveText('4 messages have not been sent. They will be deleted too. To send them first, choose Cancel.');

    const box = (await dialog.boundingBox())!;
    await page.mouse.click(box.x + 8, box.y + 8);
    await expect(dialog, 'that was inside').toBeVisible();
    await page.mouse.click(box.x - 8, box.y + 8);
    await expect(dialog, 'that was outside').toBeHidden();

    // The note of a conversation that was left ends with the session.
    await page.getByTestId('conversation-leave').click();
    await expect(page.locator('#toast')).toContainText('with 4 messages not sent.');
    await page.getByTestId('logout').click();
    await expect(page.locator('#toast')).toBeHidden();
    await page.getByTestId('logout-confirm').click();
    await expect(page.getByTestId('login-uid')).toBeFocused();
    await page.evaluate('openGate()');
    await page.getByTestId('login-submit').click();
    await expect(page.getByTestId('new-conversation-name')).toBeFocused();
    await expect(page.getByTestId('conversation'), 'nothing of it is in the outbox').toHaveCount(0);
    await expect(nothingKept(page)).toBeHidden();
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
  await expect(page.getByTestId('message').last()).toContainText('Sent');
  await page.clock.setFixedTime(new Date('2027-01-02T12:00:00'));
  await page.goto(url);
  await expect(lines).toHaveText([/^Saturday, March 7, 2026$/, /one/, /^Monday, March 9, 2026$/, /two/]);
  await expect(page.locator('.conversation-time')).toHaveText('Mar 9, 2026');
  // A line of a day goes with the last message below it.
  await page.route('**/media/**', () => {}); // the upload is never done
  await page.getByTestId('attach-input').setInputFiles({ name: 'plan.bin', mimeType: '', buffer: Buffer.alloc(5000) });
  await page.getByTestId('send').click();
  await expect(lines).toHaveText([/2026$/, /one/, /2026$/, /two/, /^Saturday, January 2$/, /plan/]);
  await page.getByTestId('transfer-cancel').click();
  await page.getByTestId('transfer-dismiss').click();
  await expect(lines).toHaveText([/2026$/, /one/, /2026$/, /two/]);
});
