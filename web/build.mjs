/**
 * Builds the SDK into web/dist: rtm.wasm, rtm.js (script tag, CommonJS, AMD), rtm.mjs and rtm.d.ts,
 * with .br and .gz beside each. `go` must be on the PATH; RTM_GOFLAGS adds flags for its compiler.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { common, umd } from './build/bundle.mjs';
import { compress, sizes, write } from './build/output.mjs';
import { buildWasm } from './build/wasm.mjs';

const web = import.meta.dirname;
const dist = path.join(web, 'dist');
mkdirSync(dist, { recursive: true });

const { bytes, stamp } = buildWasm('./wasm', path.dirname(web));
write(path.join(dist, 'rtm.wasm'), bytes);

const options = { ...common({ stamp, build: `v1.4.5-0-g${commit()}` }), outdir: dist, minify: true, sourcemap: true, write: false };
const outputs = await Promise.all([
  esbuild.build({ ...options, ...umd, entryPoints: { rtm: path.join(web, 'src/entry-script.ts') } }),
  esbuild.build({ ...options, entryPoints: { rtm: path.join(web, 'src/entry-es.ts') }, format: 'esm', outExtension: { '.js': '.mjs' } }),
]);
for (const { outputFiles } of outputs) for (const file of outputFiles) write(file.path, file.contents);
copyFileSync(path.join(web, 'src/rtm.d.ts'), path.join(dist, 'rtm.d.ts'));

const shipped = ['rtm.js', 'rtm.mjs', 'rtm.wasm'].map((name) => path.join(dist, name));
shipped.forEach(compress);
console.log(`bytes         plain      gzip    brotli   (${stamp})\n${shipped.map(sizes).join('\n')}`);

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short=8', 'HEAD'], { cwd: web, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return stamp.split(' ')[1].slice(0, 8); // no repository: the program's hash
  }
}
