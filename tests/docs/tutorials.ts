/**
 * Pages that a reader follows from top to bottom. Their block "html page" is a file that the reader saves; each "js adds" goes
 * to the end of its script. The file is opened as it stands there, only the gateway's address is the test's.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from '@playwright/test';
import { png } from '../support/pictures.ts';
import { expect } from '../support/test.ts';
import { blocks, type Block } from './blocks.ts';

/** Where the pages say that the gateway is. */
const address = 'http://127.0.0.1:8080';

export const isOfTutorial = ({ mark }: Block) => mark === 'page' || mark === 'adds';

/** The text of each file that a reader ends up with, by the page that builds it. */
export function tutorials(): Map<string, string> {
  const files = new Map<string, string>();
  for (const { page, line, mark, text } of blocks.filter(isOfTutorial)) {
    if (mark === 'page') files.set(page, text);
    else if (files.has(page)) files.set(page, files.get(page)!.replace(/(?=<\/script>\s*$)/, text));
    else throw new Error(`${page}:${line}: no page comes before this block`);
  }
  return files;
}

/** The program in a file, for the compiler. */
export const programOf = (html: string) => /<script type="module">([^]*)<\/script>\s*$/.exec(html)![1]!;

/** What a reader does with the file of each page, and sees. */
export const readers: Record<string, (open: (hash?: string) => Promise<Page>) => Promise<void>> = {
  async 'README.md'(open) {
    const [one, two] = [await open(), await open()];
    await choose(one, 'input');
    for (const page of [one, two]) await expect.poll(() => pictures(page)).toEqual([320]);
  },
  async 'docs/getting-started.md'(open) {
    const bob = await open('#bob');
    await expect(bob.locator('li').last()).toHaveText('RtmLimitExceededError 7');
    const alice = await open();
    await expect(alice.locator('li')).toHaveText(['CONNECTING (LOGIN)', 'CONNECTED (LOGIN_SUCCESS)', 'RtmLimitExceededError 7']);
    await expect(bob.locator('li').filter({ hasText: 'alice' })).toHaveText(['alice is here', 'alice to all: hello, this is alice']);

    await alice.fill('[name=text]', 'good morning');
    await alice.click('button');
    await expect(alice.locator('li').last()).toHaveText('alice: good morning ✓');
    await expect(bob.locator('li').last()).toHaveText('alice: good morning');

    await choose(alice, '[type=file]');
    await expect(alice.locator('li').last()).toHaveText('alice: view.png, 320 × 240');
    await expect.poll(() => pictures(bob)).toEqual([320]);
  },
};

const choose = (page: Page, input: string) => page.setInputFiles(input, { name: 'view.png', mimeType: 'image/png', buffer: png(320, 240) });
const pictures = (page: Page) => page.evaluate(() => [...document.images].map((i) => i.naturalWidth));

/** Saves a file and returns what opens it in a page; whatever goes wrong in a page is added to wrong. */
export function save(html: string, folder: string, gateway: string, newPage: () => Promise<Page>, wrong: string[]): (hash?: string) => Promise<Page> {
  const file = path.join(folder, 'page.html');
  writeFileSync(file, html.replaceAll(address, gateway));
  return async (hash = '') => {
    const page = await newPage();
    page.on('pageerror', (e) => wrong.push(String(e)));
    page.on('console', (m) => m.type() === 'error' && wrong.push(m.text()));
    await page.goto(pathToFileURL(file) + hash);
    return page;
  };
}
