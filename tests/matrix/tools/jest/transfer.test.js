// Uploads and downloads in Jest's jsdom, against a real gateway. Beside what jsdom has, the SDK needs
// TextEncoder and TextDecoder, which Node has, and the compiled rtm.wasm: jsdom has no fetch.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as util from 'node:util';
import AgoraRTM from 'agora-rtm-sdk';

const data = mkdtempSync(path.join(tmpdir(), 'rtm-jest-'));
let gateway;
let url;

beforeAll(async () => {
  Object.assign(globalThis, { TextEncoder: util.TextEncoder, TextDecoder: util.TextDecoder });
  AgoraRTM.setParameter('WASM_MODULE', await WebAssembly.compile(readFileSync(require.resolve('agora-rtm-sdk/rtm.wasm'))));
  gateway = spawn(path.join(__dirname, '../../../../bin/rtm-gateway'), ['--listen', '127.0.0.1:0', '--data', data], { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of createInterface({ input: gateway.stderr })) {
    url = /url=(http:\/\/\S+)/.exec(line)?.[1];
    if (url) break;
  }
}, 300_000);

afterAll(async () => {
  if (gateway.exitCode === null) await new Promise((resolve) => gateway.once('exit', resolve).kill());
  rmSync(data, { recursive: true });
});

test('a file crosses, and so does its message', async () => {
  const [ann, bob] = await Promise.all(['ann', 'bob'].map(async (uid) => {
    const client = AgoraRTM.createInstance('0'.repeat(32), { gateway: url });
    await client.login({ uid });
    return client;
  }));
  const bytes = Array.from({ length: 3 << 20 }, (_, i) => (i * i) % 251);
  const file = new File([new Uint8Array(bytes)], 'a.bin');
  const progress = [];
  const message = await ann.createMediaMessageByUploading(file, { messageType: 'FILE', fileName: file.name, thumbnail: new Blob(['small']) }, {
    onOperationProgress: ({ currentSize }) => progress.push(currentSize),
  });
  expect(progress.at(-1)).toBe(file.size);
  const arrived = new Promise((resolve) => bob.once('MessageFromPeer', resolve));
  expect(await ann.sendMessageToPeer(message, 'bob')).toEqual({ hasPeerReceived: true });
  const got = await arrived;
  expect(got).toMatchObject({ messageType: 'FILE', fileName: 'a.bin', size: file.size });

  const read = (blob) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(Array.from(new Uint8Array(reader.result)));
    reader.onerror = () => reject(reader.error);
    reader.readAsArrayBuffer(blob);
  });
  expect(String.fromCharCode(...await read(got.thumbnail))).toBe('small');
  const back = await bob.downloadMedia(got.mediaId);
  expect(back).toBeInstanceOf(Blob);
  expect(util.isDeepStrictEqual(await read(back), bytes)).toBe(true);

  // jsdom reads "[object Blob]" from a Blob of Node's: it is refused.
  await expect(ann.createMediaMessageByUploading(new (require('node:buffer').Blob)(['abc']))).rejects.toMatchObject({ name: 'RtmInvalidArgumentError', code: 2 });
  await Promise.all([ann.logout(), bob.logout()]);
}, 300_000);
