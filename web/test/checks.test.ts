import { File as NodeFile } from 'node:buffer';
import assert from 'node:assert/strict';
import test from 'node:test';
import vm from 'node:vm';
import ids from '../../tests/vectors/ids.json';
import logins from '../../tests/vectors/login.json';
import { isBlob } from '../src/blob.ts';
import { isAppId, isBytes, isId, isPlainObject, loginArguments } from '../src/checks.ts';

test('ids', () => {
  for (const id of ids.valid) assert.ok(isId(id), JSON.stringify(id));
  for (const id of ids.invalid) assert.ok(!isId(id), JSON.stringify(id));
  for (const id of [undefined, null, 1, {}, ['a'], new String('a')]) assert.ok(!isId(id));
});

test('app ids', () => {
  for (const id of ids.validAppIds) assert.ok(isAppId(id), id);
  for (const id of [...ids.invalidAppIds, undefined, 12345678901234567890123456789012]) assert.ok(!isAppId(id), JSON.stringify(id));
});

test('login arguments', () => {
  for (const { options, token, code } of logins.cases as { options: unknown; token?: string; code?: number }[]) {
    const check = () => loginArguments(options, logins.appId);
    if (code === undefined) assert.equal(check().token, token);
    else assert.throws(check, { name: 'RtmInvalidArgumentError', code }, JSON.stringify(options));
  }
  assert.throws(() => loginArguments(undefined, logins.appId), TypeError);
});

test('plain objects', () => {
  class Some {}
  for (const o of [{}, { a: 1 }, vm.runInNewContext('({})')]) assert.ok(isPlainObject(o));
  for (const o of [null, undefined, 1, 'a', [], new Some(), Object.create(null), new Date(), () => {}, new Map(), vm.runInNewContext('[]')]) {
    assert.ok(!isPlainObject(o), String(Object.prototype.toString.call(o)));
  }
});

test('bytes and Blobs, those of other frames too', () => {
  for (const b of [new Uint8Array(), Buffer.from('a'), vm.runInNewContext('new Uint8Array(1)')]) assert.ok(isBytes(b));
  for (const b of [new ArrayBuffer(1), new Uint8ClampedArray(1), new Int8Array(1), [1], 'a', null, undefined,
    new DataView(new ArrayBuffer(1)), new Proxy(new Uint8Array(1), {}), { [Symbol.toStringTag]: 'Uint8Array', length: 1 }]) assert.ok(!isBytes(b));
  for (const b of [new Blob([]), new NodeFile([], 'a')]) assert.ok(isBlob(b));
  for (const b of [null, undefined, {}, 'a', new ArrayBuffer(1), { [Symbol.toStringTag]: 'Blob', size: 1 }]) assert.ok(!isBlob(b));
});
