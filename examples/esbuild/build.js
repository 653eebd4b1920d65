import { cpSync } from 'node:fs';
import { build } from 'esbuild';

await build({
  entryPoints: ['main.js'],
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  minify: true,
  loader: { '.wasm': 'file' },
});
cpSync('index.html', 'dist/index.html');
