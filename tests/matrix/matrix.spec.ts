/**
 * Every way in which applications load the SDK: each of the examples, and each of the tools, as installed
 * and built by prepare.mjs and tools.mjs, two users, one picture.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test as base, expect } from '../support/test.ts';
import { Command } from '../support/command.ts';
import { Front } from '../support/front.ts';
import { root } from '../support/proc.ts';
import { expectPicture, openAs, send, sendPicture } from './picture.ts';

const apps = path.join(root, 'tests/.build/apps');
const bin = (name: string) => path.join(apps, 'node_modules', name);
const scriptTag = (gateway: string) => readFileSync(path.join(apps, 'script-tag/index.html'), 'utf8').replaceAll('http://127.0.0.1:8080', gateway);

const test = base.extend<{ front: Front; serve: typeof Command.start }>({
  front: async ({}, use) => {
    const front = await new Front().start();
    await use(front);
    await front.stop();
  },
  serve: async ({}, use) => {
    const commands: Command[] = [];
    await use(async (...args) => {
      const command = await Command.start(...args);
      commands.push(command);
      return command;
    });
    for (const command of commands) await command.stop();
  },
});

test.beforeAll(() => {
  if (!existsSync(path.join(apps, 'vite/dist'))) throw new Error('the examples are not built: run `make package` and `node tests/matrix/prepare.mjs`');
});

test('script tag, gateway at the same origin', async ({ context, front, gateway, run }) => {
  front.mount('/', { upstream: gateway.url }).mount('/chat.html', { page: scriptTag(front.url) });
  await sendPicture(context, `${front.url}/chat.html`, run);
});

test('script tag, gateway at another origin', async ({ context, front, gateway, run }) => {
  front.mount('/', { page: scriptTag(gateway.url) });
  await sendPicture(context, front.url, run);
});

test('script tag, gateway under a path of a reverse proxy', async ({ context, front, gateway, run }) => {
  const proxy = await new Front().mount('/service/rtm/', { upstream: gateway.url }).start();
  try {
    front.mount('/', { page: scriptTag(`${proxy.url}/service/rtm`) });
    await sendPicture(context, front.url, run);
  } finally {
    await proxy.stop();
  }
});

test('script tag on a page with a strict Content-Security-Policy', async ({ context, front, gateway, run }) => {
  const page = scriptTag(gateway.url);
  const inline = createHash('sha256').update(/<script>([^]*)<\/script>/.exec(page)![1]).digest('base64');
  const policy = [
    `default-src 'none'`, `script-src ${gateway.url}/sdk/ 'sha256-${inline}' 'wasm-unsafe-eval'`, `connect-src ${gateway.url} ${gateway.url.replace('http', 'ws')}`,
    `img-src blob:`, `base-uri 'none'`, `form-action 'none'`, `require-trusted-types-for 'script'`, `trusted-types 'none'`,
  ].join('; ');
  front.mount('/', { page, headers: { 'content-security-policy': policy } });
  await sendPicture(context, front.url, run);
});

test('ES module on a plain page', async ({ context, front, gateway, run }) => {
  const imports = JSON.stringify({ imports: { 'rtm-wasm': `${gateway.url}/sdk/rtm.mjs` } });
  const page = readFileSync(path.join(apps, 'vite/index.html'), 'utf8').replace('<script', `<script type="importmap">${imports}</script>\n$&`);
  front.mount('/', { folder: path.join(apps, 'vite') }).mount('/plain.html', { page });
  await sendPicture(context, `${front.url}/plain.html?gateway=${gateway.url}`, run);
});

for (const [name, folder] of [
  ['Vite, built', 'vite'],
  ['webpack 5, the package under its old name', 'webpack'],
  ['esbuild', 'esbuild'],
  ['React, built by Vite', 'react'],
  ['a dedicated worker, built by Vite', 'worker'],
]) {
  test(name, async ({ context, front, gateway, run }) => {
    front.mount('/app/', { folder: path.join(apps, folder, 'dist') });
    await sendPicture(context, `${front.url}/app/?gateway=${gateway.url}`, run);
  });
}

const tools = path.join(root, 'tests/.build/tools');
const vite4 = path.join(tools, 'vite4');

// Of the time of 1.4, and what does not know exports, import.meta or .wasm: nobody has copied the wasm for them.
for (const [name, folder, page = ''] of [
  ['webpack 4', 'webpack4'],
  ['Create React App 3', 'cra3/build'],
  ['Create React App 4', 'cra4/build'],
  ['Create React App 5', 'cra5/build'],
  ['Vue CLI 4', 'vuecli4/dist'],
  ['Nuxt 2, rendered beforehand', 'nuxt2/dist'],
  ['Next 12, rendered beforehand', 'next12/dist'],
  ['Vite 4', 'vite4/dist'],
  ['Rollup', 'rollup'],
  ['Parcel 2', 'parcel2/dist'],
  ['browserify', 'browserify'],
  ['esbuild, an ES module', 'esbuild', 'esm.html'],
  ['esbuild, a classic script', 'esbuild', 'iife.html'],
]) {
  test(`${name}: nothing to set up`, async ({ context, front, gateway, run }) => {
    front.mount('/app/', { folder: path.join(tools, folder) });
    await sendPicture(context, `${front.url}/app/${page}?gateway=${gateway.url}`, run);
  });
}

test('Vite 4, dev server: nothing to set up', async ({ context, serve, gateway, run }) => {
  const { url } = await serve(vite4, path.join(vite4, 'node_modules/vite/bin/vite.js'), (port) => ['--host', '127.0.0.1', '--port', port, '--strictPort']);
  await sendPicture(context, `${url}?gateway=${gateway.url}`, run);
});

for (const [name, folder] of [['Vite, dev server', 'vite'], ['React in StrictMode, Vite dev server', 'react'], ['a dedicated worker, Vite dev server', 'worker']]) {
  test(name, async ({ context, serve, gateway, run }) => {
    const { url } = await serve(path.join(apps, folder), bin('vite/bin/vite.js'), (port) => ['--host', '127.0.0.1', '--port', port, '--strictPort']);
    await sendPicture(context, `${url}?gateway=${gateway.url}`, run);
  });
}

test('React: what cannot be sent is said, and the page stays', async ({ context, front, gateway, run }) => {
  front.mount('/app/', { folder: path.join(apps, 'react', 'dist') });
  const page = await openAs(context, `${front.url}/app/?gateway=${gateway.url}`, `alice-${run}`, []);
  await page.getByPlaceholder('to').fill(`bob-${run}`);
  await page.locator('input[type=file]').setInputFiles({ name: 'empty.png', mimeType: 'image/png', buffer: Buffer.alloc(0) });
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.locator('output')).toContainText('Error Code 2');
});

test('Next, App Router, rendered on the server', async ({ context, serve, gateway, run, request }) => {
  const { url } = await serve(path.join(apps, 'next'), bin('next/dist/bin/next'), (port) => ['start', '--hostname', '127.0.0.1', '--port', port]);
  expect(await (await request.get(url)).text()).toContain('Log in');
  await sendPicture(context, `${url}?gateway=${gateway.url}`, run);
});

test('a Go bot on package native answers', async ({ context, front, gateway, run }) => {
  const bot = spawn(path.join(apps, 'bot'), ['-gateway', gateway.url, '-uid', `bot-${run}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    let log = '';
    bot.stderr.on('data', (text) => (log += text));
    await expect.poll(() => log).toContain('CONNECTED LOGIN_SUCCESS');
    front.mount('/', { page: scriptTag(gateway.url) });
    const page = await openAs(context, front.url, `alice-${run}`, []);
    await send(page, `bot-${run}`);
    await expectPicture(page, `bot-${run}`);
  } finally {
    bot.kill('SIGINT');
    const [code] = await once(bot, 'exit');
    expect(code).toBe(0);
  }
});
