import { expect, type BrowserContext, type Page } from '@playwright/test';
import { png } from '../support/pictures.ts';

/** Two users open the application at an address; one sends the other a picture, who sees it. */
export async function sendPicture(context: BrowserContext, url: string, run: string): Promise<void> {
  const complaints: string[] = [];
  const open = async (uid: string) => {
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (line) => line.type() === 'error' && !line.location().url.endsWith('/favicon.ico') && complaints.push(`${line.text()} ${line.location().url}`));
    await page.goto(url);
    await login(page, uid);
    return page;
  };
  const bob = await open(`bob-${run}`);
  const alice = await open(`alice-${run}`);

  await alice.getByPlaceholder('to').fill(`bob-${run}`);
  await alice.locator('input[type=file]').setInputFiles({ name: 'view.png', mimeType: 'image/png', buffer: png(321, 123) });
  await alice.getByRole('button', { name: 'Send' }).click();

  const picture = bob.getByRole('listitem').filter({ hasText: `alice-${run}` }).locator('img');
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => [img.naturalWidth, img.naturalHeight]), 'the picture').toEqual([321, 123]);
  expect(complaints).toEqual([]);
}

async function login(page: Page, uid: string): Promise<void> {
  await page.getByPlaceholder('your name').fill(uid);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.locator('output')).toHaveText('CONNECTED');
}
