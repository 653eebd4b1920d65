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

test('it has only licenses under which programs may be given away without their source', () => {
  const [table] = readFileSync(path.join(root, 'THIRD_PARTY_LICENSES.txt'), 'utf8').split('\n\n');
  const licenses = new Set(table.split('\n').flatMap((line) => line.split(': ')[1].split(' AND ')));
  const permitted = ['Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MPL-2.0']; // MPL: for modules that are used as they are
  assert.deepEqual([...licenses].filter((id) => !permitted.includes(id)), []);
});

test('a license that is not known stops the build', () => {
  assert.throws(() => spdx('example.org/new', ['GNU General Public License, version 3']), /example\.org\/new/);
});
