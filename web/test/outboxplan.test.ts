import assert from 'node:assert/strict';
import test from 'node:test';
import { pause, plan, verdict, type Planned } from '../src/outboxplan.ts';

const item = (id: number, target: string, more: Partial<Planned> = {}): Planned => ({ id, target, state: 'WAITING', needsUpload: false, notBefore: 0, ...more });
const file = { needsUpload: true };

const rows: [what: string, items: Planned[], upload: number[], send: number[], wakeAt?: number][] = [
  ['one message of each receiver', [item(1, 'a'), item(2, 'a'), item(3, 'b')], [], [1, 3]],
  ['nothing overtakes what is sent, uploaded or to be uploaded', [item(1, 'a', { state: 'SENDING' }), item(2, 'a'), item(3, 'b', { state: 'UPLOADING' }), item(4, 'b'), item(5, 'c', file), item(6, 'c')], [5], []],
  ['uploads of the same receiver run side by side, three at a time', [1, 2, 3, 4].map((id) => item(id, 'a', file)), [1, 2, 3], []],
  ['what has failed holds up nothing', [item(1, 'a', { state: 'FAILED' }), item(2, 'a')], [], [2]],
  ['what has to wait holds up its receiver', [item(1, 'a', { notBefore: 150 }), item(2, 'a'), item(3, 'b', { notBefore: 120, needsUpload: true }), item(4, 'c')], [], [4], 120],
  ['a channel that is not joined', [item(1, 'closed'), item(2, 'closed'), item(3, 'closed', file)], [3], []],
];
for (const [what, items, upload, send, wakeAt = Infinity] of rows)
  test(`plan: ${what}`, () => assert.deepEqual(plan(items, 100, (target) => target !== 'closed'), { upload, send, wakeAt }));

test('verdict', () => {
  const of = (name: string, code: number | undefined, doing: 'upload' | 'send', connected = true) => verdict({ name, code: code! }, doing, connected);
  assert.equal(of('RtmInvalidArgumentError', 7, 'send', false), 'again', 'without a connection nothing counts');
  assert.deepEqual([of('RtmLimitExceededError', 5, 'send'), of('RtmLimitExceededError', 3, 'send'), of('RtmLimitExceededError', 5, 'upload')], ['again', 'again', 'again']);
  assert.deepEqual([of('RtmLimitExceededError', 7, 'send'), of('RtmLimitExceededError', 3, 'upload'), of('RtmInvalidArgumentError', 2, 'upload')], ['fail', 'fail', 'fail']);
  assert.deepEqual([of('RtmUnavailableError', 1, 'upload'), of('RtmTimeoutError', 2, 'send'), of('TypeError', undefined, 'send')], ['count', 'count', 'count']);
  assert.deepEqual([of('RtmInterruptedError', 6, 'upload'), of('RtmInvalidStatusError', 5, 'send')], ['again', 'again']);
});

test('pause', () => assert.deepEqual([0, 1, 5, 6, 50].map(pause), [1000, 2000, 32_000, 60_000, 60_000]));
