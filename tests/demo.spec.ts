import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContext, Page } from '@playwright/test';
import { Gateway } from './support/proc.ts';
import { test, expect } from './support/test.ts';
import { app, certificate, token007 } from './support/tokens.ts';
import { png } from './support/pictures.ts';

/** Opens the demo and signs in; every user has a context, and so a storage, of its own. */
async function open(context: BrowserContext, url: string, uid: string, channel: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/?uid=${uid}&channel=${channel}`);
  await expect(page.getByTestId('connection-state')).toHaveAttribute('data-state', 'CONNECTED');
  await expect(page.getByTestId('composer')).toBeVisible(); // nobody can send before
  return page;
}

/** Picks files, and sends them. */
async function send(page: Page, files: Parameters<ReturnType<Page['locator']>['setInputFiles']>[0]): Promise<void> {
  await page.getByTestId('attach-input').setInputFiles(files);
  await page.getByTestId('send').click();
}

async function axe(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`)).toEqual([]);
}

/** That a finger can hit every control in sight; links within text are as high as their line. */
async function expectTouchable(page: Page): Promise<void> {
  const small = await page.locator('button, summary, label:has(input), a:not(.link)').evaluateAll((all) =>
    all.flatMap((e) => {
      const { width, height } = e.getBoundingClientRect();
      return e.getClientRects().length && (width < 40 || height < 40) ? [`${width} × ${height}: ${e.outerHTML.slice(0, 100)}`] : [];
    }));
  expect(small, 'too small for fingers').toEqual([]);
}

test('two people chat, send a picture and a file, and leave', async ({ browser, gateway, run }) => {
  const [ca, cb] = [await browser.newContext(), await browser.newContext()];
  const [a, b] = [await open(ca, gateway.url, `ann-${run}`, `tea-${run}`), await open(cb, gateway.url, `ben-${run}`, `tea-${run}`)];
  await expect(a.getByTestId('member-count')).toContainText('2');

  await a.getByTestId('composer').fill('Hello <b>Ben</b>');
  await a.getByTestId('composer').press('Enter');
  await expect(b.getByTestId('message').filter({ hasText: 'Hello <b>Ben</b>' })).toHaveAttribute('data-own', 'false');
  await expect(a.getByTestId('message').filter({ hasText: 'Hello <b>Ben</b>' })).toHaveAttribute('data-own', 'true');

  const notes = Buffer.alloc(700_000, 'notes ');
  await send(a, [
    { name: 'view.png', mimeType: 'image/png', buffer: png(320, 200) },
    { name: 'notes.txt', mimeType: 'text/plain', buffer: notes },
  ]);
  await expect(b.getByTestId('picture')).toBeVisible();
  await expect.poll(() => b.getByTestId('picture').first().evaluate((e) => ((e.matches('img') ? e : e.querySelector('img')) as HTMLImageElement).naturalWidth)).toBe(320);
  const file = b.locator('[data-testid="message"][data-kind="FILE"]');
  await expect(file).toContainText('notes.txt');
  const download = b.waitForEvent('download');
  await file.getByTestId('file-save').click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe('notes.txt');
  const chunks: Buffer[] = [];
  for await (const c of await saved.createReadStream()) chunks.push(c as Buffer);
  expect(Buffer.concat(chunks)).toEqual(notes);

  for (const page of [a, b]) await axe(page);
  await b.close({ runBeforeUnload: true });
  await expect(a.getByTestId('member-count')).toContainText('1');
  await Promise.all([ca.close(), cb.close()]);
});

test('a peer conversation opens by itself', async ({ browser, gateway, run }) => {
  const [ca, cb] = [await browser.newContext(), await browser.newContext()];
  const [a, b] = [await open(ca, gateway.url, `ann-${run}`, `x-${run}`), await open(cb, gateway.url, `ben-${run}`, `y-${run}`)];
  await a.getByTestId('new-conversation-name').fill(`ben-${run}`);
  await a.getByTestId('new-peer').click();
  await expect(a.locator('#title')).toHaveText(`ben-${run}`); // until then the composer is that of the channel
  await a.getByTestId('composer').fill('just us');
  await a.getByTestId('send').click();
  await b.locator(`[data-testid="conversation"][data-id*="ann-${run}"]`).click();
  await expect(b.getByTestId('message')).toContainText('just us');
  await Promise.all([ca.close(), cb.close()]);
});

test('a transfer can be cancelled and tried again, and what is refused says why', async ({ browser, gateway, run }) => {
  const context = await browser.newContext();
  const a = await open(context, gateway.url, `ann-${run}`, `tea-${run}`);
  const cdp = await context.newCDPSession(a);
  await cdp.send('Network.enable');
  const throttle = (uploadThroughput: number) =>
    cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
  await throttle(20_000); // so that it is still under way when the button is found, however busy the machine
  await send(a, { name: 'long.bin', mimeType: '', buffer: Buffer.alloc(8 << 20) });
  await expect(a.getByTestId('transfer')).toHaveAttribute('data-state', 'running');
  await axe(a);
  await a.getByTestId('transfer-cancel').click();
  await expect(a.getByTestId('transfer')).toHaveAttribute('data-state', 'cancelled');
  await throttle(-1);
  await a.getByTestId('transfer-retry').click();
  await expect(a.locator('[data-testid="message"][data-kind="FILE"]')).toContainText('Sent');

  await a.getByTestId('attach-input').setInputFiles({ name: 'empty.txt', mimeType: '', buffer: Buffer.alloc(0) });
  await expect(a.getByText(/empty/i).first()).toBeVisible();
  await a.getByTestId('attach-input').setInputFiles({ name: 'huge.bin', mimeType: '', buffer: Buffer.alloc((30 << 20) + 1) });
  await expect(a.getByText(/30 MB/i).first()).toBeVisible();
  await axe(a);
  await context.close();
});

test('the page asks the gateway what it needs: app, token, origin; and it can be left out', async ({ browser }) => {
  const [gateway, two, without] = await Promise.all([
    new Gateway(['--app', `${app}:${certificate}`, '--origins', 'https://other.example']).start(),
    new Gateway(['--app', app, '--app', `${'b'.repeat(32)}:${certificate}`, '--origins', 'https://other.example']).start(),
    new Gateway(['--demo=false']).start(),
  ]);
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  try {
    const page = await context.newPage();
    await page.goto(gateway.url);
    const signIn = () => page.getByTestId('login-submit').click();
    await page.getByTestId('login-uid').fill('ann');
    await expect(page.getByText('rtm-gateway token --uid ann')).toBeVisible();
    // A link may name anybody.
    await page.goto(`${gateway.url}/?uid=${encodeURIComponent("x'$(date)'")}`);
    await expect(page.locator('#token-command'), 'one argument of a shell').toHaveText(`rtm-gateway token --uid 'x'\\''$(date)'\\'''`);
    await page.goto(gateway.url);
    await page.getByTestId('login-uid').fill('ann');
    await expect(page.getByLabel('App id'), 'the gateway has told it').toBeHidden();
    await expect(page.getByTestId('login-submit')).toBeInViewport();
    await page.getByLabel('Token').fill('x');
    await signIn();
    await expect(page.getByText('The server wants a valid token for this name.')).toBeVisible();
    await axe(page);
    await page.getByLabel('Token').fill(token007('ann'));
    await signIn();
    await expect(page.getByTestId('connection-state')).toHaveAttribute('data-state', 'CONNECTED');
    await page.reload();
    await expect(page.getByTestId('connection-state'), 'signed in still').toHaveAttribute('data-state', 'CONNECTED');
    await page.getByTestId('logout').click();
    await page.getByTestId('logout-confirm').click();
    await expect(page.getByTestId('login-uid')).toBeFocused();
    await page.reload();
    await expect(page.getByLabel('Token'), 'the token is not kept').toHaveValue('');
    expect(await page.evaluate(() => JSON.stringify([localStorage['rtm-demo'], sessionStorage['rtm-demo']]))).not.toContain('token');

    await page.goto(two.url);
    await expect(page.getByLabel('App id')).toBeVisible();
    await page.getByLabel('App id').fill('c'.repeat(32));
    await signIn();
    await expect(page.getByText('The server does not know this app id.')).toBeVisible();
    await expect(page.getByTestId('login-submit')).toBeInViewport();

    await page.goto(two.url.replace('127.0.0.1', 'rtm.localhost'));
    await expect(page.getByText(`This server takes no pages of http://rtm.localhost:${new URL(two.url).port}.`)).toBeVisible();

    expect((await page.goto(without.url))?.status()).toBe(404);
    expect((await page.goto(`${without.url}/sdk/rtm.js`))?.status()).toBe(200);
  } finally {
    await context.close();
    await Promise.all([gateway.stop(), two.stop(), without.stop()]);
  }
});

test('Back goes back within the page, and a reload changes nothing', async ({ browser, gateway, run }) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 760 }, hasTouch: true });
  const page = await open(context, gateway.url, `ann-${run}`, `tea-${run}`);
  await expect(page).toHaveURL(`${gateway.url}/#channel:tea-${run}`);
  const list = page.getByTestId('new-conversation-name');
  await expect(list).toBeHidden();
  await page.goBack();
  await expect(list).toBeVisible();
  await page.getByTestId('new-peer').click();
  await expect(page.getByText('Type the name')).toBeVisible();
  await page.goForward();
  await expect(page.getByTestId('composer')).toBeVisible();
  await expect(page.getByText('Type the name')).toBeHidden();
  await page.reload();
  await expect(page.getByTestId('composer')).toBeVisible();
  await expect(page.locator('#title')).toHaveText(`tea-${run}`);
  await page.getByRole('button', { name: 'All conversations' }).click();
  await expect(list).toBeVisible();
  await context.close();
});

test('Back closes a dialog that was opened while another one closed', async ({ browser, gateway, run }) => {
  const context = await browser.newContext();
  const page = await open(context, gateway.url, `ann-${run}`, `tea-${run}`);
  await send(page, { name: 'view.png', mimeType: 'image/png', buffer: png(320, 200) });
  await expect(page.getByTestId('show-gallery')).toBeVisible();
  const gallery = page.getByTestId('gallery');
  for (const whenTold of [false, true]) {
    await page.getByTestId('snippet').click();
    await expect(page.locator('#snippet')).toBeVisible();
    await page.evaluate((whenTold) => {
      const dialog = document.querySelector<HTMLDialogElement>('#snippet')!;
      const openOther = () => document.querySelector<HTMLElement>('[data-testid="show-gallery"]')!.click();
      if (whenTold) dialog.addEventListener('close', openOther, { once: true }); // the step back has begun then
      dialog.close();
      if (!whenTold) openOther();
    }, whenTold);
    await expect.poll(() => page.evaluate(() => history.state.dialogs?.at(-1))).toBe('gallery');
    await expect(gallery).toBeVisible();
    await page.goBack();
    await expect(gallery).toBeHidden();
    await expect.poll(() => page.evaluate(() => history.state.dialogs ?? []), 'no step is left').toEqual([]);
    await expect(page).toHaveURL(`${gateway.url}/#channel:tea-${run}`);
  }
  await page.goBack();
  await expect(page).toHaveURL(`${gateway.url}/`);
  await context.close();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`fits a phone and is axe clean (${colorScheme})`, async ({ browser, gateway, run }, info) => {
    const context = await browser.newContext({ viewport: { width: 375, height: 720 }, colorScheme });
    const page = await context.newPage();
    await page.goto(gateway.url);
    await expect(page.getByTestId('login-uid')).toBeVisible();
    await axe(page);
    await expectTouchable(page);
    await page.getByTestId('login-uid').fill(`phone-${run}`);
    await page.getByTestId('login-submit').click();
    await expect(page.getByTestId('connection-state')).toHaveAttribute('data-state', 'CONNECTED');
    await axe(page);
    await expectTouchable(page);
    await page.getByTestId('new-conversation-name').fill(`a-room-with-a-long-name-${run}`);
    await page.getByTestId('new-channel').click();
    await expect(page.getByTestId('composer')).toBeVisible();
    await send(page, { name: 'view.png', mimeType: 'image/png', buffer: png(320, 200) });
    await expect(page.getByTestId('show-gallery')).toBeVisible();
    for (const id of ['show-gallery', 'conversation-leave', 'send']) {
      const { x, width } = (await page.getByTestId(id).boundingBox())!;
      expect(x + width, `${id} is in sight`).toBeLessThanOrEqual(375);
    }
    await axe(page);
    await expectTouchable(page);
    await page.route('**/media/**', (route) => route.fulfill({ status: 413, headers: { 'Rtm-Gateway': '1' }, body: 'no' }));
    await send(page, { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.alloc(700) });
    await expect(page.getByTestId('transfer-dismiss')).toBeVisible();
    await page.getByTestId('attach-input').setInputFiles([{ name: 'view.png', mimeType: 'image/png', buffer: png(320, 200) }, { name: 'empty.txt', mimeType: '', buffer: Buffer.alloc(0) }]);
    await expect(page.getByTestId('tray-remove')).toHaveCount(2);
    await axe(page);
    await expectTouchable(page);
    await info.attach('phone.png', { body: await page.screenshot(), contentType: 'image/png' });
    await page.getByTestId('picture').click();
    await expect(page.locator('#lightbox')).toBeVisible();
    await expectTouchable(page);
    await page.goBack();
    await page.getByRole('button', { name: 'All conversations' }).click();
    await page.getByTestId('snippet').click();
    await expect(page.locator('#snippet')).toBeVisible();
    await axe(page);
    await expectTouchable(page);
    await page.goBack();
    await page.getByTestId('logout').click();
    await expect(page.getByTestId('logout-confirm')).toBeVisible();
    await axe(page);
    await expectTouchable(page);
    await page.keyboard.press('Escape');
    const bar = () => page.locator('.top').evaluate((e) => e.getBoundingClientRect().height);
    const connected = await bar();
    const other = await context.newPage();
    await other.goto(`${gateway.url}/?uid=phone-${run}`);
    await expect(page.getByRole('button', { name: 'Sign in again' })).toBeVisible();
    await expect(page.getByTestId('connection-state')).toHaveText('Disconnected');
    expect(await bar(), 'one line, whatever the state').toBe(connected);
    await axe(page);
    await expectTouchable(page);
    await context.close();
  });
}
