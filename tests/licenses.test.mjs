// The licenses of what is shipped come along with it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { spdx } from '../web/build/licenses.mjs';

const root = path.join(import.meta.dirname, '..');

test('THIRD_PARTY_LICENSES.txt is up to date', () => {
  execFileSync(process.execPath, ['scripts/licenses.mjs', '--check'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
});

test('the licenses of the documentation are those of the versions that it is built with', () => {
  const read = (name) => JSON.parse(readFileSync(path.join(root, 'docs-site', name), 'utf8'));
  const { packages } = read('package-lock.json');
  const licenses = read('licenses.json');
  assert.ok(licenses.length > 5);
  assert.deepEqual(licenses.filter(({ name, version }) => packages[`node_modules/${name}`]?.version !== version), []);
});

test('it has only licenses under which programs may be given away without their source', () => {
  const [table] = readFileSync(path.join(root, 'THIRD_PARTY_LICENSES.txt'), 'utf8').split('\n\n');
  const licenses = new Set(table.split('\n').flatMap((line) => line.split(': ')[1].split(' AND ')));
  const permitted = ['Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MPL-2.0']; // MPL: for modules that are used as they are
  assert.deepEqual([...licenses].filter((id) => !permitted.includes(id)), []);
});

test('a license that is not known stops the build', () => {
  assert.throws(() => spdx('example.org/new', ['GNU General Public License, version 3']), /example\.org\/new/);
});
