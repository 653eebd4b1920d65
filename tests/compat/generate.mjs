// Writes docs/compatibility.md from the table.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');
const bundle = path.join(root, 'node_modules/.rtm-compat.mjs');
try {
  await esbuild.build({ entryPoints: [path.join(import.meta.dirname, 'render.ts')], outfile: bundle, bundle: true, platform: 'node', format: 'esm' });
  const { render } = await import(pathToFileURL(bundle).href);
  mkdirSync(path.join(root, 'docs'), { recursive: true });
  writeFileSync(path.join(root, 'docs/compatibility.md'), render());
} finally {
  rmSync(bundle, { force: true });
}
