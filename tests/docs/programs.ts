/**
 * What a reader ends up with who follows a page: files and programs, each made of the blocks of one page in their order, with nothing
 * added. rules.ts says which block goes where.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from '@playwright/test';
import * as esbuild from 'esbuild';
import { Front } from '../support/front.ts';
import { bundleReact } from '../support/react.ts';
import { blocks, where, type Block } from './blocks.ts';

export interface Program {
  /** The block that it begins with. */
  first: Block;
  /** The page, and which of the page's programs this is, from 1 on: the key in readers.ts. */
  name: string;
  text: string;
  /** Files that stand beside it on the reader's server, by their names. */
  files: Map<string, string>;
}

/** Where pages say that things are. */
const local = 'http://127.0.0.1:8080';
const remote = 'https://rtm.example.org';
const site = 'https://www.example.org';

const isCode = ({ language }: Block) => ['js', 'ts', 'tsx', 'html'].includes(language);
const isFile = ({ mark }: Block) => mark.endsWith('.js');

export function programs(found = blocks.filter(isCode)): Program[] {
  const made: Program[] = [];
  for (const block of found) {
    const { page, mark, text } = block;
    const last = made.filter(({ first }) => first.page === page);
    if (mark !== 'adds' && !isFile(block)) {
      made.push({ first: block, name: `${page} ${last.length + 1}`, text, files: new Map() });
      continue;
    }
    const program = last.at(-1);
    if (!program) throw new Error(`${where(block)}: nothing comes before this block`);
    if (isFile(block)) program.files.set(mark, text);
    else program.text = program.first.language === 'html' ? program.text.replace(/(?=<\/script>\s*$)/, () => text) : program.text + text;
  }
  return made;
}

/** The scripts of a program, for the compiler: that of a file is the module at its end. */
export function scripts({ first, text, files }: Program): Block[] {
  const module = first.language === 'html' ? /<script type="module">([^]*)<\/script>\s*$/.exec(text)?.[1] : text;
  const own = module === undefined ? [] : [{ ...first, language: first.language === 'html' ? 'js' : first.language, text: module }];
  return [...own, ...[...files].map(([name, text]) => ({ ...first, page: `${first.page}-${name}`, language: 'js', text }))];
}

/** What is open of a program. */
export interface Opened {
  /** Another tab with it. Not for modules. */
  open(hash?: string): Promise<Page>;
  /** What its pages wrote to the console, except errors, which fail the test. */
  lines: string[];
}

/** Opens a program as its reader would, uses it, and throws what went wrong in a page. */
export async function run({ first, text, files }: Program, gateway: string, folder: string, newPage: () => Promise<Page>, use: (opened: Opened) => Promise<void>): Promise<void> {
  const front = await new Front().mount('/chat/', { upstream: gateway }).mount('/favicon.ico', { bytes: Buffer.alloc(0), type: 'image/x-icon' }).start();
  const placed = (text: string) => [[local, gateway], [remote, gateway], [remote.replace('http', 'ws'), gateway.replace('http', 'ws')], [site, front.url]].reduce((text, [from, to]) => text.replaceAll(from!, to!), text);
  for (const [name, text] of files) front.mount(`/${name}`, { bytes: Buffer.from(placed(text)), type: 'text/javascript' });
  const [wrong, lines]: [string[], string[]] = [[], []];
  const pages: Page[] = [];
  const open = async (address: string) => {
    const page = await newPage();
    pages.push(page);
    page.on('pageerror', (e) => wrong.push(String(e)));
    page.on('console', (m) => (m.type() === 'error' ? wrong : lines).push(m.text()));
    await page.goto(address);
    return page;
  };
  try {
    if (first.mark === 'page') {
      mkdirSync(folder, { recursive: true });
      const file = path.join(folder, 'page.html');
      writeFileSync(file, placed(text));
      await use({ open: (hash = '') => open(pathToFileURL(file) + hash), lines });
    } else if (first.language === 'html') {
      front.mount('/page.html', { page: placed(text) });
      await use({ open: (hash = '') => open(`${front.url}/page.html${hash}`), lines });
    } else {
      const script = first.language === 'tsx' ? await bundleReact({ text: placed(text) }, { external: ['rtm-wasm'] }) : javascript(placed(text));
      front.mount('/page.html', { page: empty(gateway) }).mount('/program.js', { bytes: Buffer.from(script), type: 'text/javascript' });
      const page = await open(`${front.url}/page.html`);
      await page.evaluate((url) => import(url), '/program.js');
      await use({ open: async () => page, lines });
    }
  } catch (e) {
    throw wrong.length ? new Error(`${wrong.join('\n')}\n${e}`) : e;
  } finally {
    for (const page of pages) await page.close();
    await front.stop();
  }
  if (wrong.length) throw new Error(wrong.join('\n'));
}

/** Where a module runs: an empty page that has the script tag, and finds the package where a bundler would. */
function empty(gateway: string): string {
  const imports = Object.fromEntries(['', 'loader', 'placeholder', 'outbox'].map((name) => [`rtm-wasm${name && `/${name}`}`, `${gateway}/sdk/${name || 'rtm'}.mjs`]));
  return `<!doctype html><meta charset="utf-8"><script type="importmap">${JSON.stringify({ imports })}</script><script src="${gateway}/sdk/rtm.js"></script><main></main>`;
}

function javascript(text: string): string {
  return esbuild.transformSync(text, { loader: 'ts', target: 'es2022' }).code;
}
