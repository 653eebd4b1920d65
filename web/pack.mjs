/**
 * Packs web/dist and web/package into bin/rtm-wasm.tgz, as it would be published; `node web/pack.mjs VERSION FILE` does so for
 * a release. Each run of the same files gives the same bytes.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { goLicenses, licenseFile } from './build/licenses.mjs';

const web = import.meta.dirname;
const root = path.dirname(web);
const bin = path.join(root, 'bin');
const [version, file = path.join(bin, 'rtm-wasm.tgz')] = process.argv.slice(2);
const stage = path.join(bin, version ? 'release-package' : 'package');

rmSync(stage, { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
for (const folder of ['dist', 'package']) cpSync(path.join(web, folder), stage, { recursive: true, filter: (file) => !/(?<!rtm\.wasm)\.(br|gz)$|\.gitkeep$/.test(file) });
const manifest = path.join(stage, 'package.json');
if (version) writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"version": ".*"/, `"version": "${version}"`));
copyFileSync(path.join(root, 'LICENSE'), path.join(stage, 'LICENSE'));
writeFileSync(path.join(stage, 'LICENSE-third-party.txt'), licenseFile(goLicenses(['./wasm'], root, [{ GOOS: 'js', GOARCH: 'wasm' }])));

for (const name of readdirSync(stage)) chmodSync(path.join(stage, name), 0o644); // whatever the umask

const [{ filename, size, unpackedSize, files }] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', bin, stage], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
);
renameSync(path.join(bin, filename), file);
console.log(`${path.relative(root, file)}: ${filename}, ${size} bytes, ${unpackedSize} unpacked\n${files.map((f) => `  ${f.path}`).join('\n')}`);
