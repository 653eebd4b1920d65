import assert from 'node:assert/strict';
import test from 'node:test';
import { loggedIn, makeClient, note, tick } from './fake.ts';

test('renewToken hands the token over inside the call and settles as the core says', async () => {
  const { client, loader } = await loggedIn();
  const log: unknown[] = [];
  note(log, 'renew', client.renewToken('007new'));
  assert.deepEqual(loader.last('renewToken').slice(0, 1), ['007new']);
  loader.done('renewToken')(undefined);
  await tick();
  const refused = client.renewToken('007old');
  loader.done('renewToken')({ name: 'RtmUnauthenticatedError', code: 5, serverCode: 10, text: 'the token has expired' });
  await assert.rejects(refused, {
    name: 'RtmUnauthenticatedError', code: 5, serverCode: 10, message: ' Error Code 5, server Code 10 - the token has expired.',
  });
  assert.deepEqual(log, [['renew', undefined]]);
});

test('what is no string reaches the core as an empty one, which it refuses', async () => {
  const { client, loader } = await loggedIn();
  for (const bad of [undefined, null, 7, {}, ['007'], '']) {
    client.renewToken(bad as string).catch(() => {});
    assert.equal(loader.last('renewToken')[0], '', String(bad));
  }
});

test('token events come without arguments', async () => {
  const { client, loader } = await loggedIn();
  const seen: unknown[] = [];
  for (const name of ['TokenExpired', 'TokenPrivilegeWillExpire']) client.on(name, (...args) => seen.push([name, ...args]));
  loader.host.token('TokenPrivilegeWillExpire');
  loader.host.token('TokenExpired');
  assert.deepEqual(seen, [['TokenPrivilegeWillExpire'], ['TokenExpired']]);
});

test('no token is ever logged', async (t) => {
  const lines: unknown[][] = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) t.mock.method(console, method, (...args: unknown[]) => lines.push(args));
  const { client, loader } = makeClient(undefined, { logFilter: { debug: true, info: true, warn: true, error: true } });
  client.login({ uid: 'alice', token: '007secret' }).catch(() => {});
  loader.ready();
  await tick();
  loader.host.state('CONNECTED', 'LOGIN_SUCCESS');
  client.renewToken('007secret').catch(() => {});
  assert.notEqual(lines.length, 0);
  assert.doesNotMatch(JSON.stringify(lines), /007secret/);
});
