// The npm package as packed last (make package): what a stranger gets, and what tools say of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { createRequire } from 'node:module';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { parse } from 'acorn';
import * as esbuild from 'esbuild';

const root = path.join(import.meta.dirname, '..');
const tarball = path.join(root, 'bin/rtm-wasm.tgz');
const app = mkdtempSync(path.join(tmpdir(), 'rtm-package-'));
const installed = (name) => path.join(app, 'node_modules/agora-rtm-sdk', name);
const node = (...args) => execFileSync(process.execPath, args, { cwd: app, encoding: 'utf8' }).trim();

before(() => {
  writeFileSync(path.join(app, 'package.json'), JSON.stringify({ name: 'app', private: true }));
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', `agora-rtm-sdk@file:${tarball}`], { cwd: app, stdio: ['ignore', 'ignore', 'inherit'] });
});
after(() => rmSync(app, { recursive: true }));

test('it brings nothing else along, and runs nothing when installed', () => {
  const manifest = JSON.parse(readFileSync(installed('package.json'), 'utf8'));
  for (const key of ['dependencies', 'optionalDependencies', 'scripts', 'bin']) assert.equal(manifest[key], undefined, key);
  assert.deepEqual([manifest.peerDependencies, manifest.peerDependenciesMeta], [{ react: '>=18' }, { react: { optional: true } }], 'of its hooks, and nobody else needs it');
  assert.deepEqual(readdirSync(path.join(app, 'node_modules')).filter((name) => !name.startsWith('.')), ['agora-rtm-sdk']);
});

test('it has these files and no other', () => {
  const modules = ['rtm.js', 'rtm.mjs', 'loader.js', 'loader.mjs', 'placeholder.js', 'placeholder.mjs', 'codes.js', 'codes.mjs', 'outbox.js', 'outbox.mjs', 'react.js', 'react.mjs'];
  assert.deepEqual(readdirSync(installed('.')).sort(), [
    'LICENSE', 'LICENSE-third-party.txt', 'README.md', 'integrity.json', 'package.json', 'rtm.wasm', 'rtm.wasm.br', 'rtm.wasm.gz', ...modules, ...modules.map((name) => `${name}.map`),
    ...['rtm', 'loader', 'placeholder', 'codes', 'outbox', 'react'].flatMap((name) => [`${name}.d.ts`, `${name}.d.mts`, `${name}.d.cts`]),
  ].sort());
  for (const name of modules) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(installed(`${name}.map`), 'utf8'));
    assert.equal(sources.length, sourcesContent.length);
    for (const source of sources) assert.match(source, /^(\.\.\/src\/[\w.-]+|go:wasm_exec\.js)$/, 'a map tells nothing of the machine that made it');
  }
});

test('tools of 2019 can read it: ES2017, found by main, and no installer is turned away', () => {
  const { main, module, browser, engines, exports } = JSON.parse(readFileSync(installed('package.json'), 'utf8'));
  assert.deepEqual([module, browser, engines], [undefined, undefined, undefined], 'webpack 4 prefers these to main, and cannot read an ES module with import.meta');
  const scripts = [main, exports['.'].require.default, exports['./loader'].require.default, exports['./placeholder'].require.default, exports['./codes'].require.default, exports['./outbox'].require.default, exports['./react'].require.default];
  const modules = [exports['.'].import.default, exports['./loader'].import.default, exports['./placeholder'].import.default, exports['./codes'].import.default, exports['./outbox'].import.default, exports['./react'].import.default];
  const read = (name) => readFileSync(installed(name), 'utf8');
  for (const name of scripts) {
    assert.match(name, /\.js$/, 'Create React App copies files of other names as pictures');
    parse(read(name), { ecmaVersion: 2017, sourceType: 'script' });
  }
  // import.meta is all that they may have of what came later.
  for (const name of modules) parse(read(name).replaceAll('import.meta', 'import_meta'), { ecmaVersion: 2017, sourceType: 'module' });
  const [, worker] = /`(const sums=[^`]*)`/.exec(read(main));
  parse(worker.replace(/\$\{[^}]*\}/g, '0'), { ecmaVersion: 2017 });
});

test('under its old name every style of import finds it', () => {
  const use = `const id = '0'.repeat(32); console.log([sdk.createInstance, (sdk.default || sdk).createInstance].map((f) => f(id).connectionState).join())`;
  for (const style of [`import sdk from 'agora-rtm-sdk'`, `import * as sdk from 'agora-rtm-sdk'`, `const { default: sdk } = await import('agora-rtm-sdk')`])
    assert.equal(node('--input-type=module', '-e', `${style}; ${use}`), 'DISCONNECTED,DISCONNECTED', style);
  assert.equal(node('-e', `const sdk = require('agora-rtm-sdk'); ${use}`), 'DISCONNECTED,DISCONNECTED');
});

test('the wasm and the loader are reached by subpath, and fit', () => {
  const code = `
    import { readFile } from 'node:fs/promises';
    import { compile } from 'agora-rtm-sdk/loader';
    globalThis.fetch = async (url) => new Response(await readFile(new URL(url)), { headers: { 'content-type': 'application/wasm' } });
    const url = import.meta.resolve('agora-rtm-sdk/rtm.wasm');
    console.log([await compile(), await compile({ url })].every((module) => module instanceof WebAssembly.Module));`;
  assert.equal(node('--input-type=module', '-e', code), 'true');
  assert.equal(node('-e', `console.log(typeof require('agora-rtm-sdk/loader').compile)`), 'function');
});

test('the error codes are those of the list, and a bundler keeps only those that are used', async () => {
  const list = JSON.parse(readFileSync(path.join(root, 'core/errors.json'), 'utf8'));
  assert.deepEqual({ ...createRequire(path.join(app, 'x.js'))('agora-rtm-sdk/codes') }, list);
  const bundled = async (code) => {
    const { outputFiles } = await esbuild.build({ stdin: { contents: code, resolveDir: app }, bundle: true, write: false, minify: true, format: 'esm' });
    return outputFiles[0].text;
  };
  const one = await bundled(`import { LogoutError } from 'agora-rtm-sdk/codes'; console.log(LogoutError.LOGOUT_ERR_USER_NOT_LOGGED_IN)`);
  assert.ok(one.length < 120, one);
  assert.equal(await bundled(`import 'agora-rtm-sdk/codes'; import 'agora-rtm-sdk';`), '', 'an import that is not used leaves nothing');
});

test('the hashes are right', () => {
  const { build, program, ...hashes } = JSON.parse(readFileSync(installed('integrity.json'), 'utf8'));
  for (const name of [build, program]) assert.match(name, /^[0-9a-f]{16}$/);
  assert.deepEqual(Object.keys(hashes), ['rtm.js', 'rtm.mjs', 'loader.mjs', 'placeholder.mjs', 'outbox.js', 'outbox.mjs', 'rtm.wasm']);
  for (const [name, hash] of Object.entries(hashes))
    assert.equal(hash, `sha384-${createHash('sha384').update(readFileSync(installed(name))).digest('base64')}`);
});

for (const [tool, ...args] of [['publint', '--strict'], ['attw', '--config-path', path.join(root, 'web/attw.json')]])
  test(`${tool} finds nothing`, () => {
    const bin = path.join(root, 'node_modules/.bin', tool);
    execFileSync(bin, [...args, tarball], { cwd: root, encoding: 'utf8' }); // throws with what it says
  });
