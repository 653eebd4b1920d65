// The budgets of what pages load. Sizes are the same on every machine, so this is a test and
// not only a line of `make bench`. It looks at web/dist as built last.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { budgets, sizes } from './bench/size.mjs';

const root = path.join(import.meta.dirname, '..');
const { wasm, bare, script } = await sizes();

test('the wasm is small beside a bare Go program', () => {
  const ratio = wasm / bare;
  assert.ok(ratio <= budgets.wasm[0], `${wasm} bytes with brotli are ${ratio.toFixed(3)} times the ${bare} of a bare program; the budget is ${budgets.wasm[0]}`);
});

test('the script is small', (t) => {
  t.diagnostic(`${(script / 1024).toFixed(2)} KB with gzip, of ${budgets.script[0] / 1024}`);
  assert.ok(script <= budgets.script[0], `${script} bytes with gzip; the budget is ${budgets.script[0]}`);
});

test('README.md tells these sizes', () => {
  const readme = readFileSync(path.join(import.meta.dirname, '../README.md'), 'utf8');
  for (const [pattern, bytes] of [[/script has (\d+) KB \(gzip\) and/, script], [/(\d+) KB of WebAssembly \(brotli\)/, wasm]]) {
    const [told, kb] = pattern.exec(readme) ?? assert.fail(`README.md has no ${pattern}`);
    assert.ok(Math.abs(bytes / 1024 / kb - 1) < 0.03, `README.md says ${told}, and it has ${bytes} bytes`);
  }
});

// Functions whose names in the program tell that something heavy came in, and by what.
const signs = {
  'fmt.(*pp).doPrintf': 'the standard fmt, 70 KB: web/build/overlay.mjs has no effect',
  'runtime.initMetrics': 'runtime/metrics or the standard time, 30 KB: web/build/overlay.mjs has no effect',
  'unicode.init': 'the tables of Unicode, 5 KB: the standard strings, encoding/binary or reflect',
  'wire.Refusal_Reason.String': 'the names of the wire\'s constants, 2 KB: web/build/overlay.mjs has no effect',
  'time.Time.appendFormat': 'a time.Time within reach of an interface, 15 KB: use instant (core/instant.go)',
  'internal/reflectlite.Value.Set': 'errors.As, 9 KB: compare types',
  'strconv.quoteWith': 'a parser of strconv, or Quote, 7 KB: use cutNumber (core/mediaid.go)',
  'slices.pdqsort': 'a sort of package slices, 5 KB for each type',
  'runtime.readmemstats_m': 'runtime.MemStats, 4 KB',
};

test('nothing heavy came in', () => {
  const program = readFileSync(path.join(root, 'web/dist/rtm.wasm'));
  assert.ok(program.includes('rtmwasm/core.(*Client).BeginLogin'), 'the program tells the names of its functions');
  for (const [name, what] of Object.entries(signs)) assert.ok(!program.includes(name), `${name} is there: ${what}`);
});

const build = `import { buildWasm } from './web/build/wasm.mjs'; process.stdout.write(buildWasm('./wasm', '.').bytes)`;

test('it builds without wasm/std too, as make STD=go does', () => {
  const [, flags] = /RTM_GOFLAGS="(.*?)"/.exec(readFileSync(path.join(root, 'Makefile'), 'utf8'));
  const program = execFileSync(process.execPath, ['--input-type=module', '-e', build], { cwd: root, env: { ...process.env, RTM_GOFLAGS: flags }, maxBuffer: 1 << 25 });
  assert.ok(WebAssembly.validate(program));
  for (const name of ['rtmwasm/core.(*Client).BeginLogin', 'fmt.(*pp).doPrintf']) assert.ok(program.includes(name), name);
});

const nextGo = { ...process.env, GOTOOLCHAIN: `go${/^NEXT_GO := (.*)$/m.exec(readFileSync(path.join(root, 'Makefile'), 'utf8'))[1]}` };

/** What the go command says where it cannot fetch the next Go; undefined where it can. */
function withoutNextGo() {
  const { status, stderr } = spawnSync('go', ['version'], { cwd: root, env: nextGo, encoding: 'utf8' });
  return status ? `NOT CHECKED: ${stderr.trim()}` : undefined;
}

test('it builds with the next Go too, and so do the programs', { skip: withoutNextGo() }, () => {
  const program = execFileSync(process.execPath, ['--input-type=module', '-e', build], { cwd: root, env: nextGo, maxBuffer: 1 << 25 });
  assert.ok(WebAssembly.validate(program));
  execFileSync('go', ['build', '-trimpath', '-o', os.devNull, './gateway/cmd/rtm-gateway', './native/cmd/rtm-load'], { cwd: root, env: { ...nextGo, CGO_ENABLED: '0' } });
});
