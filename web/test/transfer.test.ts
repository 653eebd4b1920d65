import assert from 'node:assert/strict';
import test from 'node:test';
import { loggedIn, makeClient, tick } from './fake.ts';

const payload = new Blob(['content']);
const interrupted = { name: 'RtmInterruptedError', code: 6, text: 'Uploading canceled' };

test('an upload resolves with its message', async () => {
  const { client, loader } = await loggedIn();
  const seen: unknown[] = [];
  const upload = client.createMediaMessageByUploading(payload, { messageType: 'IMAGE', width: 5 }, { onOperationProgress: (p: unknown) => seen.push(p) });
  const [, blob, params, progress, done] = loader.last('upload');
  assert.equal(blob, payload);
  assert.deepEqual(params, { image: true, width: 5 });
  progress(0, 7);
  progress(7, 7);
  done(undefined, { mediaId: 'id', width: 5, height: 6, thumbnailWidth: 0, thumbnailHeight: 0 });
  progress(7, 7);
  assert.deepEqual(await upload, {
    height: 6, width: 5, fileName: '', size: 7, description: '', thumbnail: undefined, messageType: 'IMAGE',
    thumbnailWidth: 0, thumbnailHeight: 0, mediaId: 'id',
  });
  assert.deepEqual(seen, [{ currentSize: 0, totalSize: 7 }, { currentSize: 7, totalSize: 7 }]);
});

test('an abort cancels the task it belongs to', async () => {
  const { client, loader } = await loggedIn();
  const controller = new AbortController();
  const other = client.createMediaMessageByUploading(payload);
  const upload = client.createMediaMessageByUploading(payload, {}, { cancelSignal: controller.signal });
  const [task, , , , done] = loader.last('upload');
  loader.onCall = (method, args) => method === 'cancel' && assert.equal(args[0], task) === undefined && done(interrupted);
  controller.abort();
  await assert.rejects(upload, { name: 'RtmInterruptedError', code: 6 });
  assert.deepEqual(loader.methods, ['upload', 'upload', 'cancel']);
  other.catch(() => {});
});

test('a signal that is aborted already cancels at once, unless the core refuses the call', async () => {
  const { client, loader } = await loggedIn();
  const cancelSignal = AbortSignal.abort();
  loader.onCall = (method, args) => (method === 'download' ? undefined : loader.done('download')({ ...interrupted, text: 'Downloading canceled' }));
  await assert.rejects(client.downloadMedia('id', { cancelSignal }), { name: 'RtmInterruptedError', code: 6 });
  assert.deepEqual(loader.methods, ['download', 'cancel']);

  loader.calls.length = 0;
  loader.onCall = (method, args) => args.at(-1)({ name: 'RtmInvalidStatusError', code: 102, text: 'x' });
  await assert.rejects(client.downloadMedia('id', { cancelSignal }), { code: 102 });
  await assert.rejects(client.createMediaMessageByUploading('x' as never, {}, { cancelSignal }), { code: 2 });
  assert.deepEqual(loader.methods, ['download']);
});

test('an abort before the program runs cancels when it does', async () => {
  const { client, loader } = makeClient();
  const controller = new AbortController();
  client.login({ uid: 'a' }).catch(() => {});
  const upload = client.createMediaMessageByUploading(payload, { cancelSignal: controller.signal });
  controller.abort();
  loader.onCall = (method) => method === 'cancel' && loader.done('upload')(interrupted);
  loader.ready();
  await assert.rejects(upload, { code: 6 });
  assert.deepEqual(loader.methods, ['login', 'upload', 'cancel']);
});

test('downloadMedia', async () => {
  const { client, loader } = await loggedIn();
  const download = client.downloadMedia('id');
  assert.equal(loader.last('download')[1], 'id');
  loader.done('download')(undefined, payload);
  assert.equal(await download, payload);
  for (const id of [undefined, 5, null]) await assert.rejects(client.downloadMedia(id as never), { name: 'RtmInvalidArgumentError', code: 2 });
  await assert.rejects(client.downloadMedia('id', null), TypeError);
  await tick();
  assert.deepEqual(loader.methods, ['download']);
});

test('getMediaUrl', async () => {
  const { client, loader } = await loggedIn();
  const url = client.getMediaUrl('id', { expiresIn: 60, download: 'a b.txt' });
  assert.deepEqual(loader.last('mediaUrl').slice(0, 3), ['id', 60, 'a b.txt']);
  loader.done('mediaUrl')(undefined, 'https://gateway.example/media/x');
  assert.equal(await url, 'https://gateway.example/media/x');
  void client.getMediaUrl('id', {});
  assert.deepEqual(loader.last('mediaUrl').slice(0, 3), ['id', 0, '']);
  void client.getMediaUrl('id', { expiresIn: Number.MAX_VALUE, download: 'x'.repeat(1e6) }); // for the core to refuse
  assert.deepEqual(loader.last('mediaUrl').slice(0, 3), ['id', 1e9, 'x'.repeat(999)]);
});

test('getMediaUrl refuses what only JavaScript can see', async () => {
  const { client, loader } = await loggedIn();
  for (const id of [undefined, 5, null]) await assert.rejects(client.getMediaUrl(id as never), { name: 'RtmInvalidArgumentError', code: 2, message: /mediaId/ });
  for (const expiresIn of [0, -1, 1.5, NaN, Infinity, '60', null, {}, 5n]) {
    await assert.rejects(client.getMediaUrl('id', { expiresIn } as never), { name: 'RtmInvalidArgumentError', code: 2, message: /expiresIn must be a positive whole number of seconds/ });
  }
  for (const download of ['', 5, null, true, {}]) await assert.rejects(client.getMediaUrl('id', { download } as never), { name: 'RtmInvalidArgumentError', code: 2, message: /download/ });
  await assert.rejects(client.getMediaUrl('id', null as never), TypeError);
  assert.deepEqual(loader.methods, []);
});
