/** What the pages show works: every code block, and every link between pages. tests/docs/rules.ts says what is done with a block. */
import type { Page } from '@playwright/test';
import { spawnSync } from 'node:child_process';
import { blocks, blocksOf, pages, where, type Block } from './docs/blocks.ts';
import { examples, undeclared, undocumented } from './docs/declared.ts';
import { goProblems } from './docs/go.ts';
import { brokenLinks, unmapped } from './docs/links.ts';
import { program, Proxy } from './docs/proxy.ts';
import { untold } from './docs/protocol.ts';
import { programs, run, scripts } from './docs/programs.ts';
import { readers } from './docs/readers.ts';
import { badForm, badJson, unruly } from './docs/rules.ts';
import { shellProblems } from './docs/shell.ts';
import { typeErrors } from './docs/types.ts';
import { Gateway, root } from './support/proc.ts';
import { expect, login, openBlank, test as base } from './support/test.ts';

const test = base.extend<{}, { bob: Page }>({
  bob: [
    async ({ browser, gateway }, use) => {
      const bob = await browser.newPage();
      await openBlank(bob, gateway.url);
      await login(bob, 'bob', '0123456789abcdef0123456789abcdef'); // the app of the pages
      await use(bob);
      await bob.close();
    },
    { scope: 'worker' },
  ],
});

const of = (...languages: string[]) => blocks.filter((block) => languages.includes(block.language));
const wrong = (found: Block[], problem: (block: Block) => string | undefined) => found.flatMap((block) => (problem(block) ? [`${where(block)}: ${problem(block)}`] : []));

test('every block has a rule', () => {
  expect(wrong(blocks, unruly)).toEqual([]);
});

test('js, ts and tsx compile', () => {
  expect(typeErrors(programs().flatMap(scripts))).toBe('');
});

test('json is json, and configurations are well formed', () => {
  expect(wrong(of('json'), ({ text }) => badJson(text))).toEqual([]);
  expect(wrong(of('nginx', 'caddy', 'swift'), badForm)).toEqual([]);
});

test('go is vetted', () => {
  expect(goProblems(of('go'))).toBe('');
});

for (const page of new Set(of('sh').map((block) => block.page)))
  test(`${page}: commands`, async () => {
    expect(await shellProblems(of('sh').filter((block) => block.page === page).map((block) => block.text).join(''))).toEqual([]);
  });

for (const program of programs())
  test(`${where(program.first)} and what is added to it run`, async ({ context, bob, gateway }, info) => {
    const alone = program.first.mark === 'page'; // the reader is bob too
    const its = alone ? await new Gateway().start() : gateway;
    try {
      await bob.evaluate(() => ((window as any).log = []));
      await run(program, its.url, info.outputDir, () => context.newPage(), (opened) => readers[program.name]?.(opened, bob) ?? opened.open().then(() => {}));
    } finally {
      if (alone) await its.stop();
    }
  });

test('every reader has a program', () => {
  expect(Object.keys(readers).filter((name) => !programs().some((program) => program.name === name))).toEqual([]);
});

for (const block of of('nginx', 'caddy'))
  test(`${where(block)}: ${block.language} lets everything through`, async ({ page, gateway, run }) => {
    if (process.env.CI) expect(program(block.language), `${block.language} is not installed: scripts/unpack-tools.sh gets it`).toBeDefined();
    test.skip(!program(block.language), `${block.language} is not installed here: only the form is checked`);
    const proxy = new Proxy();
    try {
      const whole = of(block.language).find(({ page }) => page === block.page)!;
      const { url } = await proxy.start(block, whole, gateway.url);
      const prefix = block.text.includes('/chat/') ? '/chat' : '';
      await openBlank(page, url + prefix);
      await login(page, `proxied-${run}`);
      const created = page.waitForResponse((response) => response.request().method() === 'POST');
      const size = await page.evaluate(async () => {
        const { client } = window as any;
        const { mediaId } = await client.createMediaMessageByUploading(new Blob([new Uint8Array(31457280)]));
        return (await client.downloadMedia(mediaId)).size;
      });
      expect(size).toBe(31457280);
      const { status, stdout } = spawnSync('./bin/rtm-gateway', ['doctor', '--url', url + prefix], { cwd: root, encoding: 'utf8' });
      expect(status, stdout).toBe(0);
      expect(new URL((await created).headers()['location']!, url).pathname).toMatch(new RegExp(`^${prefix}/media/`));
    } finally {
      await proxy.stop();
    }
  });

test('links lead somewhere', () => {
  expect(pages.concat('ARCHITECTURE.md', 'CHANGELOG.md').flatMap((page) => brokenLinks(page))).toEqual([]);
});

test('every public member of rtm.d.ts has a comment, with parameters and an example', () => {
  expect(undocumented()).toEqual([]);
  expect(undocumented('declare class A {\n  /** Yes. */\n  a(): void;\n  a(b: number): void;\n  readonly c: string;\n}\nexport declare function d(): void;\n/** E.\n * @param f x\n * @example\n * e();\n */\nexport declare function e(f: string, g?: number): void;\n'))
    .toEqual(['A.a @example', 'A.c', 'd', 'e @param g']);
});

/** What the examples of rtm.d.ts take for granted. */
const around = `
  declare const [client, channel, invitation]: [import('rtm-wasm').RtmClient, import('rtm-wasm').RtmChannel, import('rtm-wasm').LocalInvitation];
  declare const [file, message, img, image, link]: [File, import('rtm-wasm').RtmImageMessage, HTMLImageElement, HTMLImageElement, HTMLAnchorElement];
  declare const [appId, gateway, uid, token, mediaId]: string[];
  declare function listener(): void;
  declare function fetchToken(uid: string): Promise<string>;
  declare function myLog(level: string, text: string): void;
`;
test('the examples of rtm.d.ts compile', () => {
  expect(examples().length).toBeGreaterThan(50);
  expect(typeErrors(examples(), around)).toBe('');
});

test('the comments of rtm.d.ts name every error', () => {
  expect(undeclared()).toEqual([]);
});

test('ARCHITECTURE.md and CONTRIBUTING.md are about this tree', () => {
  expect(['ARCHITECTURE.md', 'CONTRIBUTING.md'].flatMap(unmapped)).toEqual([]);
});

test('docs/protocol.md tells of every code and frame', () => {
  expect(untold()).toEqual([]);
});

test('the rules refuse what they should', async ({ context, gateway }, info) => {
  const play = (block: Block) => run(programs([block])[0]!, gateway.url, info.outputDir, () => context.newPage(), async ({ open }) => void (await open()));
  const [block] = blocksOf('page.md', '```js\nnope();\n```\n') as [Block];
  expect(unruly({ ...block, language: '' })).toContain('no language');
  expect(unruly({ ...block, language: 'perl' })).toContain('no rule for perl');
  expect(unruly({ ...block, mark: 'soon' })).toContain("can't be marked soon");
  expect(typeErrors([block])).toContain("page.md-1.ts(2,1): error TS2304: Cannot find name 'nope'");
  await expect(play(block)).rejects.toThrow('nope is not defined');
  for (const mark of ['', 'page']) await expect(play({ ...block, language: 'html', mark, text: '<script>nope()</script>' })).rejects.toThrow('nope is not defined');
  expect(() => programs([{ ...block, mark: 'adds' }])).toThrow('nothing comes before this block');
  expect(badJson('"a": 1, "b"')).toContain('no JSON');
  expect(goProblems([{ ...block, text: 'package main\nfunc main() { return 1 }\n' }])).toContain('too many return values');
  expect(badForm({ ...block, language: 'nginx', text: 'server {\n  listen 80\n}\n' })).toContain('semicolon');
  expect(badForm({ ...block, language: 'caddy', text: 'a {\n' })).toContain('not closed');
  const shell = 'make nonsense\nLISTENING=1 make run\nrtm-gateway --nonsense 1\nrtm-load --nonsense 1\nbin/rtm-gateway token --uid a\ngo test ./core -run TestNonsense\nnpm run nonsense\nnpm install nonsense\nnonsense\ncurl http://127.0.0.1:8080/nonsense\nnode tests/nonsense.mjs';
  expect(await shellProblems(shell)).toHaveLength(11);
});
