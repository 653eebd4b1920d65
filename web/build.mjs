/**
 * Builds the SDK into web/dist: rtm.wasm, rtm.js (script tag, AMD, CommonJS), rtm.mjs, loader, placeholder, codes, outbox and react as
 * .js and .mjs, types, .br and .gz of what browsers load, and integrity.json with the hash of each
 * for `integrity` attributes, and the build's own name. `go` must be on the PATH; RTM_GOFLAGS adds flags for its compiler.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { addition, buildPictures, common, modules, umd } from './build/bundle.mjs';
import { buildName, compress, integrity, sizes, write } from './build/output.mjs';
import { buildWasm } from './build/wasm.mjs';

const web = import.meta.dirname;
const dist = path.join(web, 'dist');
mkdirSync(dist, { recursive: true });
const built = new Set(['.gitkeep']);
const put = (name, contents) => {
  built.add(name);
  write(path.join(dist, name), contents);
};

const wasm = buildWasm('./wasm', path.dirname(web), { pictures: await buildPictures() });
put('rtm.wasm', wasm.bytes);

const options = { ...common({ ...wasm, build: `v1.4.5-0-g${commit()}` }), outdir: dist, minify: true, sourcemap: true, write: false };
const entry = (name, file) => ({ entryPoints: { [name]: path.join(web, 'src', file) } });
const hooks = { external: ['react'], banner: { js: '"use client";' } }; // for frameworks that render on the server
const esm = { ...modules, outExtension: { '.js': '.mjs' } };
const outputs = await Promise.all([
  esbuild.build({ ...options, ...umd, ...entry('rtm', 'entry-script.ts') }),
  esbuild.build({ ...options, ...esm, ...entry('rtm', 'entry-es.ts') }),
  esbuild.build({ ...options, ...esm, ...entry('loader', 'entry-loader.ts') }),
  esbuild.build({ ...options, ...esm, ...entry('placeholder', 'placeholder.ts') }),
  esbuild.build({ ...options, format: 'cjs', ...entry('placeholder', 'placeholder.ts') }),
  esbuild.build({ ...options, ...esm, ...entry('codes', 'entry-codes.ts') }),
  esbuild.build({ ...options, format: 'cjs', ...entry('codes', 'entry-codes.ts') }),
  esbuild.build({ ...options, ...esm, ...entry('outbox', 'outbox.ts') }),
  esbuild.build({ ...options, ...addition, ...entry('outbox', 'outbox.ts') }),
  esbuild.build({ ...options, ...esm, ...hooks, ...entry('react', 'react.ts') }),
  esbuild.build({ ...options, format: 'cjs', ...hooks, ...entry('react', 'react.ts') }),
  esbuild.build({ ...options, format: 'cjs', platform: 'node', logOverride: { 'empty-import-meta': 'silent' }, ...entry('loader', 'entry-loader.ts') }),
]);
for (const { outputFiles } of outputs) for (const file of outputFiles) put(path.relative(dist, file.path), file.contents);
for (const types of ['src/rtm.d.ts', 'package/loader.d.ts', 'package/placeholder.d.ts', 'package/codes.d.ts', 'package/outbox.d.ts', 'package/react.d.ts'])
  for (const extension of ['.ts', '.mts', '.cts'])
    put(path.basename(types, '.ts') + extension, readFileSync(path.join(web, types)));

const shipped = ['rtm.js', 'rtm.mjs', 'loader.mjs', 'placeholder.mjs', 'outbox.js', 'outbox.mjs', 'rtm.wasm'].map((name) => path.join(dist, name));
await Promise.all(shipped.map(compress));
for (const name of shipped) for (const ending of ['.br', '.gz']) built.add(path.basename(name) + ending);
console.log(`bytes           plain      gzip    brotli   (${wasm.stamp})\n${shipped.map(sizes).join('\n')}`);
const hashes = Object.fromEntries(shipped.map((file) => [path.basename(file), integrity(readFileSync(file))]));
put('integrity.json', JSON.stringify({ build: buildName(hashes), program: wasm.stamp.slice(-16), ...hashes }, null, 2) + '\n');
// What older builds left goes last: a build that changes nothing touches nothing that others may just be reading.
for (const name of readdirSync(dist)) if (!built.has(name)) rmSync(path.join(dist, name));
console.log(Object.entries(hashes).map(([name, hash]) => `${name.padEnd(12)} ${hash}`).join('\n'));

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short=8', 'HEAD'], { cwd: web, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return wasm.stamp.split(' ')[1].slice(0, 8); // no repository: the program's hash
  }
}
