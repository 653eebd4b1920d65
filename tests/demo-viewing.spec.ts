// What the demo shows of pictures and people: the viewer, albums and their corner cases; presence and delivery; sound, links, code for developers.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expectLoaded, png } from './support/pictures.ts';
import { wav } from './support/sound.ts';
import { test, expect } from './support/test.ts';

const picture = (name: string, width: number, height: number) => ({ name, mimeType: 'image/png', buffer: png(width, height) });
const axe = async (page: Page) => expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => `${id} ${nodes.map((n) => n.html)}`)).toEqual([]);
const size = (page: Page, selector: string) => page.locator(selector).evaluate((e) => e.getBoundingClientRect().toJSON() as DOMRect);

test('pictures of any size are seen, enlarged and moved, by keys, wheel and fingers', async ({ browser, gateway, run }) => {
  const [ca, cb] = [await browser.newContext(), await browser.newContext({ viewport: { width: 390, height: 760 }, hasTouch: true, colorScheme: 'dark' })];
  try {
    const [a, b] = [await ca.newPage(), await cb.newPage()];
    const wait = new Promise<void>((go) => setTimeout(go, 0)).then(() => gate);
    let release = () => {};
    const gate = new Promise<void>((go) => (release = go));
    await b.route('**/media/*', async (route) => (await wait, route.continue())); // none is loaded at first
    await Promise.all([a.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`), b.goto(`${gateway.url}/?uid=ben-${run}&channel=tea-${run}`)]);
    await expect(a.getByTestId('member-count')).toContainText('2');
    const send = async (text: string, ...files: ReturnType<typeof picture>[]) => {
      await a.getByTestId('attach-input').setInputFiles(files);
      await a.getByTestId('composer').fill(text);
      await a.getByTestId('send').click();
    };
    await send('An icon', picture('icon.png', 16, 16));
    await send('An album', picture('tall.png', 600, 4200), picture('narrow.png', 10, 900), picture('view.png', 320, 200));
    await expect(b.getByTestId('message')).toHaveCount(2);
    await expect(b.locator('.album').last()).toHaveAttribute('data-count', '3');
    await expect(b.locator('.caption')).toHaveText(['An icon', 'An album']);
    await expect(b.getByTestId('show-gallery'), 'also those that are still to come').toHaveAccessibleName('4 pictures');
    release();
    await expect(b.locator('button.picture:not(.preview)')).toHaveCount(4);

    const icon = b.getByTestId('picture').first().locator('img');
    await expectLoaded(icon);
    expect((await icon.boundingBox())!.width).toBe(16);
    expect(await icon.evaluate((e) => getComputedStyle(e).backgroundImage), 'chequered behind what is transparent').toContain('conic-gradient');

    await b.getByTestId('show-gallery').click();
    const small = b.getByTestId('gallery').getByRole('button', { name: 'Open picture icon.png' }).locator('img');
    await expectLoaded(small);
    expect((await small.boundingBox())!.width, 'not enlarged').toBe(16);
    expect(await small.evaluate((e) => getComputedStyle(e).backgroundImage)).toContain('conic-gradient');
    await b.keyboard.press('Escape');

    await b.getByRole('button', { name: 'Open picture tall.png' }).click();
    const dialog = b.locator('#lightbox');
    await expect(dialog).toContainText('2 of 4');
    await expectLoaded(dialog.locator('img'));
    const fits = await size(b, '#lightbox img');
    const stage = await size(b, '.stage');
    expect(fits.height).toBeLessThanOrEqual(stage.height);
    for (let i = 0; i < 6; i++) await b.keyboard.press('+');
    const large = await size(b, '#lightbox img');
    expect(large.width).toBeGreaterThan(fits.width * 5);
    await b.keyboard.press('ArrowDown');
    expect((await size(b, '#lightbox img')).top).toBe(large.top - 80);
    await b.keyboard.press('0');
    expect((await size(b, '#lightbox img')).height).toBeCloseTo(fits.height);
    await b.mouse.move(195, 300);
    await b.mouse.wheel(0, -500);
    await expect.poll(async () => (await size(b, '#lightbox img')).height).toBeGreaterThan(fits.height * 1.5);
    const before = await size(b, '#lightbox img');
    await b.mouse.down();
    await b.mouse.move(195, 250);
    await b.mouse.up();
    expect((await size(b, '#lightbox img')).top).toBeCloseTo(before.top - 50, 0);
    await b.keyboard.press('0');
    const touch = await cb.newCDPSession(b);
    const fingers = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...ys: number[]) => touch.send('Input.dispatchTouchEvent', { type, touchPoints: ys.map((y, id) => ({ x: 195, y, id })) });
    await fingers('touchStart', 380, 420);
    await fingers('touchMove', 300, 500);
    await fingers('touchEnd');
    await expect.poll(async () => (await size(b, '#lightbox img')).height).toBeGreaterThan(fits.height * 3);
    await b.keyboard.press('0');
    await b.keyboard.press('ArrowRight');
    await expect(dialog).toContainText('3 of 4');

    const arrow = dialog.getByRole('button', { name: 'Next picture' });
    expect(await arrow.evaluate((e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e.closest('dialog')!).backgroundColor]), 'opaque').toEqual(['rgb(12, 14, 20)', 'rgb(12, 14, 20)']);
    await axe(b);
    await b.goBack();
    await expect(dialog).toBeHidden();
    await expect(b.getByTestId('composer')).toBeVisible();
    await expect(b.getByRole('button', { name: 'Open picture tall.png' }), 'the focus is where it was').toBeFocused();
  } finally {
    await Promise.all([ca.close(), cb.close()]);
  }
});

test('a large picture is loaded when one wants it, by a button that fits a narrow one', async ({ browser, gateway, run }) => {
  const [ca, cb] = [await browser.newContext(), await browser.newContext({ viewport: { width: 390, height: 760 } })];
  try {
    const [a, b] = [await ca.newPage(), await cb.newPage()];
    const requests: string[] = [];
    b.on('request', (request) => /\/media\/./.test(request.url()) && requests.push(request.url()));
    await Promise.all([a.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`), b.goto(`${gateway.url}/?uid=ben-${run}&channel=tea-${run}`)]);
    await expect(a.getByTestId('member-count')).toContainText('2');
    await a.getByTestId('attach-input').evaluate(async (input: HTMLInputElement) => {
      const canvas = new OffscreenCanvas(600, 3200);
      const context = canvas.getContext('2d')!;
      const noise = new ImageData(600, 3200);
      for (let i = 0; i < noise.data.length; i++) noise.data[i] = i % 4 === 3 ? 255 : Math.random() * 256;
      context.putImageData(noise, 0, 0);
      const data = new DataTransfer();
      data.items.add(new File([await canvas.convertToBlob()], 'tower.png', { type: 'image/png' }));
      input.files = data.files;
      input.dispatchEvent(new Event('change'));
    });
    await a.getByTestId('send').click();
    await expect(a.getByTestId('message')).toContainText('Sent');
    const load = b.getByRole('button', { name: /^Load tower\.png, \d.* MB$/ });
    await expect(load).toBeVisible();
    await expect(b.locator('.picture-status')).toHaveText(/^\d.* MB$/);
    const [button, picture] = [(await load.boundingBox())!, (await b.getByTestId('picture').boundingBox())!];
    expect(button.x).toBeGreaterThan(picture.x);
    expect(button.x + button.width).toBeLessThan(picture.x + picture.width);
    await axe(b);
    expect(requests, 'before one wants it').toEqual([]);
    await load.press('Enter');
    await expect(b.locator('button.picture:not(.preview)')).toHaveCount(1);
    await expect(load).toHaveCount(0);
    await expect(b.locator('.picture-status'), 'it has been loaded').toBeHidden();
    await expect(b.locator('.picture img')).toHaveJSProperty('naturalWidth', 600);
  } finally {
    await Promise.all([ca.close(), cb.close()]);
  }
});

test('a film is played where it stands, by who sends it and by who gets it', async ({ browser, gateway, run }) => {
  const [ca, cb] = [await browser.newContext(), await browser.newContext()];
  try {
    const [a, b] = [await ca.newPage(), await cb.newPage()];
    await Promise.all([a.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`), b.goto(`${gateway.url}/?uid=ben-${run}&channel=tea-${run}`)]);
    await expect(a.getByTestId('member-count')).toContainText('2');
    await a.getByTestId('attach-input').evaluate(async (input: HTMLInputElement) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
      const context = canvas.getContext('2d')!;
      const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
      const pieces: Blob[] = [];
      recorder.ondataavailable = ({ data }) => pieces.push(data);
      const over = new Promise((stopped) => (recorder.onstop = stopped));
      recorder.start();
      let begin: number | undefined;
      let frames = 0;
      await new Promise<void>((drawn) => requestAnimationFrame(function draw(now) {
        begin ??= now;
        context.fillStyle = `hsl(${(now - begin) / 5} 80% 50%)`;
        context.fillRect(0, 0, 320, 180);
        if (now - begin < 2000 || ++frames < 50) requestAnimationFrame(draw);
        else drawn();
      }));
      recorder.stop();
      await over;
      const data = new DataTransfer();
      data.items.add(new File(pieces, 'film.webm', { type: 'video/webm' }));
      input.files = data.files;
      input.dispatchEvent(new Event('change'));
    });
    await a.getByTestId('send').click();
    await expect(a.getByTestId('message')).toContainText('Sent');
    for (const page of [a, b]) {
      const video = page.getByTestId('message').locator('video');
      await expect(video).toBeVisible();
      await expect.poll(() => video.evaluate((e: HTMLVideoElement) => e.videoWidth)).toBe(320);
      const { width, height } = (await video.boundingBox())!;
      expect(width / height, 'its place has the shape of the film').toBeCloseTo(16 / 9, 1);
      expect(await video.evaluate((e: HTMLVideoElement) => e.paused), 'not before one wants it').toBe(true);
      await video.press('Space');
      await expect.poll(() => video.evaluate((e: HTMLVideoElement) => e.currentTime)).toBeGreaterThan(1);
      expect(await video.evaluate((e: HTMLVideoElement) => e.error)).toBe(null);
      await axe(page);
    }
    expect(await b.locator('video').evaluate((e: HTMLVideoElement) => e.currentSrc), 'from the gateway, while it loads').toContain(`${gateway.url}/media/`);
    await expect(b.getByTestId('file-save')).toBeVisible();
  } finally {
    await Promise.all([ca.close(), cb.close()]);
  }
});

test('people are shown online, messages delivered, sound plays, links lead on, and the code for developers works', async ({ browser, gateway, site, run }) => {
  const [ca, cb] = [await browser.newContext(), await browser.newContext()];
  try {
    const [a, b] = [await ca.newPage(), await cb.newPage()];
    const asBen = `${gateway.url}/?uid=ben-${run}&channel=tea-${run}`;
    await Promise.all([a.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`), b.goto(asBen)]);
    await expect(a.getByTestId('member-count')).toContainText('2');
    await a.getByTestId('new-conversation-name').fill(`ben-${run}`);
    await a.getByTestId('new-peer').click();
    await expect(a.locator('#subtitle')).toHaveText('online');
    const say = async (text: string) => {
      await a.getByTestId('composer').fill(text);
      await a.getByTestId('composer').press('Enter');
    };
    await say('See https://example.org/a_(b), or javascript:alert(1).');
    await a.getByTestId('attach-input').setInputFiles({ name: 'tone.wav', mimeType: 'audio/wav', buffer: wav(2) });
    await a.getByTestId('send').click();
    await expect(a.getByTestId('message').last()).toContainText('Delivered');
    await b.locator(`[data-id="peer:ann-${run}"]`).last().click();
    const links = b.getByTestId('message').getByRole('link');
    await expect(links).toHaveText(['https://example.org/a_(b)']);
    await expect(links).toHaveAttribute('rel', /noopener/);
    await expect.poll(() => b.locator('audio').evaluate((e: HTMLAudioElement) => e.duration), 'from the gateway, by its media URL').toBeCloseTo(2, 1);
    await axe(b);

    await b.close({ runBeforeUnload: true });
    await expect(a.locator('#subtitle')).toHaveText('offline');
    await say('Are you there?');
    await expect(a.getByTestId('message').last()).toContainText('Waits until they are online');
    const again = await cb.newPage();
    await again.goto(asBen);
    await expect(a.locator('#subtitle')).toHaveText('online');
    const state = a.getByTestId('message').last().locator('.message-state');
    await expect(state, 'nobody has said that it was delivered').toHaveText('Sent');
    await a.reload();
    await expect(state).toHaveText('Sent');

    await a.locator(`[data-id="channel:tea-${run}"]`).last().click();
    const missing: string[] = [];
    a.on('response', (response) => response.status() === 404 && missing.push(response.url()));
    await a.getByTestId('snippet').click();
    await expect(a.getByTestId('snippet-code')).toContainText(`createChannel('tea-${run}')`);
    await axe(a);
    const body = (await a.getByTestId('snippet-code').textContent())!;
    await a.keyboard.press('Escape');
    await expect(a.getByTestId('snippet')).toBeFocused();
    const docs = a.locator('#snippet').getByRole('link', { name: 'Read the documentation' });
    for (const served of [true, false]) {
      await a.route('**/demo.json*', (route) => route.fulfill({ json: { docs: served } }));
      await a.getByTestId('snippet').click();
      await expect(docs).toHaveCount(served ? 1 : 0);
      await a.keyboard.press('Escape');
      await expect(a.getByTestId('snippet')).toBeFocused();
    }
    expect(missing, 'nothing is probed').toEqual([]);
    site.pages.set('/mine.html', { body });
    const mine = await cb.newPage();
    let [ask, load] = [() => {}, () => {}];
    const [asked, loads] = [new Promise<void>((go) => (ask = go)), new Promise<void>((go) => (load = go))];
    await mine.route(/\/rtm\.wasm/, async (route) => {
      ask();
      await loads;
      await route.continue();
    });
    await mine.goto(`${site.url}/mine.html`);
    await asked;
    for (const input of ['#text', '#file']) await expect(mine.locator(input), 'not in the channel yet').toBeDisabled();
    load();
    for (const input of ['#text', '#file']) await expect(mine.locator(input)).toBeEnabled();
    await expect(a.getByTestId('member-count')).toContainText('3');
    await mine.locator('#text').fill('from my own page');
    await mine.locator('#text').press('Enter');
    await expect(a.getByTestId('message').last()).toContainText('from my own page');
    await mine.locator('#file').setInputFiles(picture('mine.png', 40, 30));
    await expect(a.getByTestId('picture')).toHaveCount(1);
    await say('seen');
    await expect(mine.locator('p').last()).toHaveText(`ann-${run}: seen`);
  } finally {
    await Promise.all([ca.close(), cb.close()]);
  }
});
