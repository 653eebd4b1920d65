// What people do with pictures and files in the demo: drop, paste, look through, and lose the network.
import { mkdirSync, writeFileSync } from 'node:fs';
import type { BrowserContext, Page } from '@playwright/test';
import { png } from './support/pictures.ts';
import { Gateway } from './support/proc.ts';
import { slow } from './support/slow.ts';
import { test, expect } from './support/test.ts';

async function signIn(context: BrowserContext, url: string, uid: string, channel: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/?uid=${uid}&channel=${channel}`);
  await expect(page.getByTestId('connection-state')).toHaveAttribute('data-state', 'CONNECTED');
  await expect(page.getByTestId('composer')).toBeVisible(); // nobody can send before
  return page;
}

/** Files as a drag or the clipboard brings them. */
const filesInPage = (page: Page, files: { name: string; type: string; base64: string }[]) =>
  page.evaluateHandle((files) => {
    const data = new DataTransfer();
    for (const { name, type, base64 } of files) data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type }));
    return data;
  }, files);

const view = (name: string) => ({ name, type: 'image/png', base64: png(60, 40).toString('base64') });

test('pictures come by drop and by paste, several at once, and are looked through', async ({ browser, gateway, run }) => {
  const context = await browser.newContext();
  const a = await signIn(context, gateway.url, `ann-${run}`, `tea-${run}`);
  const pane = a.locator('#conversation');
  const dragged = await filesInPage(a, [view('one.png'), view('two.png')]);
  await pane.dispatchEvent('dragenter', { dataTransfer: dragged });
  await expect(a.getByText(`Drop to send to #tea-${run}`)).toBeVisible();
  await pane.dispatchEvent('dragleave', { dataTransfer: dragged });
  await expect(a.getByText(`Drop to send to #tea-${run}`)).toBeHidden();
  await pane.dispatchEvent('dragenter', { dataTransfer: dragged });
  await pane.dispatchEvent('drop', { dataTransfer: dragged });
  await expect(a.getByText(`Drop to send to #tea-${run}`)).toBeHidden();
  await expect(a.getByTestId('tray-remove')).toHaveCount(2);

  const pasted = await filesInPage(a, [view('three.png')]);
  await a.locator('#scroller').evaluate((e, clipboardData) => e.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true })), pasted);
  await expect(a.getByTestId('tray-remove')).toHaveCount(3);
  await a.getByTestId('send').click();
  await expect(a.getByTestId('tray-remove')).toHaveCount(0);
  await expect(a.getByTestId('picture')).toHaveCount(3);
  await expect(a.getByTestId('show-gallery')).toHaveAccessibleName('3 pictures');

  await a.getByTestId('show-gallery').click();
  const entries = a.getByTestId('gallery').getByRole('listitem').getByRole('button');
  const names = await entries.evaluateAll((all) => all.map((e) => e.getAttribute('aria-label')!.split(' ').at(-1)!));
  expect(names).toEqual(['one.png', 'two.png', 'three.png']);
  await entries.nth(1).click();
  const [large, last] = [names[1], names[2]].map((name) => a.getByRole('dialog', { name }));
  await expect(large).toBeVisible();
  await a.keyboard.press('ArrowRight');
  await expect(last).toBeVisible();
  await expect(a.getByRole('button', { name: 'Next picture' }), 'there is none').toHaveCount(0);
  await last.getByRole('button', { name: 'Previous picture' }).click();
  await expect(large).toBeVisible();
  await a.keyboard.press('Escape');
  await expect(large).toBeHidden();
  await expect(a.getByTestId('gallery')).toBeVisible();
  await expect.poll(() => a.evaluate(() => history.state.dialogs), 'Escape goes back, too').toEqual(['gallery']);
  await a.goBack();
  await expect(a.getByTestId('gallery')).toBeHidden();
  await context.close();
});

test('a transfer tells its speed, pauses with the network, and goes on by itself', async ({ browser }) => {
  const gateway = await new Gateway().start();
  const net = await slow(gateway.url, 1_000_000);
  const context = await browser.newContext();
  try {
    const a = await signIn(context, net.url, 'ann', 'tea');
    await a.getByTestId('attach-input').setInputFiles({ name: 'film.bin', mimeType: '', buffer: Buffer.alloc(16 << 20) });
    await a.getByTestId('send').click();
    const status = a.getByTestId('transfer').locator('.transfer-status');
    await expect(status).toHaveText(/^\d+% of 16 MB · .+\/s · .+ left$/);
    await gateway.kill();
    await expect(status).toHaveText(/^Paused at \d+% until you are connected again$/);
    await expect(a.getByText('The connection is lost')).toBeVisible();
    await gateway.start();
    await expect(a.locator('[data-testid="message"][data-kind="FILE"]')).toContainText('Sent'); // megabytes on a slow network
    await expect(a.getByText('The connection is lost')).toBeHidden();
  } finally {
    await context.close();
    await net.end();
    await gateway.stop();
  }
});

test('a picture is seen while it is sent, without what its metadata tells', async ({ browser, gateway, run }) => {
  const net = await slow(gateway.url, 1_500_000);
  const context = await browser.newContext();
  try {
    const a = await signIn(context, net.url, `ann-${run}`, `tea-${run}`);
    const lengths: string[] = [];
    a.on('request', (request) => request.headers()['upload-length'] && lengths.push(request.headers()['upload-length']!));
    const size = await a.getByTestId('attach-input').evaluate(async (input: HTMLInputElement) => {
      const canvas = new OffscreenCanvas(800, 800);
      const context = canvas.getContext('2d')!;
      const noise = new ImageData(800, 800);
      for (let i = 0; i < noise.data.length; i++) noise.data[i] = i % 4 === 3 ? 255 : Math.random() * 256;
      context.putImageData(noise, 0, 0);
      const picture = await canvas.convertToBlob();
      const data = new DataTransfer();
      data.items.add(new File([picture, 'private'.repeat(1000)], 'view.png', { type: 'image/png' }));
      input.files = data.files;
      input.dispatchEvent(new Event('change'));
      return picture.size;
    });
    await a.getByTestId('send').click();
    await expect(a.getByTestId('transfer').getByTestId('picture').locator('img:not([src=""])')).toBeVisible();
    await expect(a.getByTestId('message')).toContainText('Sent');
    await expect(a.getByTestId('picture')).toHaveCount(1);
    expect(lengths[0]).toBe(String(size));
  } finally {
    await context.close();
    await net.end();
  }
});

test('a transfer that stands still says so before the connection is given up, and goes on', async ({ browser, gateway, run }) => {
  const net = await slow(gateway.url, 6_000_000);
  const context = await browser.newContext();
  try {
    const a = await signIn(context, net.url, `ann-${run}`, `tea-${run}`);
    await a.getByTestId('attach-input').evaluate((input: HTMLInputElement) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(24 << 20)], 'film.bin'));
      input.files = data.files;
      input.dispatchEvent(new Event('change'));
    });
    const held = net.holdUploads(8 << 20); // else it could be over before it stands still
    await a.getByTestId('send').click();
    const status = a.getByTestId('transfer').locator('.transfer-status');
    await held;
    await expect(status).toHaveText(/^[1-9]\d*% of 24 MB · stalled, goes on by itself$/);
    net.release();
    await expect(a.locator('[data-testid="message"][data-kind="FILE"]')).toContainText('Sent'); // megabytes on a slow network
  } finally {
    await context.close();
    await net.end();
  }
});

test('a transfer that the connection is gone for waits until it is back', async ({ page, gateway }) => {
  await page.goto(gateway.url);
  await page.evaluate(async () => {
    const { Transfer, TransferQueue } = await new Function(`return import('/transfers.js')`)();
    const queue = new TransferQueue();
    const work = async () => {
      if (test.calls++) return;
      queue.setConnected(false);
      throw Object.assign(new Error('not logged in'), { name: 'RtmInvalidStatusError', code: 102 });
    };
    const test = Object.assign(window, { queue, transfer: new Transfer({ name: 'a', size: 1, work }), calls: 0 });
    queue.setConnected(true);
    queue.add(test.transfer);
  });
  const seen = () => page.evaluate('`${calls} ${transfer.state}`');
  await expect.poll(seen).toBe('1 queued');
  await page.evaluate('queue.setConnected(true)');
  await expect.poll(seen).toBe('2 done');
});

test('a folder is refused before it is sent, and files beside it are sent', async ({ browser, gateway, run }, info) => {
  mkdirSync(info.outputPath('folder'), { recursive: true });
  writeFileSync(info.outputPath('notes.txt'), 'notes');
  const context = await browser.newContext();
  const a = await signIn(context, gateway.url, `ann-${run}`, `tea-${run}`);
  const { x, y } = (await a.locator('#scroller').boundingBox())!;
  const cdp = await context.newCDPSession(a);
  const data = { items: [], files: [info.outputPath('folder'), info.outputPath('notes.txt')], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await cdp.send('Input.dispatchDragEvent', { type, x: x + 20, y: y + 20, data });
  await expect(a.locator('#tray').getByTestId('error')).toContainText('This can’t be read. Is it a folder');
  await a.getByTestId('send').click();
  await expect(a.locator('[data-testid="message"][data-kind="FILE"]')).toContainText('notes.txt');
  await expect(a.locator('[data-testid="message"][data-kind="FILE"]')).toContainText('Sent');
  await context.close();
});

test('a name of any length leaves room for the picture', async ({ browser, gateway, run }) => {
  const context = await browser.newContext({ viewport: { width: 375, height: 720 } });
  const a = await signIn(context, gateway.url, `ann-${run}`, `tea-${run}`);
  await a.getByTestId('attach-input').setInputFiles({ name: `${'long'.repeat(50)}.png`, mimeType: 'image/png', buffer: png(320, 200) });
  await a.getByTestId('send').click();
  await a.getByTestId('picture').click();
  const lightbox = a.locator('#lightbox');
  for (const part of ['#lightbox-name', '[data-part="image"]', '[data-part="save"]', '[data-part="close"]']) {
    const { x, width } = (await lightbox.locator(part).boundingBox())!;
    expect(x, `${part} is in sight`).toBeGreaterThanOrEqual(0);
    expect(x + width, `${part} is in sight`).toBeLessThanOrEqual(375);
  }
  await context.close();
});

test('who asked for less motion gets none', async ({ browser, gateway, run }) => {
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  const a = await signIn(context, gateway.url, `ann-${run}`, `tea-${run}`);
  const moving = await a.evaluate(() => [...document.querySelectorAll('*')].filter((e) => {
    const { animationDuration, transitionDuration } = getComputedStyle(e);
    return [animationDuration, transitionDuration].some((d) => d.split(',').some((s) => parseFloat(s) > 0.01));
  }).map((e) => e.tagName));
  expect(moving).toEqual([]);
  await context.close();
});
