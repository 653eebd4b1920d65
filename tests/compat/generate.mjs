// Writes the pages that are made from the table.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');
const bundle = path.join(root, 'node_modules/.rtm-compat.mjs');
try {
  await esbuild.build({ entryPoints: [path.join(import.meta.dirname, 'pages.ts')], outfile: bundle, bundle: true, platform: 'node', format: 'esm' });
  const { pages } = await import(pathToFileURL(bundle).href);
  for (const [name, render] of Object.entries(pages)) writeFileSync(path.join(root, 'docs', name), render());
} finally {
  rmSync(bundle, { force: true });
}
