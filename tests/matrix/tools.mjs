// Builds the application of tools/app.js with each tool of tools/, as applications of 1.4 are built, in tests/.build/tools:
// installs the tool, puts the packed package beside it under its old name, and runs its script `build`, which also runs
// sdk.test.js where the tool has Jest. With names it does only these: node tests/matrix/tools.mjs cra4 nuxt2.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { addAddresses } from './addresses.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const here = path.join(import.meta.dirname, 'tools');
const out = path.join(root, 'tests/.build/tools');
const all = readdirSync(here).filter((name) => existsSync(path.join(here, name, 'package.json')));

const env = {
  ...process.env, CI: 'true', NEXT_TELEMETRY_DISABLED: '1', GENERATE_SOURCEMAP: 'false', // Create React App's
  SKIP_PREFLIGHT_CHECK: 'true', DISABLE_ESLINT_PLUGIN: 'true', BROWSERSLIST_IGNORE_OLD_DATA: 'true',
};

/** Runs a command in a tool's folder; the error has what it said. */
async function run(tool, what, file, ...args) {
  const started = Date.now();
  await promisify(execFile)(file, args, { cwd: path.join(out, tool), env, maxBuffer: 64 << 20, timeout: 3_600_000 }).catch((error) => {
    const lines = `${error.stdout}${error.stderr}`.split('\n').map((line) => line.slice(0, 300)); // tools quote minified code
    throw new Error(`tests/matrix/tools/${tool}: ${what} ${error.killed ? 'took longer than an hour' : 'failed'} (${file} ${args.join(' ')}):\n${lines.slice(-60).join('\n')}`);
  });
  return `${what} ${((Date.now() - started) / 1000).toFixed()} s`;
}

async function build(tool) {
  const app = path.join(out, tool);
  const times = [];
  mkdirSync(app, { recursive: true });
  for (const name of readdirSync(app)) if (name !== 'node_modules') rmSync(path.join(app, name), { recursive: true });
  cpSync(path.join(here, tool), app, { recursive: true, filter: (file) => !/\/(node_modules|dist|build)$/.test(file) });
  for (const name of ['app.js', 'sdk.test.js']) cpSync(path.join(here, name), path.join(app, existsSync(path.join(app, 'src')) ? 'src' : '.', name));

  const lock = readFileSync(path.join(app, 'package-lock.json'), 'utf8');
  const marker = path.join(app, 'node_modules/.installed-lock.json'); // it takes long: once
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== lock) {
    addAddresses(app);
    times.push(await run(tool, 'installation', 'npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'));
    writeFileSync(marker, lock);
  }
  const sdk = path.join(app, 'node_modules/agora-rtm-sdk');
  rmSync(sdk, { recursive: true, force: true });
  for (const cache of ['.cache', '.vite']) rmSync(path.join(app, 'node_modules', cache), { recursive: true, force: true }); // made of the package as it was
  mkdirSync(sdk);
  await run(tool, 'the package', 'tar', 'xzf', path.join(root, 'bin/rtm-wasm.tgz'), '--strip-components=1', '-C', sdk);
  times.push(await run(tool, 'build', 'npm', 'run', 'build'));
  console.log(`${tool.padEnd(12)} ${times.join(', ')}`);
}

/** Two at a time: one waits for the network or the disk while the other computes. */
export async function buildTools(names = all) {
  const waiting = [...names];
  const failures = [];
  await Promise.all([1, 2].map(async () => {
    for (let tool; (tool = waiting.shift()); ) await build(tool).catch((error) => failures.push(error));
  }));
  if (failures.length) throw new Error(failures.map(({ message }) => message).join('\n\n'));
}

if (process.argv[1] === import.meta.filename) await buildTools(process.argv.length > 2 ? process.argv.slice(2) : all);
