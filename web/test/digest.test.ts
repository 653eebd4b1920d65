/** Where a Blob is hashed: in a worker, on the page, or not at all. */
import assert from 'node:assert/strict';
import { resolveObjectURL } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import test, { afterEach, mock } from 'node:test';
import type { TransformOptions } from 'esbuild';
import { readBlob } from '../src/blob.ts';
import { makeSha256 } from '../src/digest.ts';

const MiB = 1 << 20;
const large = new Blob([new Uint8Array(MiB), 'and a part that is shorter']);
const sumsOf = async (blob: Blob) => {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const part = (i: number) => createHash('sha256').update(bytes.subarray(i * MiB, (i + 1) * MiB)).digest();
  return Buffer.concat(Array.from({ length: Math.ceil(bytes.length / MiB) }, (_, i) => part(i)));
};

/** What the last workers did; `answer` is how the next one behaves. */
let made: FakeWorker[] = [];
let answer: (worker: FakeWorker, message: [id: number, blob: Blob, part: number]) => void;
class FakeWorker {
  onmessage?: (e: any) => void;
  onerror?: (e: any) => void;
  ended = false;
  constructor(readonly url: string) {
    made.push(this);
  }
  postMessage(message: any) {
    queueMicrotask(() => answer(this, message));
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

const { transform } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild'); // which can't be bundled

afterEach(() => {
  mock.restoreAll();
  mock.timers.reset();
  delete (globalThis as any).Worker;
});

test('large Blobs are hashed in two workers at most, which end when they have been idle', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  withWorkers(async (worker, [id, blob, part]) => {
    assert.equal(part, MiB);
    worker.onmessage!({ data: [id, new Uint8Array(await sumsOf(blob))] });
  });
  const onPage = mock.method(crypto.subtle, 'digest');
  const revoked = mock.method(URL, 'revokeObjectURL');
  const sha256 = makeSha256(readBlob)!;
  const other = new Blob([new Uint8Array(MiB).fill(7)]);
  const got = await Promise.all([sha256(large, MiB), sha256(other, MiB), sha256(large, MiB)]);
  assert.deepEqual(got.map((sums) => Buffer.from(sums)), [await sumsOf(large), await sumsOf(other), await sumsOf(large)]);
  assert.deepEqual([onPage.mock.callCount(), made.map((w) => w.ended)], [0, [false, false]]);
  mock.timers.tick(9999);
  assert.deepEqual(Buffer.from(await sha256(large, MiB)), await sumsOf(large));
  mock.timers.tick(9999);
  assert.deepEqual(made.map((w) => w.ended), [false, true], 'one was enough');
  mock.timers.tick(1);
  assert.deepEqual(made.map((w) => w.ended), [true, true]);
  assert.deepEqual(revoked.mock.calls.map((c) => c.arguments), made.map((w) => [w.url]));
  assert.deepEqual(Buffer.from(await sha256(large, MiB)), await sumsOf(large));
  assert.equal(made.length, 3);
});

test('a small Blob is hashed on the page', async () => {
  withWorkers(() => assert.fail('no worker'));
  const small = new Blob([new Uint8Array(MiB - 1)]);
  assert.deepEqual(Buffer.from(await makeSha256(readBlob)!(small, MiB)), await sumsOf(small));
  assert.equal(made.length, 0);
});

test('a page that has no workers, or forbids them, hashes by itself', async () => {
  const hashes = async (sha256 = makeSha256(readBlob)!) => assert.deepEqual(Buffer.from(await sha256(large, MiB)), await sumsOf(large));
  await hashes();

  let prevented = 0;
  withWorkers((worker) => worker.onerror!({ preventDefault: () => prevented++ }));
  const sha256 = makeSha256(readBlob)!;
  for (let i = 0; i < 2; i++) await hashes(sha256);
  assert.deepEqual([made.length, made[0]!.ended, prevented], [1, true, 1], 'tried once');

  withWorkers((worker, [id]) => worker.onmessage!({ data: [id] }));
  await hashes(); // a failure in it

  (globalThis as any).Worker = function () {
    throw new Error('blocked');
  };
  await hashes();
});

for (const [how, options] of Object.entries<TransformOptions>({
  'as it is': {},
  'for older browsers': { target: 'es2016' },
  'with names kept': { keepNames: true },
}))
  test(`an application built ${how} has its downloads verified`, { timeout: 20_000 }, async () => {
    const { code } = await transform(await readFile(new URL('../../web/src/digest.ts', import.meta.url) /* from where run.mjs puts this */, 'utf8'), { ...options, loader: 'ts', format: 'esm' });
    const built = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    withWorkers(async (worker, data) => {
      const source = await resolveObjectURL(worker.url)!.text();
      const run = new Function('postMessage', `let onmessage;${source};return onmessage`);
      await run((data: unknown) => worker.onmessage!({ data }))({ data });
    });
    assert.deepEqual(Buffer.from(await built.makeSha256(readBlob)(large, MiB)), await sumsOf(large));
  });

test('what cannot be read is an error', async () => {
  withWorkers((worker, [id]) => worker.onmessage!({ data: [id] }));
  mock.method(large, 'stream', () => new ReadableStream({ type: 'bytes', pull: (c) => c.error(new Error('moved')) }));
  await assert.rejects(makeSha256(readBlob)!(large, MiB), /moved/);
  mock.method(large, 'stream', () => new ReadableStream({ type: 'bytes', start: (c) => c.close() }));
  await assert.rejects(makeSha256(readBlob)!(large, MiB), /shorter/);
});

test('what can be read as a whole only is hashed, too', async () => {
  mock.method(large, 'stream', () => new ReadableStream());
  assert.deepEqual(Buffer.from(await makeSha256(readBlob)!(large, MiB)), await sumsOf(large));
  mock.method(large, 'arrayBuffer', async () => {
    throw new Error('moved');
  });
  await assert.rejects(makeSha256(readBlob)!(large, MiB), /moved/);
});

test('a page without crypto.subtle has no digest', () => {
  mock.getter(globalThis, 'crypto', () => ({ getRandomValues() {} }) as any);
  assert.equal(makeSha256(readBlob), undefined);
});
