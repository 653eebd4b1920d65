/** Runs the façade's tests: bundles them for node, and builds the Go programs of testdata. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { common, modules, umd } from '../build/bundle.mjs';
import { buildWasm } from '../build/wasm.mjs';

const here = import.meta.dirname;
const root = path.join(here, '../..');
const out = mkdtempSync(path.join(root, 'node_modules/.rtm-test-'));
const only = process.argv.slice(2);
try {
  const { bytes, stamp, integrity } = buildWasm('./web/test/testdata/program', root, { overlay: false });
  writeFileSync(path.join(out, 'program.wasm'), bytes);
  const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts') && (!only.length || only.some((o) => name.includes(o))));
  const options = common({ stamp, integrity, build: 'v1.4.5-0-gtest' });
  await esbuild.build({ ...options, ...umd, entryPoints: [path.join(here, '../src/entry-script.ts')], outfile: path.join(out, 'script.js'), minify: true });
  await esbuild.build({ ...options, ...modules, entryPoints: [path.join(here, '../src/entry-es.ts')], outfile: path.join(out, 'module.mjs'), minify: true });
  await esbuild.build({
    ...options, mangleProps: undefined, reserveProps: undefined, target: 'node20', entryPoints: tests.map((name) => path.join(here, name)),
    outdir: out, outExtension: { '.js': '.mjs' }, platform: 'node', format: 'esm', sourcemap: 'inline',
  });
  const files = tests.map((name) => path.join(out, name.replace(/\.ts$/, '.mjs')));
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=spec', ...files], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  rmSync(out, { recursive: true });
}
