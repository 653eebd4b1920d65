// Outside a browser: the packed package in Node, Deno and Bun, as their users install and run it.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from './support/proc.ts';
import { appId, expect, test } from './support/test.ts';

const app = path.join(root, 'tests/.build/runtimes');

test.beforeAll(() => {
  mkdirSync(app, { recursive: true });
  cpSync(path.join(root, 'tests/runtimes'), app, { recursive: true });
  const lock = readFileSync(path.join(app, 'package-lock.json'), 'utf8');
  const marker = path.join(app, 'node_modules/.installed-lock.json'); // they are large: once
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== lock) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: app, stdio: ['ignore', 'ignore', 'inherit'] });
    writeFileSync(marker, lock);
  }
  const sdk = path.join(app, 'node_modules/rtm-wasm');
  rmSync(sdk, { recursive: true, force: true });
  mkdirSync(sdk);
  execFileSync('tar', ['xzf', path.join(root, 'bin/rtm-wasm.tgz'), '--strip-components=1', '-C', sdk]);
});

for (const [name, ...args] of [['node'], ['deno', 'run', '--allow-net', '--allow-read'], ['bun', 'run']] as const)
  test(`${name} logs in, and messages and files go both ways`, async ({ gateway, run }) => {
    const command = path.join(app, 'node_modules/.bin', name);
    const { stdout } = await promisify(execFile)(command, [...args, 'app.mjs', gateway.url, appId, `${name}-${run}`], { cwd: app, timeout: 200_000 });
    expect(JSON.parse(stdout)).toEqual({ text: 'hello', size: 3_000_000, same: true, last: 3_000_000 });
  });
