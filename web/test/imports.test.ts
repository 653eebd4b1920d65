/** Every way in which programs of the 1.4 API load it (API 1.1), on the files that are shipped. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { appId } from './fake.ts';

const module: string = new URL('module.mjs', import.meta.url).href;
const script: string = fileURLToPath(new URL('script.js', import.meta.url));

/** What must work at once with the object, however it was got. */
function use(sdk: any): void {
  const client = sdk.createInstance(appId, { logFilter: sdk.LOG_FILTER_ERROR });
  assert.equal(client.connectionState, 'DISCONNECTED');
  assert.equal(client.createChannel('room').channelId, 'room');
  assert.equal(client.createMessage({ messageType: 'IMAGE', mediaId: 'x' }).width, 0);
  assert.equal((sdk.default || sdk).VERSION, '1.4.5');
}

/** Runs a program of its own; its console is the result. */
function run(flag: 'module' | 'commonjs', code: string): string {
  return execFileSync(process.execPath, [`--input-type=${flag}`, '-e', code], { encoding: 'utf8', timeout: 60_000 }).trim();
}

test('import with default, with a namespace and with names', async () => {
  const namespace = await import(module);
  const { default: AgoraRTM, createInstance, LOG_FILTER_ERROR } = namespace;
  use(AgoraRTM);
  use(namespace);
  use(namespace.default || namespace);
  assert.equal(createInstance, AgoraRTM.createInstance);
  assert.equal(LOG_FILTER_ERROR, AgoraRTM.LOG_FILTER_ERROR);
  assert.deepEqual(Object.keys(namespace).filter((key) => key !== 'default').sort(), Object.keys(AgoraRTM).sort());
});

test('require gives the object itself', () => {
  const AgoraRTM = createRequire(import.meta.url)(script);
  use(AgoraRTM);
  use(AgoraRTM.default || AgoraRTM);
  assert.ok(!Object.keys(AgoraRTM).includes('default'));
  assert.equal(AgoraRTM.default, AgoraRTM);
});

test('import of the CommonJS form, as bundlers and Node make it', async () => {
  const { default: AgoraRTM } = await import(script);
  use(AgoraRTM);
});

test('what is required can be spied on', (t) => {
  const AgoraRTM = createRequire(import.meta.url)(script);
  t.mock.method(AgoraRTM, 'createInstance', () => 'spied');
  assert.equal(AgoraRTM.createInstance(), 'spied');
  assert.equal(AgoraRTM.default.createInstance(), 'spied');
});

for (const [flag, load] of [
  ['module', `import * as sdk from '${module}'`],
  ['commonjs', `const sdk = require('${script}')`],
] as const) {
  test(`without a window, ${flag}: loading adds no global, keeps nothing running, and login says what is missing`, () => {
    const out = run(flag, `
      ${load};
      const before = Object.getOwnPropertyNames(globalThis);
      if (typeof window !== 'undefined' || 'AgoraRTM' in globalThis || 'Go' in globalThis) throw new Error('a global too many');
      const client = sdk.createInstance('${appId}', { logFilter: sdk.LOG_FILTER_OFF });
      const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name));
      client.login({ uid: 'a' }).catch((e) => console.log(JSON.stringify([added, e.name, e.code, client.connectionState, /rtm\\.wasm/.test(e.message)])));
    `);
    assert.deepEqual(JSON.parse(out), [[], 'RtmUnavailableError', 1, 'DISCONNECTED', true]);
  });
}

test('nothing that is returned can be taken for a promise', async () => {
  const { default: AgoraRTM } = await import(module);
  const client = await AgoraRTM.createInstance(appId);
  const made = [client, await client.createChannel('c'), client.createMessage({ text: 'x' }), AgoraRTM];
  if (client.createLocalInvitation) made.push(await client.createLocalInvitation('peer'));
  for (const value of made) assert.ok(!('then' in value), String(value));
});
