/**
 * Writes THIRD_PARTY_LICENSES.txt: the modules and packages in rtm-gateway, rtm-load, the SDK and the documentation site, for all
 * platforms of a release, with their licenses. The build of the site writes those of the site into docs-site/licenses.json.
 * The version of Go is left out, because any Go may build the programs, and its license is the same. With --check it only checks
 * that the file is up to date.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { goLicenses, licenseFile } from '../web/build/licenses.mjs';

const root = path.dirname(import.meta.dirname);
const file = path.join(root, 'THIRD_PARTY_LICENSES.txt');
const native = ['linux', 'darwin', 'windows'].map((GOOS) => ({ GOOS, GOARCH: 'amd64' }));
const programs = goLicenses(['./gateway/cmd/rtm-gateway', './native/cmd/rtm-load'], root, native);
const names = new Set(programs.map(({ name }) => name));
const sdk = goLicenses(['./wasm'], root, [{ GOOS: 'js', GOARCH: 'wasm' }]).filter(({ name }) => !names.has(name));
const site = JSON.parse(readFileSync(path.join(root, 'docs-site/licenses.json'), 'utf8'));
const list = [...programs, ...sdk, ...site].sort((a, b) => (a.name < b.name ? -1 : 1)).map((one) => (one.name === 'Go' ? { ...one, version: '' } : one));

const text = licenseFile(list);
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) throw new Error('THIRD_PARTY_LICENSES.txt is not up to date: run make docs');
