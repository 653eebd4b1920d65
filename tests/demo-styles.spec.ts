// How the demo looks where that goes wrong easily: on touch screens, and at the edges of dark pictures.
import type { Locator, Page } from '@playwright/test';
import { expectLoaded } from './support/pictures.ts';
import { expect, test } from './support/test.ts';

test('what was tapped does not stay highlighted on a touch screen', async ({ browser, gateway }) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, reducedMotion: 'reduce' });
  try {
    const page = await context.newPage();
    await page.goto(gateway.url);
    await page.getByTestId('login-uid').fill(''); // the form stays
    const button = page.getByTestId('login-submit');
    const look = () => button.evaluate((e) => getComputedStyle(e).backgroundColor);
    const before = await look();
    await button.tap();
    await expect.poll(() => button.evaluate((e) => e.matches(':hover')), 'to the browser it is hovered').toBe(true);
    expect(await look()).toBe(before);

    const always = await page.evaluate(() => [...document.styleSheets].flatMap(({ cssRules }) => [...cssRules].map(({ cssText }) => cssText)
      .filter((text) => text.includes(':hover') && !text.startsWith('@media (hover: hover)'))));
    expect(always, 'all that looks otherwise when hovered does so only where something hovers').toEqual([]);
  } finally {
    await context.close();
  }
});

/** A black picture, which may be transparent as far as the browser knows. */
const black = async (page: Page) => Buffer.from(await page.evaluate(() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 961, height: 641 });
  canvas.getContext('2d')!.fillRect(0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/png').split(',')[1]!;
}), 'base64');

/** How much red the reddest pixel of an element has, as it is seen. */
async function reddest(page: Page, element: Locator): Promise<number> {
  const seen = (await element.screenshot()).toString('base64');
  return page.evaluate(async (seen) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(seen), (c) => c.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
    canvas.drawImage(bitmap, 0, 0);
    return canvas.getImageData(0, 0, bitmap.width, bitmap.height).data.reduce((most, value, i) => (i % 4 ? most : Math.max(most, value)), 0);
  }, seen);
}

test('nothing light is seen around a dark picture in dark mode', async ({ browser, gateway, run }) => {
  const context = await browser.newContext({ colorScheme: 'dark', viewport: { width: 391, height: 845 }, reducedMotion: 'reduce' });
  try {
    const page = await context.newPage();
    await page.goto(`${gateway.url}/?uid=ann-${run}&channel=tea-${run}`);
    await expect(page.getByTestId('composer')).toBeFocused();
    const buffer = await black(page);
    const send = async (text: string, ...names: string[]) => {
      await page.getByTestId('attach-input').setInputFiles(names.map((name) => ({ name, mimeType: 'image/png', buffer })));
      await page.getByTestId('composer').fill(text);
      await page.getByTestId('send').click();
      await expect(page.getByTestId('message').last()).toContainText('Sent');
    };
    const line = 0x34; // the lines around things are no lighter
    await send('One', 'one.png');
    await page.mouse.move(0, 0);
    expect(await reddest(page, page.locator('button.picture').first())).toBeLessThan(line);
    await send('', 'two.png', 'three.png');
    expect(await reddest(page, page.locator('.album').last())).toBeLessThan(line);

    await page.getByTestId('show-gallery').click();
    const gallery = page.locator('.gallery-picture').first();
    await expectLoaded(gallery.locator('img'));
    expect(await reddest(page, gallery)).toBeLessThan(line);
    await gallery.click();
    const large = page.locator('#lightbox img');
    await expectLoaded(large);
    await expect(page.locator('#lightbox button').filter({ hasText: 'Save' })).toBeEnabled();
    await page.locator('.lightbox-step').evaluateAll((all) => all.forEach((e) => ((e as HTMLElement).hidden = true))); // they are light, and lie on it
    expect(await reddest(page, large), 'what is behind it is black').toBeLessThan(0x18);
  } finally {
    await context.close();
  }
});
