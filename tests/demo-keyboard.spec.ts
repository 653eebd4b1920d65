// The demo by keyboard alone: everything can be done, one always sees where one is, and no control takes the focus with it.
import type { Locator, Page, Route } from '@playwright/test';
import { CONTROLS, expectAllReached, expectFocusKept, expectRing, tabTo, watchFocus } from './support/focus.ts';
import { expectLoaded, png } from './support/pictures.ts';
import { wav } from './support/sound.ts';
import { expect, test } from './support/test.ts';

test.describe.configure({ mode: 'parallel' }); // they take long, and have nothing in common

const picture = (name: string) => ({ name, mimeType: 'image/png', buffer: png(900, 600) });
const file = (name: string, size: number) => ({ name, mimeType: '', buffer: Buffer.alloc(size) });

/** Uploads of these sizes are refused, or held. */
const REFUSED = 1001;
const HELD = 2002;

/** Refuses and holds uploads by their size. */
async function spoilUploads(page: Page): Promise<{ release(): void }> {
  let held: Route[] = [];
  let holding = true;
  await page.route('**/media/**', (route) => {
    const length = Number(route.request().headers()['upload-length']);
    if (length === REFUSED) return route.fulfill({ status: 413, headers: { 'Rtm-Gateway': '1' }, body: 'no' });
    if (length === HELD && holding) return void held.push(route);
    return route.continue();
  });
  return {
    release() {
      holding = false;
      for (const route of held) route.abort().catch(() => {}); // it is tried again; what was cancelled must not go out after all
      held = [];
    },
  };
}

const message = (page: Page, text: string) => page.getByTestId('message').filter({ hasText: text });

async function attach(page: Page, ...files: Parameters<Locator['setInputFiles']>[0][]): Promise<void> {
  await page.getByTestId('attach-input').setInputFiles(files.flat() as any);
}

/** Where each test begins again; resolves once all controls are there. */
type Scene = (page: Page, url: string, run: string) => Promise<void>;

async function conversation(page: Page, url: string, run: string): Promise<void> {
  await page.goto(`${url}/?uid=ann-${run}&channel=tea-${run}`);
  await expect(page.getByTestId('composer')).toBeFocused();
  if (!(await message(page, 'tone.wav').count())) {
    await attach(page, picture('view.png'), picture('hill.png'), file('notes.txt', 50));
    await attach(page, { name: 'tone.wav', mimeType: 'audio/wav', buffer: wav(1) });
    await page.getByTestId('send').click();
    await attach(page, file('lost.bin', REFUSED));
    await page.getByTestId('send').click();
    await attach(page, file('held.bin', HELD));
    await page.getByTestId('send').click();
    await expect(message(page, 'held.bin')).toContainText('0%');
    await expect(message(page, 'lost.bin')).toContainText('too large');
    await page.goto(`${url}/?uid=ann-${run}&channel=tea-${run}`);
  }
  await expect(page.locator('button.picture:not(.preview)')).toHaveCount(2);
  await expect(page.getByTestId('composer')).toBeFocused();
}

/** A conversation with pictures alone, which is quicker. */
async function pictures(page: Page, url: string, run: string): Promise<void> {
  await page.goto(`${url}/?uid=ann-${run}&channel=tea-${run}`);
  await expect(page.getByTestId('composer')).toBeFocused();
  if (!(await page.getByTestId('picture').count())) {
    await attach(page, picture('view.png'), picture('hill.png'));
    await page.getByTestId('send').click();
    await expect(page.getByTestId('message')).toContainText('Sent');
  }
  await expect(page.locator('button.picture:not(.preview)')).toHaveCount(2);
}

const scenes: Record<string, Scene> = {
  'the form': async (page, url) => {
    await page.goto(`${url}/healthz`);
    await page.evaluate(() => sessionStorage.clear()); // nobody is signed in
    await page.goto(url);
    await page.getByTestId('login-uid').focus();
  },
  'a conversation': conversation,
  'what is to be sent': async (page, url, run) => {
    await page.goto(`${url}/?uid=ann-${run}&channel=tea-${run}`);
    await expect(page.getByTestId('composer')).toBeFocused();
    await attach(page, picture('one.png'), file('two.bin', 9), file('three.bin', 0));
    await expect(page.getByTestId('tray-remove')).toHaveCount(3);
  },
  'the viewer': async (page, url, run) => {
    await pictures(page, url, run);
    await page.getByTestId('picture').first().press('Enter');
  },
  'all pictures': async (page, url, run) => {
    await pictures(page, url, run);
    await page.getByTestId('show-gallery').press('Enter');
  },
  'code for developers': async (page, url, run) => {
    await page.goto(`${url}/?uid=ann-${run}`);
    await expect(page.getByTestId('new-conversation-name')).toBeFocused();
    await page.getByTestId('snippet').press('Enter');
  },
  'a conversation that was left': async (page, url, run) => {
    await page.goto(`${url}/?uid=ann-${run}&channel=tea-${run}`);
    await expect(page.getByTestId('composer')).toBeFocused();
    await page.getByTestId('conversation-leave').press('Enter');
    await expect(page.getByTestId('undo')).toBeVisible();
  },
  'signed in elsewhere': async (page, url, run) => {
    await page.goto(`${url}/?uid=ann-${run}&channel=tea-${run}`);
    await expect(page.getByTestId('composer')).toBeFocused();
    const other = await page.context().newPage();
    await other.goto(`${url}/?uid=ann-${run}`);
    await expect(page.getByRole('button', { name: 'Sign in again' })).toBeVisible();
    await other.close({ runBeforeUnload: true });
  },
  'signing out': async (page, url, run) => {
    await page.goto(`${url}/?uid=ann-${run}&channel=tea-${run}`);
    await expect(page.getByTestId('composer')).toBeFocused();
    await page.getByTestId('logout').press('Enter');
  },
};

/** The controls in sight, each by what it is called and the message it belongs to. */
const controlsOf = (page: Page) =>
  page.evaluate((selector) => {
    const dialog = document.querySelector('dialog[open]');
    return [...(dialog ?? document).querySelectorAll<HTMLElement>(selector)]
      .filter((e) => e.getClientRects().length && !e.matches(':disabled, [target="_blank"], [type="file"]'))
      .map((e) => {
        const of = e.closest('article')?.querySelector('.file-name')?.textContent ?? '';
        return `${e.id || e.ariaLabel || e.textContent?.trim() || e.tagName}${of && ` of ${of}`}`;
      });
  }, CONTROLS);

/**
 * Gives the focus to the first control that was not used yet, in one step: between two, the page may change. Those that end a scene for
 * good come last. Returns its name, and those of all controls.
 */
const focusNext = (page: Page, used: string[]) =>
  page.evaluate(([selector, used]) => {
    const dialog = document.querySelector('dialog[open]');
    const controls = [...(dialog ?? document).querySelectorAll<HTMLElement>(selector)]
      .filter((e) => e.getClientRects().length && !e.matches(':disabled, [target="_blank"], [type="file"]'))
      .map((element) => {
        const of = element.closest('article')?.querySelector('.file-name')?.textContent ?? '';
        return { element, name: `${element.id || element.ariaLabel || element.textContent?.trim() || element.tagName}${of && ` of ${of}`}` };
      });
    const isLast = ({ name }: { name: string }) => Number(/^(leave|logout|Remove of|Sign out)/.test(name));
    const next = controls.filter(({ name }) => !used.includes(name)).sort((a, b) => isLast(a) - isLast(b))[0];
    next?.element.focus();
    return { next: next?.name, now: controls.map(({ name }) => name) };
  }, [CONTROLS, used] as const);

/** What comes of controls that need an answer of the gateway, or lead out of their scene: it is waited for. */
const outcomes: [RegExp, (page: Page) => Promise<void>][] = [
  [/^(uid|app-id|token|gateway|login-submit)$/, (page) => expect(page.locator('#chat-view')).toBeVisible()],
  [/^again$/, (page) => expect(page.getByRole('button', { name: 'Sign in again' })).toBeHidden()],
  [/^offer$/, (page) => expect(page.locator('#title').filter({ hasText: 'lobby' }).or(page.locator('#new-error')).filter({ visible: true }).first()).toBeVisible()], // refused to who is signed in elsewhere
  [/^leave$/, (page) => expect(page.locator('#toast')).toBeVisible()],
  [/^Undo$/, (page) => expect(page.locator('#conversation')).toBeVisible()],
  [/^Sign out$/, (page) => expect(page.getByTestId('login-uid')).toBeVisible()],
];

/** How many dialogs are open, and how many the browser's history has: the two are the same once closing one is over. */
const dialogs = (page: Page) =>
  page.evaluate(() => Math.max(document.querySelectorAll('dialog[open]').length, history.state?.dialogs?.length ?? 0));

for (const [name, scene] of Object.entries(scenes)) {
  test(`no control takes the focus with it: ${name}`, async ({ page, gateway, run }) => {
    test.slow(); // each control that changes the page has it opened again
    page.on('filechooser', () => {}); // none is shown then
    await watchFocus(page);
    await spoilUploads(page);
    await scene(page, gateway.url, run);
    const used = new Set<string>();
    for (;;) {
      const { next, now } = await focusNext(page, [...used]);
      if (next === undefined) break;
      used.add(next);
      const open = await dialogs(page);
      await page.keyboard.press(next === 'INPUT' ? 'Space' : 'Enter');
      await expectFocusKept(page, `“${next}”`);
      await expect.poll(() => page.evaluate(() => document.activeElement?.tagName), `after “${next}”`).not.toBe('BODY');
      for (const [control, outcome] of outcomes) if (control.test(next)) await outcome(page);
      if ((await dialogs(page)) > open) {
        // Closing what it opened is quicker than opening the page again, and leads back to the same controls.
        await expectFocusKept(page, `“${next}”, and what it opened`);
        await page.keyboard.press('Escape');
        await expect.poll(() => dialogs(page), `Escape after “${next}”`).toBe(open);
      }
      if (String(await controlsOf(page)) === String(now)) continue;
      await expectFocusKept(page, `“${next}”, and what came of it`);
      await scene(page, gateway.url, run);
    }
    expect(used.size, [...used].join(', ')).toBeGreaterThan(1);
  });
}

test('Try again takes the focus from Cancel, and Cancel from Try again', async ({ page, gateway, run }) => {
  await watchFocus(page);
  const uploads = await spoilUploads(page);
  await page.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
  await expect(page.getByTestId('composer')).toBeFocused();
  for (const [name, held] of [['held.bin', file('held.bin', HELD)], ['held.wav', { ...file('held.wav', HELD), mimeType: 'audio/wav' }]] as const) {
    await attach(page, held);
    await page.getByTestId('send').click();
    const sent = message(page, name);
    await sent.getByTestId('transfer-cancel').press('Enter');
    await expect(sent.getByTestId('transfer-retry')).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(sent.getByTestId('transfer-cancel')).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(sent.getByTestId('transfer-retry')).toBeFocused();
  }
  uploads.release();
  await page.keyboard.press('Enter');
  await expect(message(page, 'held.wav')).toContainText('Sent');
  await expectFocusKept(page, 'the end of the upload');
});

test('everything can be done by keyboard, and the focus is always seen', { tag: '@firefox' }, async ({ page, gateway, run }) => {
  test.slow();
  await watchFocus(page);
  const uploads = await spoilUploads(page);
  const { keyboard } = page;
  await page.goto(gateway.url);
  await tabTo(page, page.getByTestId('login-uid'));
  await keyboard.press('ControlOrMeta+a');
  await keyboard.type(`ann-${run}`);
  await keyboard.press('Enter');
  await expect(page.locator('#list')).toBeVisible();
  await tabTo(page, page.getByTestId('new-conversation-name')); // where no mouse is, it does not have the focus at once
  await keyboard.type(`tea-${run}`);
  await keyboard.press('Enter');
  const composer = page.getByTestId('composer');
  await expect(page.locator('#title')).toHaveText(`tea-${run}`);
  await tabTo(page, composer);
  await keyboard.type('Hello');
  await keyboard.press('Enter');
  await expect(message(page, 'Hello')).toContainText('Sent');

  // Adding, taking out, a caption, sending.
  await tabTo(page, page.getByRole('button', { name: 'Add pictures or files' }));
  const chooser = page.waitForEvent('filechooser');
  await keyboard.press('Enter');
  await (await chooser).setFiles([picture('one.png'), picture('two.png'), picture('three.png')]);
  await expect(composer).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'Remove two.png' }));
  await keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Remove three.png' })).toBeFocused();
  await tabTo(page, composer);
  await keyboard.type('Two views');
  await tabTo(page, page.getByTestId('send'));
  await keyboard.press('Enter');
  await expect(message(page, 'Two views')).toContainText('Sent');

  // Cancelling and trying again.
  await attach(page, file('held.bin', HELD));
  await tabTo(page, page.getByTestId('send'));
  await keyboard.press('Space');
  await tabTo(page, page.getByRole('button', { name: 'Cancel held.bin' }));
  await keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Try again' })).toBeFocused();
  await expectRing(page);
  uploads.release();
  await keyboard.press('Enter');
  await expect(message(page, 'held.bin')).toContainText('Sent');
  await expect(message(page, 'held.bin').getByTestId('file-save'), 'it takes the place of Cancel').toBeFocused();

  // The viewer: larger, moved, the next one, and back.
  const opener = page.getByRole('button', { name: 'Open picture one.png' });
  await tabTo(page, opener);
  await keyboard.press('Enter');
  const dialog = page.locator('#lightbox');
  await expect(dialog).toContainText('1 of 2');
  const box = () => page.locator('#lightbox img').evaluate((e) => e.getBoundingClientRect().toJSON() as DOMRect);
  await expectLoaded(dialog.locator('img'));
  const fits = await box();
  for (let i = 0; i < 4; i++) await keyboard.press('+');
  const large = await box();
  expect(large.width).toBeGreaterThan(fits.width * 2);
  await keyboard.press('ArrowDown');
  expect((await box()).top).toBeLessThan(large.top);
  await keyboard.press('0');
  await keyboard.press('ArrowRight');
  await expect(dialog).toContainText('2 of 2');
  await tabTo(page, dialog.getByRole('button', { name: 'Previous picture' }));
  await tabTo(page, dialog.getByRole('button', { name: 'Save' }));
  await tabTo(page, dialog.getByRole('button', { name: 'Close' }));
  await keyboard.press('Enter');
  await expect(opener, 'the focus returns').toBeFocused();

  // Sound.
  await attach(page, { name: 'tone.wav', mimeType: 'audio/wav', buffer: wav(30) });
  await expect(composer).toBeFocused();
  await keyboard.press('Enter');
  const audio = page.locator('audio');
  await expect(message(page, 'tone.wav')).toContainText('Sent');
  await audio.evaluate((e: HTMLAudioElement) => (e.muted = true)); // Firefox plays nothing aloud where there is no sound card
  await tabTo(page, audio);
  while (await audio.evaluate((e) => e === document.activeElement)) await keyboard.press('Shift+Tab'); // over the parts of the player
  await keyboard.press('Tab');
  await keyboard.press('Space');
  await expect.poll(() => audio.evaluate((e: HTMLAudioElement) => e.currentTime)).toBeGreaterThan(0);
  await keyboard.press('Space');
  await expect.poll(() => audio.evaluate((e: HTMLAudioElement) => e.paused)).toBe(true);

  await expectAllReached(page);

  // The code for developers, and out.
  await tabTo(page, page.getByTestId('snippet'));
  await keyboard.press('Enter');
  await tabTo(page, page.getByRole('button', { name: 'Copy' }));
  await keyboard.press('Enter');
  await expect(page.locator('#snippet')).toContainText(/Copied|Selected/);
  await keyboard.press('Escape');
  await expect(page.getByTestId('snippet')).toBeFocused();
  await tabTo(page, page.getByTestId('logout'));
  await keyboard.press('Enter');
  await expect(page.getByTestId('logout-confirm')).toBeFocused();
  await expectRing(page);
  await keyboard.press('Enter');
  await expect(page.getByTestId('login-uid')).toBeFocused();
});

test('Tab leads to every control and back, and the focus is always seen', { tag: '@everywhere' }, async ({ newPage, gateway, run }) => {
  const page = await newPage();
  const count = (selector: string) => page.evaluate((selector) => document.querySelectorAll(selector).length, selector);
  const send = () => page.evaluate(() => document.querySelector<HTMLFormElement>('#compose')!.requestSubmit());
  await page.goto(gateway.url);
  await page.evaluate(() => (document.querySelector<HTMLDetailsElement>('#advanced')!.open = true));
  await expectAllReached(page);
  await page.goto(`${gateway.url}/?uid=eve-${run}&channel=own-${run}`);
  await expect.poll(() => page.evaluate(() => document.querySelector('#member-count')!.textContent)).toBe('1 person');
  for (const { name, buffer } of [picture('view.png'), file('notes.txt', 50)]) {
    await page.setInputFiles('#attach-input', { name, mimeType: '', buffer });
    await expect.poll(() => count('#tray-items li')).toBe(1);
    await send();
    await expect.poll(() => count('#tray-items li')).toBe(0);
  }
  await expect.poll(() => count('[data-state="sent"]')).toBe(2);
  await page.setInputFiles('#attach-input', { name: 'more.txt', mimeType: '', buffer: Buffer.alloc(9) });
  await expect.poll(() => count('#tray-items li')).toBe(1);
  await expectAllReached(page);
});
