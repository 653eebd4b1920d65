// Installs the packed package into copies of the examples, as a stranger would, and builds each
// with its own tool: tests/.build/apps, which matrix.spec.ts opens.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { addAddresses } from './addresses.mjs';
import { buildTools } from './tools.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const examples = path.join(root, 'examples');
const apps = path.join(root, 'tests/.build/apps');
const npm = (...args) => execFileSync('npm', args, { cwd: apps, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' } });
const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

mkdirSync(apps, { recursive: true });
for (const name of readdirSync(apps)) if (name !== 'node_modules') rmSync(path.join(apps, name), { recursive: true });
cpSync(examples, apps, { recursive: true, filter: (file) => !/\/(node_modules|dist|\.next)$/.test(file) });

const lock = readFileSync(path.join(apps, 'package-lock.json'), 'utf8');
const marker = path.join(apps, 'node_modules/.installed-lock.json'); // tools take long to install: once
if (read(marker) !== lock) {
  addAddresses(apps);
  npm('ci', '--loglevel=error');
  writeFileSync(marker, lock);
}

// The package is not in the lockfile: each build's has another hash. One application has it under the old name.
const names = ['rtm-wasm', 'agora-rtm-sdk'];
for (const name of names) rmSync(path.join(apps, 'node_modules', name), { recursive: true, force: true });
npm('install', '--no-save', '--loglevel=error', ...names.map((name) => `${name}@file:${path.join(root, 'bin/rtm-wasm.tgz')}`));
for (const name of names) {
  const installed = readFileSync(path.join(apps, 'node_modules', name, 'integrity.json'), 'utf8');
  if (installed !== read(path.join(root, 'web/dist/integrity.json'))) throw new Error(`${name} as installed is not what was built last: run make package`);
}

execFileSync('go', ['build', '-trimpath', '-o', path.join(apps, 'bot'), './examples/go-bot'], { cwd: root, env: { ...process.env, CGO_ENABLED: '0' }, stdio: 'inherit' });
npm('run', 'build', '--workspaces', '--silent');
await buildTools();
