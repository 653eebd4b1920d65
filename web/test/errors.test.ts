import assert from 'node:assert/strict';
import test from 'node:test';
import { failed, isRtmError, rtmError, describe } from '../src/errors.ts';

test('the message has the shape of the API', () => {
  const message = (f: object) => rtmError({ name: 'RtmTimeoutError', text: 'too late', ...f }).message;
  assert.equal(message({ code: 9 }), ' Error Code 9 - too late.');
  assert.equal(message({ code: 9, text: 'too late.' }), ' Error Code 9 - too late.');
  assert.equal(message({ code: 9, text: 'is it a gateway?' }), ' Error Code 9 - is it a gateway?');
  assert.equal(message({ code: 2, serverCode: 18 }), ' Error Code 2, server Code 18 - too late.');
  assert.equal(message({}), 'too late.');
});

test('an error is an Error with its name, and own fields even where unknown', () => {
  const e = rtmError({ name: 'RtmInvalidArgumentError', code: 3, text: 'x' });
  assert.ok(e instanceof Error);
  assert.equal(e.name, 'RtmInvalidArgumentError');
  assert.match(e.stack!, /^RtmInvalidArgumentError/);
  assert.equal(String(e), 'RtmInvalidArgumentError:  Error Code 3 - x.');
  assert.deepEqual(Object.keys(e), ['code', 'serverCode', 'originalError']);
  assert.equal(e.serverCode, undefined);
  assert.deepEqual(Object.keys(failed('RtmUnavailableError', 1, 'x')), ['code', 'serverCode', 'originalError', 'statusCode']);
  assert.deepEqual(Object.keys(failed('RtmInternalError', undefined, 'x')), ['code']);
  assert.equal(failed('RtmTimeoutError', 1, 'x').constructor, failed('RtmTimeoutError', 2, 'y').constructor);
});

test('the cause and the server code are kept', () => {
  const cause = new TypeError('inner');
  const e = rtmError({ name: 'RtmUnavailableError', code: 1, text: 'x', cause, serverCode: 7 });
  assert.equal(e.originalError, cause);
  assert.equal(e.serverCode, 7);
});

test('a cause that only the core finds out has the name that browsers use', () => {
  const named = (cause: unknown) => (rtmError({ name: 'RtmUnavailableError', code: 1, text: 'x', cause }).originalError as Error).name;
  assert.equal(named(new Error('NotReadableError: the file is shorter than it was')), 'NotReadableError');
  assert.equal(named(new DOMException('NotReadableError', 'NotFoundError')), 'NotFoundError');
  assert.equal(named(new Error('x')), 'Error');
  assert.equal(named('Error: NotReadableError'), undefined);
});

test('values in texts are short and safe', () => {
  assert.equal(describe('a'), '"a"');
  assert.equal(describe(null), 'null');
  assert.equal(describe(Symbol('s')), 'Symbol(s)');
  assert.equal(describe({ toString() { throw new Error(); } }), '[object Object]');
  assert.equal(describe('x'.repeat(1000)).length, 81);
});

test('isRtmError tells them from all else', () => {
  assert.ok(isRtmError(failed('RtmTimeoutError', 2, 'late')));
  assert.ok(isRtmError(failed('RtmInternalError', undefined, 'broken')));
  const named = (error: object) => Object.assign(error, { name: 'RtmTimeoutError' });
  for (const other of [undefined, null, 'RtmTimeoutError', new Error('x'), named({ code: 2 }), named(new Error('no code')), Object.assign(new Error('x'), { code: 2 })]) {
    assert.ok(!isRtmError(other), String(other));
  }
});
