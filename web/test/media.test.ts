import assert from 'node:assert/strict';
import test from 'node:test';
import { Log } from '../src/log.ts';
import { handlerArgument, uploadArguments, TransferControl } from '../src/media.ts';

const payload = new Blob(['content'], { type: 'image/png' });
const thumbnail = new Blob(['t']);
const signal = new AbortController().signal;
const onOperationProgress = () => {};
const uploaded = { mediaId: 'id', width: 1, height: 2, thumbnailWidth: 3, thumbnailHeight: 4 };
const log = new Log(1, {});

test('the type is inferred from the keys', () => {
  const type = (params: unknown) => (uploadArguments(payload, params, undefined).message(uploaded) as any).messageType;
  assert.equal(type({}), 'FILE');
  assert.equal(type({ fileName: 'a', thumbnail }), 'FILE');
  assert.equal(type({ width: undefined }), 'IMAGE');
  assert.equal(type({ thumbnailHeight: 1 }), 'IMAGE');
  assert.equal(type({ messageType: undefined, height: 1 }), 'IMAGE');
  assert.equal(type({ messageType: 'IMAGE' }), 'IMAGE');
});

test('wrong arguments are RtmInvalidArgumentError 2', () => {
  const table: [unknown, unknown, unknown?][] = [
    [payload, null], [payload, 'x'], [payload, []], [payload, new (class {})()],
    [payload, { messageType: 5 }], [payload, { messageType: null }], [payload, { messageType: 'VIDEO' }], [payload, { messageType: 'TEXT' }],
    [payload, { fileName: 1 }], [payload, { description: null }], [payload, { thumbnail: null }], [payload, { thumbnail: 'x' }],
    [payload, { messageType: 'FILE', width: undefined }],
    [undefined, {}], ['x', {}], [new ArrayBuffer(1), {}],
    [payload, {}, { cancelSignal: {} }], [payload, {}, { onOperationProgress: 1 }], [payload, { cancelSignal: true }],
  ];
  for (const args of table) {
    assert.throws(() => uploadArguments(args[0], args[1], args[2]), { name: 'RtmInvalidArgumentError', code: 2 }, JSON.stringify(args));
  }
  assert.throws(() => uploadArguments(payload, {}, null), TypeError);
  assert.throws(() => handlerArgument(null), TypeError);
});

test('the handler may stand in either place', () => {
  const handler = { cancelSignal: signal, onOperationProgress };
  assert.deepEqual(uploadArguments(payload, {}, handler).handler, handler);
  const alone = uploadArguments(payload, handler, undefined);
  assert.deepEqual(alone.handler, handler);
  assert.equal(alone.params.image, false);
  const mixed = uploadArguments(payload, { onOperationProgress, width: 5, fileName: 'f' }, undefined);
  assert.deepEqual(mixed.handler, { cancelSignal: undefined, onOperationProgress });
  assert.deepEqual(mixed.params, { image: true, width: 5 });
  // With handlers in both places each adds what the other lacks, and the third argument wins.
  assert.deepEqual(uploadArguments(payload, { cancelSignal: signal }, {}).handler, { cancelSignal: signal, onOperationProgress: undefined });
  assert.deepEqual(uploadArguments(payload, { cancelSignal: signal }, { onOperationProgress }).handler, handler);
  assert.deepEqual(uploadArguments(payload, { onOperationProgress, fileName: 'f' }, { cancelSignal: signal }).handler, handler);
  const others = { cancelSignal: new AbortController().signal, onOperationProgress: () => {} };
  assert.deepEqual(uploadArguments(payload, others, handler).handler, handler);
  assert.deepEqual(uploadArguments(payload, handler, { cancelSignal: null, onOperationProgress: undefined }).handler, handler);
});

test('dimensions: positive ones override, what is no number is left to the core to report', () => {
  const params = (p: object) => uploadArguments(payload, { messageType: 'IMAGE', ...p }, undefined).params;
  assert.deepEqual(params({ width: 0, height: -5, thumbnailWidth: NaN, thumbnailHeight: 7 }), { image: true, thumbnailHeight: 7 });
  assert.match(params({ width: '5' }).faultText!, /^width/);
  assert.match(params({ height: null }).faultText!, /^height/);
  assert.equal(params({ thumbnail }).thumbnail, thumbnail);
});

test('the result has the keys of the API in their order', () => {
  const image: any = uploadArguments(payload, { width: 1, thumbnail, description: 'd', junk: 1 }, undefined).message(uploaded);
  assert.deepEqual(Object.keys(image), ['height', 'width', 'fileName', 'size', 'description', 'thumbnail', 'messageType', 'thumbnailWidth', 'thumbnailHeight', 'mediaId']);
  assert.equal(image.thumbnail, thumbnail);
  assert.equal(image.thumbnailData, thumbnail);
  assert.equal(image.size, 7);
  const file: any = uploadArguments(payload, {}, undefined).message(uploaded);
  assert.deepEqual(file, { fileName: '', size: 7, description: '', mediaId: 'id', thumbnail: undefined, messageType: 'FILE' });
  assert.deepEqual(Object.keys(file), ['fileName', 'size', 'description', 'mediaId', 'thumbnail', 'messageType']);
});

test('an abort cancels at any moment, once the core has the task', () => {
  const cancels: string[] = [];
  const cases: [string, (c: AbortController, begin: () => void) => void][] = [
    ['before the call', (c, begin) => { c.abort(); begin(); }],
    ['after it', (c, begin) => { begin(); c.abort(); }],
  ];
  for (const [name, play] of cases) {
    const c = new AbortController();
    let watch: TransferControl;
    if (name === 'before the call') { c.abort(); }
    watch = new TransferControl({ cancelSignal: c.signal }, log);
    play(c, () => watch.begun(() => cancels.push(name)));
  }
  const between = new AbortController();
  const watch = new TransferControl({ cancelSignal: between.signal }, log);
  between.abort();
  watch.begun(() => cancels.push('between'));
  assert.deepEqual(cancels, ['before the call', 'after it', 'between']);
});

test('a signal may be any object that listens, and is let go at the end', () => {
  const listeners = new Set<() => void>();
  const cancelSignal = {
    addEventListener: (_: string, f: () => void) => void listeners.add(f),
    removeEventListener: (_: string, f: () => void) => void listeners.delete(f),
  };
  const watch = new TransferControl(handlerArgument({ cancelSignal }), log);
  assert.equal(listeners.size, 1);
  watch.end();
  assert.equal(listeners.size, 0);
  watch.begun(() => assert.fail('ended inside the call: nothing to cancel'));
  new TransferControl(handlerArgument({ cancelSignal: { addEventListener() {} } }), log).end();
});

test('progress is an object, stops at the end, and may throw', () => {
  const seen: unknown[] = [];
  const watch = new TransferControl({ onOperationProgress: (p) => { seen.push(p); throw new Error('app'); } }, log);
  watch.progress(0, 10);
  watch.end();
  watch.progress(10, 10);
  assert.deepEqual(seen, [{ currentSize: 0, totalSize: 10 }]);
});
