// The budgets of what pages load. Sizes are the same on every machine, so this is a test and
// not only a line of `make bench`. It looks at web/dist as built last.
import assert from 'node:assert/strict';
import test from 'node:test';
import { budgets, sizes } from './bench/size.mjs';

const { wasm, bare, script } = sizes();

test('the wasm is small beside a bare Go program', () => {
  const ratio = wasm / bare;
  assert.ok(ratio <= budgets.wasm[0], `${wasm} bytes with brotli are ${ratio.toFixed(3)} times the ${bare} of a bare program; the budget is ${budgets.wasm[0]}`);
});

test('the script is small', () => {
  assert.ok(script <= budgets.script[0], `${script} bytes with gzip; the budget is ${budgets.script[0]}`);
});
