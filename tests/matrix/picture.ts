import { expect, type BrowserContext, type Page } from '@playwright/test';
import { png } from '../support/pictures.ts';

/** Two users open the application at an address; one sends the other a picture, who sees it. */
export async function sendPicture(context: BrowserContext, url: string, run: string): Promise<void> {
  const complaints: string[] = [];
  const bob = await openAs(context, url, `bob-${run}`, complaints);
  const alice = await openAs(context, url, `alice-${run}`, complaints);
  await send(alice, `bob-${run}`);
  await expectPicture(bob, `alice-${run}`);
  expect(complaints).toEqual([]);
}

/** Opens the application and logs in. What goes wrong in the page is added to complaints. */
export async function openAs(context: BrowserContext, url: string, uid: string, complaints: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (line) => {
    if (line.type() === 'error' && !line.location().url.endsWith('/favicon.ico')) complaints.push(`${line.text()} ${line.location().url}`);
  });
  await page.goto(url);
  await page.getByPlaceholder('your name').fill(uid);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.locator('output')).toHaveText('CONNECTED');
  return page;
}

export async function send(page: Page, to: string): Promise<void> {
  await page.getByPlaceholder('to').fill(to);
  await page.locator('input[type=file]').setInputFiles({ name: 'view.png', mimeType: 'image/png', buffer: png(321, 123) });
  await page.getByRole('button', { name: 'Send' }).click();
}

export async function expectPicture(page: Page, from: string): Promise<void> {
  const picture = page.getByRole('listitem').filter({ hasText: from }).locator('img');
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => [img.naturalWidth, img.naturalHeight]), 'the picture').toEqual([321, 123]);
}
