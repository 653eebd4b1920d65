import assert from 'node:assert/strict';
import test from 'node:test';
import { Emitter } from '../src/emitter.ts';
import { Log } from '../src/log.ts';

function make() {
  const errors: unknown[] = [];
  const log = new Log(1, {});
  log.error = (text, cause) => void errors.push(text, cause);
  return { emitter: new Emitter(log, 10), errors };
}

test('listeners run in order, with this and the arguments; emit returns undefined', () => {
  const { emitter } = make();
  const seen: unknown[] = [];
  const add = (tag: string) => function (this: unknown, ...args: unknown[]) { seen.push([tag, this === emitter, ...args]); };
  assert.equal(emitter.on('a', add('on')), emitter);
  emitter.addListener('a', add('add')).prependListener('a', add('first')).once('a', add('once')).prependOnceListener('a', add('zeroth'));
  assert.equal(emitter.emit('a', 1, 2), undefined);
  assert.deepEqual(seen.map((s) => (s as unknown[])[0]), ['zeroth', 'first', 'on', 'add', 'once']);
  assert.deepEqual(seen[0], ['zeroth', true, 1, 2]);
  seen.length = 0;
  emitter.emit('a');
  assert.deepEqual(seen.map((s) => (s as unknown[])[0]), ['first', 'on', 'add']);
  assert.equal(emitter.emit('nothing'), undefined);
});

test('a listener that throws is logged and ends its emission, not the emitter', () => {
  const { emitter, errors } = make();
  const boom = new Error('boom');
  let after = 0;
  emitter.once('a', () => { throw boom; });
  emitter.on('a', () => void after++);
  emitter.emit('a');
  assert.equal(after, 0);
  assert.deepEqual(errors, ['a listener of a threw', boom]);
  emitter.emit('a');
  assert.equal(after, 1);
});

test('the same listener twice runs twice, and off removes the one added last', () => {
  const { emitter } = make();
  const seen: string[] = [];
  const f = () => void seen.push('f');
  emitter.on('a', f).on('a', () => void seen.push('g')).on('a', f);
  emitter.emit('a');
  emitter.off('a', f);
  emitter.emit('a');
  assert.deepEqual(seen, ['f', 'g', 'f', 'f', 'g']);
  emitter.off('a', () => {});
  assert.equal(emitter.listenerCount('a'), 2);
});

test('an emission has the listeners of its start', () => {
  const { emitter } = make();
  const seen: string[] = [];
  const second = () => void seen.push('second');
  emitter.on('a', () => { emitter.off('a', second); emitter.on('a', () => void seen.push('late')); });
  emitter.on('a', second);
  emitter.emit('a');
  assert.deepEqual(seen, ['second']);
});

test('once can be removed, and runs once even if it emits again', () => {
  const { emitter } = make();
  let runs = 0;
  const f = () => { runs++; emitter.emit('a'); };
  emitter.once('a', f);
  assert.deepEqual(emitter.listeners('a'), [f]);
  assert.notEqual(emitter.rawListeners('a')[0], f);
  emitter.off('a', f);
  emitter.emit('a');
  assert.equal(runs, 0);
  emitter.once('a', f);
  emitter.emit('a');
  assert.equal(runs, 1);
  assert.deepEqual(emitter.eventNames(), []);
});

test('names, counts and removing all', () => {
  const { emitter } = make();
  const s = Symbol('s');
  emitter.on('a', () => {}).on(s, () => {}).on('b', () => {});
  assert.deepEqual(emitter.eventNames(), ['a', s, 'b']);
  emitter.removeAllListeners('a');
  assert.deepEqual(emitter.eventNames(), [s, 'b']);
  emitter.removeAllListeners();
  assert.equal(emitter.listenerCount('b'), 0);
});

test('what is no function is a TypeError', () => {
  const { emitter } = make();
  for (const method of ['on', 'once', 'off', 'prependListener'] as const) {
    assert.throws(() => emitter[method]('a', undefined as never), TypeError);
  }
});

test('too many listeners are a warning, once', (t) => {
  const { emitter } = make();
  const warn = t.mock.method(console, 'warn', () => {});
  assert.equal(emitter.getMaxListeners(), 10);
  for (let i = 0; i < 10; i++) emitter.on('a', () => {});
  assert.equal(warn.mock.callCount(), 0);
  emitter.on('a', () => {}).on('a', () => {});
  assert.equal(warn.mock.callCount(), 1);
  emitter.setMaxListeners(0);
  for (let i = 0; i < 20; i++) emitter.on('b', () => {});
  assert.equal(warn.mock.callCount(), 1);
  assert.throws(() => emitter.setMaxListeners(-1), RangeError);
});

test('the exception of a listener is an error of the log, and obeys its filter', (t) => {
  const lines: unknown[][] = [];
  t.mock.method(console, 'error', (...args: unknown[]) => void lines.push(args));
  const config = { logFilter: { error: true } };
  const emitter = new Emitter(new Log(7, config), 10);
  const boom = new Error('boom');
  emitter.on('a', () => { throw boom; });
  emitter.emit('a');
  config.logFilter = { error: false };
  emitter.emit('a');
  assert.deepEqual(lines, [['Ins#7 RTM:ERROR a listener of a threw', boom]]);
});

test('a raw listener of once can be called, and is removed by it', () => {
  const { emitter } = make();
  const seen: unknown[] = [];
  emitter.once('a', (x) => void seen.push(x));
  (emitter.rawListeners('a')[0] as Function)(5);
  emitter.emit('a', 6);
  assert.deepEqual(seen, [5]);
});

test('lists of listeners are copies', () => {
  const { emitter } = make();
  emitter.on('a', () => {});
  emitter.listeners('a').pop();
  emitter.rawListeners('a').pop();
  assert.equal(emitter.listenerCount('a'), 1);
});

test('a listener of once runs once, whoever emits inside another listener', () => {
  for (const add of ['once', 'prependOnceListener'] as const) {
    const { emitter } = make();
    const seen: unknown[] = [];
    emitter.on('a', (n: number) => void (n < 3 && emitter.emit('a', n + 1)));
    emitter[add]('a', (n: number) => void seen.push(n));
    emitter.on('a', (n: number) => void (n < 3 && emitter.emit('a', n + 1)));
    emitter.emit('a', 1);
    assert.deepEqual(seen, [add === 'once' ? 3 : 1]);
    assert.equal(emitter.listenerCount('a'), 2);
  }
});
