/**
 * Packs web/dist and web/package into bin/rtm-wasm.tgz, as it would be published. Each run
 * of the same files gives the same bytes.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { licenses } from './build/licenses.mjs';

const web = import.meta.dirname;
const root = path.dirname(web);
const bin = path.join(root, 'bin');
const stage = path.join(bin, 'package');

rmSync(stage, { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
for (const folder of ['dist', 'package']) cpSync(path.join(web, folder), stage, { recursive: true, filter: (file) => !/\.(br|gz|gitkeep)$/.test(file) });
copyFileSync(path.join(root, 'LICENSE'), path.join(stage, 'LICENSE'));
writeFileSync(path.join(stage, 'LICENSE-third-party.txt'), licenses('./wasm', root));

const [{ filename, size, unpackedSize, files }] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', bin, stage], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
);
renameSync(path.join(bin, filename), path.join(bin, 'rtm-wasm.tgz'));
console.log(`bin/rtm-wasm.tgz: ${filename}, ${size} bytes, ${unpackedSize} unpacked\n${files.map((f) => `  ${f.path}`).join('\n')}`);
