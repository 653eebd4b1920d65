import assert from 'node:assert/strict';
import test from 'node:test';
import { setArea } from '../src/area.ts';
import AgoraRTM, * as named from '../src/index.ts';
import { Log } from '../src/log.ts';
import { appId } from './fake.ts';

const withoutCode = { name: 'RtmInvalidArgumentError', code: undefined };

test('createInstance, and its checks', () => {
  for (const bad of [undefined, null, '', 'x'.repeat(31), 'x'.repeat(33), 'é'.repeat(32), 5]) {
    assert.throws(() => AgoraRTM.createInstance(bad as string), { name: 'RtmInvalidArgumentError', code: 1 });
  }
  assert.throws(() => AgoraRTM.createInstance(appId, null as never), TypeError);
  assert.throws(() => AgoraRTM.createInstance(appId, { logfilter: {}, foo: 1 } as never), (e: any) => e.code === 1 && /logfilter, foo/.test(e.message));
  for (const areas of [null, 'CN', [], ['XX'], ['CN', 'GLOBAL']]) {
    assert.throws(() => AgoraRTM.createInstance(appId, {}, areas as never), withoutCode);
  }
  const client = AgoraRTM.createInstance(appId, undefined, ['CN', 'OVS']);
  assert.equal(client.connectionState, 'DISCONNECTED');
  assert.equal(client.getMaxListeners(), 512);
  assert.equal(client.createChannel('c').getMaxListeners(), 10);
  const made = new (AgoraRTM.createInstance as any)(appId);
  assert.equal(made.constructor, client.constructor);
});

test('the gateway\'s address', () => {
  const gateway = (url: unknown) => {
    AgoraRTM.setParameter('GATEWAY', url);
    return AgoraRTM.getParameter('GATEWAY');
  };
  assert.equal(gateway('https://x.example/'), 'https://x.example');
  assert.equal(gateway('wss://x.example:8443/a/b//'), 'https://x.example:8443/a/b');
  assert.equal(gateway('ws://x.example'), 'http://x.example');
  assert.equal(gateway(new URL('http://x.example/a')), 'http://x.example/a');
  for (const bad of ['', 'relative', '/a', 'ftp://x', 'https://x/?q', 'https://u@x/', 5, {}]) {
    assert.throws(() => gateway(bad), { name: 'RtmInvalidArgumentError', code: 1 });
    assert.throws(() => AgoraRTM.createInstance(appId, { gateway: bad as string }), { name: 'RtmInvalidArgumentError', code: 1 });
  }
  assert.throws(() => gateway('ftp://x'), /"ftp:\/\/x"/);
  assert.equal(gateway(undefined), undefined);
});

test('a host without a scheme is refused, and the text has the address as it must be', (t) => {
  Object.assign(globalThis, { location: new URL('https://page.example/dir/index.html') });
  t.after(() => delete (globalThis as any).location);
  for (const host of ['rtm.example.org', 'rtm.example.org/chat', 'rtm.example.org:8443', 'localhost', 'localhost:8080', '127.0.0.1:8080', '10.0.0.1', '[::1]:80'])
    assert.throws(() => AgoraRTM.setParameter('GATEWAY', host), (e: Error) => e.name === 'RtmInvalidArgumentError' && e.message.includes(`https://${host},`), host);
});

test('relative addresses are relative to the page', (t) => {
  Object.assign(globalThis, { location: new URL('https://page.example/dir/index.html') });
  t.after(() => delete (globalThis as any).location);
  AgoraRTM.setParameter('GATEWAY', 'rtm/');
  assert.equal(AgoraRTM.getParameter('GATEWAY'), 'https://page.example/dir/rtm');
  AgoraRTM.setParameter('WASM_URL', '/x/rtm.wasm');
  assert.equal(AgoraRTM.getParameter('WASM_URL'), 'https://page.example/x/rtm.wasm');
  AgoraRTM.setParameter('GATEWAY', undefined);
  assert.equal(AgoraRTM.getParameter('GATEWAY'), 'https://page.example');
  AgoraRTM.setParameter('WASM_URL', undefined);
});

test('parameters', (t) => {
  const warned = t.mock.method(console, 'warn', () => {});
  assert.equal(AgoraRTM.getParameter('RECONNECTING_AP_INTERVAL'), 2500);
  assert.equal(AgoraRTM.setParameter('RECONNECTING_AP_NUM', 5), undefined);
  assert.equal(AgoraRTM.getParameter('RECONNECTING_AP_NUM'), 5);
  AgoraRTM.setParameter('NO_SUCH', 1);
  assert.equal(AgoraRTM.getParameter('NO_SUCH'), undefined);
  AgoraRTM.setParameter({ GATEWAY: 'x' } as never, undefined);
  assert.deepEqual(warned.mock.calls.map(({ arguments: [text] }) => text), ['RTM: there is no parameter "NO_SUCH"', 'RTM: there is no parameter [object Object]']);
  assert.equal(AgoraRTM.getParameter('toString'), undefined);
});

test('the parameters of 1.4 and their defaults', () => {
  for (const [name, value] of Object.entries({
    RECONNECTING_AP_INTERVAL: 2500, DISABLE_MESSAGE_COMPRESSION: false, LOG_UPLOAD_INTERVAL: 3000, LOG_HANDLER: undefined, ENABLE_EDGE_AUTO_FALLBACK: true,
  })) {
    assert.equal(AgoraRTM.getParameter(name), value, name);
    AgoraRTM.setParameter(name, 'changed');
    assert.equal(AgoraRTM.getParameter(name), 'changed', name);
    AgoraRTM.setParameter(name, value);
  }
});

test('the enums have the members of 1.4, and no other', () => {
  const want = {
    ConnectionState: 'DISCONNECTED CONNECTING CONNECTED RECONNECTING ABORTED',
    ConnectionChangeReason: 'LOGIN LOGIN_SUCCESS LOGIN_FAILURE LOGIN_TIMEOUT INTERRUPTED LOGOUT BANNED_BY_SERVER REMOTE_LOGIN',
    LocalInvitationState: 'IDLE SENT_TO_REMOTE RECEIVED_BY_REMOTE ACCEPTED_BY_REMOTE REFUSED_BY_REMOTE CANCELED FAILURE',
    LocalInvitationFailureReason: 'UNKNOWN PEER_NO_RESPONSE INVITATION_EXPIRE PEER_OFFLINE NOT_LOGGEDIN',
    RemoteInvitationState: 'INVITATION_RECEIVED ACCEPT_SENT_TO_LOCAL REFUSED ACCEPTED CANCELED FAILURE',
    RemoteInvitationFailureReason: 'UNKNOWN PEER_OFFLINE ACCEPT_FAILURE INVITATION_EXPIRE',
    PeerOnlineState: 'ONLINE UNREACHABLE OFFLINE',
    PeerSubscriptionOption: 'ONLINE_STATUS',
    MessageType: 'TEXT RAW IMAGE FILE',
    AreaCode: 'GLOBAL INDIA JAPAN ASIA EUROPE CHINA NORTH_AMERICA',
  };
  for (const [name, members] of Object.entries(want)) {
    assert.deepEqual((AgoraRTM as any)[name], Object.fromEntries(members.split(' ').map((m) => [m, m])), name);
  }
  const filters = { OFF: '', ERROR: 'error', WARNING: 'error warn', INFO: 'error warn info', DEBUG: 'error warn info track debug' };
  for (const [name, on] of Object.entries(filters)) {
    const filter = (AgoraRTM as any)['LOG_FILTER_' + name];
    assert.deepEqual(Object.keys(filter), ['error', 'warn', 'info', 'track', 'debug'], name);
    assert.equal(Object.keys(filter).filter((level) => filter[level]).join(' '), on, name);
  }
  assert.equal(AgoraRTM.END_CALL_PREFIX, 'AgoraRTMLegacyEndcallCompatibleMessagePrefix');
});

test('createInstance checks in the order of the API, and config is told apart from its defaults', () => {
  const create = AgoraRTM.createInstance as any;
  assert.throws(() => create('short', null, []), { code: 1 });
  assert.throws(() => create(appId, null, []), TypeError);
  assert.throws(() => create(appId, { nope: 1 }, []), { code: 1 });
  assert.throws(() => create(appId, { gateway: 'ftp://x' }, []), withoutCode);
  assert.throws(() => create(appId, { gateway: 'ftp://x' }, ['CN']), { code: 1 });
  const odd = { enableLogUpload: 'yes', logFilter: AgoraRTM.LOG_FILTER_OFF, enableCloudProxy: 1 };
  create(appId, odd).updateConfig({ enableLogUpload: false });
  assert.equal(odd.enableLogUpload, 'yes', 'the caller keeps its own object');
});

test('a log filter that is undefined is the default', (t) => {
  const lines: string[] = [];
  t.mock.method(console, 'log', (line: string) => lines.push(line));
  AgoraRTM.createInstance(appId, { logFilter: undefined } as never)._log.info('x');
  assert.equal(lines.length, 1);
});

test('each client has its own number in the log', async (t) => {
  const lines: string[] = [];
  t.mock.method(console, 'warn', (line: string) => lines.push(line));
  const numbers = [1, 2].map(() => {
    AgoraRTM.createInstance(appId)._log.write(2, 'x');
    return Number(/^Ins#(\d+) RTM:WARN x$/.exec(lines.at(-1)!)![1]);
  });
  assert.equal(numbers[1], numbers[0]! + 1);
});

test('setArea', () => {
  assert.throws(() => (setArea as any)(), TypeError);
  for (const bad of [{}, { areaCodes: [] }, { areaCodes: 'CHINA' }, { areaCodes: ['CN'] }]) assert.throws(() => setArea(bad as never), withoutCode);
  for (const excludedArea of ['GLOBAL', 'EUROPE', 'XX', 'toString']) assert.throws(() => setArea({ areaCodes: ['GLOBAL'], excludedArea }), withoutCode);
  assert.throws(() => setArea({ areaCodes: ['ASIA', 'CHINA'], excludedArea: 'CHINA' }), withoutCode);
  assert.equal(setArea({ areaCodes: ['GLOBAL'], excludedArea: 'CHINA' }), undefined);
});

test('the exported object and the named exports are the same', () => {
  const { default: object, ...rest } = named;
  assert.equal(object, AgoraRTM);
  assert.deepEqual(Object.keys(AgoraRTM).sort(), Object.keys(rest).sort());
  for (const [key, value] of Object.entries(rest)) assert.equal((AgoraRTM as any)[key], value);
  assert.equal((AgoraRTM as any).default, AgoraRTM);
  assert.equal(AgoraRTM.VERSION, '1.4.5');
  assert.match(AgoraRTM.BUILD, /^v1\.4\.5-0-g\w+$/);
  assert.match(AgoraRTM.processId, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  assert.deepEqual(AgoraRTM.LOG_FILTER_WARNING, { error: true, warn: true, info: false, track: false, debug: false });
  assert.deepEqual(AgoraRTM.LOG_FILTER_DEBUG, { error: true, warn: true, info: true, track: true, debug: true });
  for (const name of ['ConnectionState', 'MessageType', 'AreaCode', 'PeerOnlineState'] as const) {
    for (const [key, value] of Object.entries(AgoraRTM[name])) assert.equal(key, value);
  }
});

test('updateConfig takes what is not null; logs follow the filter, and mask ids', async (t) => {
  const lines: string[] = [];
  t.mock.method(console, 'log', (line: string) => lines.push(line));
  const client = AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_OFF });
  client._log.info('silent');
  assert.equal(client.updateConfig({ logFilter: AgoraRTM.LOG_FILTER_INFO, more: 1 }), undefined);
  client.setParameters({ logFilter: null } as never);
  await client.login({ uid: 'alice-in-wonderland' }).catch(() => {});
  assert.ok(lines.length > 0);
  for (const line of lines) {
    assert.match(line, /^Ins#\d+ RTM:INFO /);
    assert.doesNotMatch(line, /wonderland/);
  }
});

test('LOG_HANDLER gets the lines of clients in place of the console', (t) => {
  const log = t.mock.method(console, 'log', () => {});
  const warned = t.mock.method(console, 'error', () => {});
  t.after(() => AgoraRTM.setParameter('LOG_HANDLER', undefined));
  const lines: unknown[][] = [];
  AgoraRTM.setParameter('LOG_HANDLER', (...line: unknown[]) => lines.push(line));
  const cause = new Error('why');
  const filter = { error: true, warn: false, info: true, track: false, debug: false };
  const write = () => {
    const made = new Log(7, { logFilter: filter });
    made.info('hello');
    made.write(2, 'not wanted');
    made.error('failed', cause);
  };
  write();
  assert.deepEqual(lines, [['info', 'Ins#7 RTM:INFO hello'], ['error', 'Ins#7 RTM:ERROR failed', cause]]);
  assert.equal(log.mock.callCount(), 0);
  AgoraRTM.setParameter('LOG_HANDLER', () => { throw cause; });
  write();
  assert.deepEqual(log.mock.calls[0]!.arguments, ['Ins#7 RTM:INFO hello'], 'what a handler that throws did not take');
  assert.deepEqual(warned.mock.calls[0]!.arguments, ['RTM: LOG_HANDLER threw', cause]);
  AgoraRTM.setParameter('LOG_HANDLER', 'no function');
  write();
  assert.equal(log.mock.callCount(), 2);
});
