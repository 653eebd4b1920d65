/** Copies bin/docs-site into web/docs, from where it comes into the gateway: texts as .gz only, which every browser takes. */
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { gzip, write } from '../web/build/output.mjs';
import { root } from './pages.mjs';

const site = path.join(root, 'bin/docs-site');
const docs = path.join(root, 'web/docs');
const isFile = (folder) => (name) => statSync(path.join(folder, name)).isFile();
const kept = new Set(['.gitkeep']);
let bytes = 0;

for (const name of readdirSync(site, { recursive: true }).filter(isFile(site))) {
  const text = /\.(html|js|css|json|svg)$/.test(name);
  const content = readFileSync(path.join(site, name));
  const packed = text ? gzip(content) : content;
  const to = text ? `${name}.gz` : name;
  mkdirSync(path.dirname(path.join(docs, to)), { recursive: true });
  write(path.join(docs, to), packed);
  kept.add(to);
  bytes += packed.length;
}
for (const name of readdirSync(docs, { recursive: true }).filter(isFile(docs))) if (!kept.has(name)) rmSync(path.join(docs, name));
console.log(`web/docs: ${kept.size - 1} files, ${bytes} bytes`);
