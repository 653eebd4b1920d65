/** Where a Blob is hashed: in a worker, on the page, or not at all. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test, { afterEach, mock } from 'node:test';
import { makeSha256 } from '../src/digest.ts';

const MiB = 1 << 20;
const large = new Blob([new Uint8Array(MiB)]);
const sumOf = async (blob: Blob) => createHash('sha256').update(new Uint8Array(await blob.arrayBuffer())).digest();

/** What the last workers did; `answer` is how the next one behaves. */
let made: FakeWorker[] = [];
let answer: (worker: FakeWorker, blob: Blob) => void;
class FakeWorker {
  onmessage?: (e: any) => void;
  onerror?: (e: any) => void;
  ended = false;
  constructor(readonly url: string) {
    made.push(this);
  }
  postMessage(blob: Blob) {
    queueMicrotask(() => answer(this, blob));
  }
  terminate() {
    this.ended = true;
  }
}

function withWorkers(behaviour: typeof answer): void {
  made = [];
  answer = behaviour;
  (globalThis as any).Worker = FakeWorker;
}

afterEach(() => {
  mock.restoreAll();
  delete (globalThis as any).Worker;
});

test('a large Blob is hashed in a worker, which ends', async () => {
  withWorkers(async (worker, blob) => worker.onmessage!({ data: new Uint8Array(await sumOf(blob)).buffer }));
  const onPage = mock.method(crypto.subtle, 'digest');
  const revoked = mock.method(URL, 'revokeObjectURL');
  assert.deepEqual(Buffer.from(await makeSha256()!(large)), await sumOf(large));
  assert.equal(onPage.mock.callCount(), 0);
  assert.deepEqual(made.map((w) => w.ended), [true]);
  assert.deepEqual(revoked.mock.calls.map((c) => c.arguments), [[made[0]!.url]]);
});

test('a small Blob is hashed on the page', async () => {
  withWorkers(() => assert.fail('no worker'));
  const small = new Blob([new Uint8Array(MiB - 1)]);
  assert.deepEqual(Buffer.from(await makeSha256()!(small)), await sumOf(small));
  assert.equal(made.length, 0);
});

test('a page that has no workers, or forbids them, hashes by itself', async () => {
  assert.deepEqual(Buffer.from(await makeSha256()!(large)), await sumOf(large), 'none');

  let prevented = 0;
  withWorkers((worker) => worker.onerror!({ preventDefault: () => prevented++ }));
  const sha256 = makeSha256()!;
  for (let i = 0; i < 2; i++) assert.deepEqual(Buffer.from(await sha256(large)), await sumOf(large), 'an error event');
  assert.deepEqual([made.length, made[0]!.ended, prevented], [1, true, 1], 'tried once');

  withWorkers((worker) => worker.onmessage!({ data: 0 }));
  assert.deepEqual(Buffer.from(await makeSha256()!(large)), await sumOf(large), 'a failure in it');

  (globalThis as any).Worker = function () {
    throw new Error('blocked');
  };
  assert.deepEqual(Buffer.from(await makeSha256()!(large)), await sumOf(large), 'an exception');
});

test('what cannot be read is an error', async () => {
  withWorkers((worker) => worker.onmessage!({ data: 0 }));
  mock.method(large, 'arrayBuffer', async () => {
    throw new Error('moved');
  });
  await assert.rejects(makeSha256()!(large), /moved/);
});

test('a page without crypto.subtle has no digest', () => {
  mock.getter(globalThis, 'crypto', () => ({ getRandomValues() {} }) as any);
  assert.equal(makeSha256(), undefined);
});
