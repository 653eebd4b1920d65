import type { Area } from '../row.ts';

const RtmInvalidArgumentError = 'RtmInvalidArgumentError';

export const module: Area = {
  title: 'The AgoraRTM object',
  rows: [
    { member: 'createInstance', when: 'appId is missing', class: RtmInvalidArgumentError, code: 1, fails: (t) => () => t.sdk.createInstance() },
    { member: 'createInstance', when: 'appId is not 32 letters and digits', class: RtmInvalidArgumentError, code: 1, fails: (t) => () => t.sdk.createInstance('x'.repeat(31)) },
    { member: 'createInstance', when: 'config is null', class: 'TypeError', fails: (t) => () => t.sdk.createInstance(t.appId, null) },
    {
      member: 'createInstance', when: 'config has an unknown key, which the message names', class: RtmInvalidArgumentError, code: 1,
      fails: (t) => () => {
        try {
          t.sdk.createInstance(t.appId, { loglevel: 1 });
        } catch (error: any) {
          if (!error.message.includes('loglevel')) throw new Error(error.message);
          throw error;
        }
      },
    },
    { member: 'createInstance', when: 'areaCodes is not an array', class: RtmInvalidArgumentError, fails: (t) => () => t.sdk.createInstance(t.appId, {}, 'CN') },
    { member: 'createInstance', when: 'areaCodes is empty', class: RtmInvalidArgumentError, fails: (t) => () => t.sdk.createInstance(t.appId, {}, []) },
    { member: 'createInstance', when: 'areaCodes has an unknown code', class: RtmInvalidArgumentError, fails: (t) => () => t.sdk.createInstance(t.appId, {}, ['CN', 'GLOBAL']) },
    {
      member: 'createInstance', when: 'works with new, with await, and any number of times; the clients are independent',
      works: async (t) => {
        const [a, b] = [new t.sdk.createInstance(t.appId), await t.sdk.createInstance(t.appId, {}, ['GLOB'])];
        t.equal([a.connectionState, b.connectionState, a === b, 'then' in a], ['DISCONNECTED', 'DISCONNECTED', false, false]);
      },
    },
    {
      member: 'createInstance', when: 'config takes `gateway`, the address of the gateway, in addition to the keys of 1.4',
      differs: 'your own gateway has an address; without it the SDK uses the gateway that served the script',
      works: async (t) => {
        const client = t.client({ gateway: location.origin, enableLogUpload: false, enableCloudProxy: false });
        await client.login({ uid: t.id('a') });
        t.equal(client.connectionState, 'CONNECTED');
      },
    },
    {
      member: 'createInstance', when: 'enableCloudProxy and enableLogUpload have no effect', differs: 'your own gateway has no cloud proxy and collects no logs',
      works: async (t) => {
        const client = t.client({ enableCloudProxy: true, enableLogUpload: true });
        await client.login({ uid: t.id('a') });
        t.equal(client.connectionState, 'CONNECTED');
      },
    },
    { member: 'createInstance', when: 'a logFilter that is undefined is the default', shown: 'web/test/module.test.ts:a log filter that is undefined is the default' },
    { member: 'setArea', when: 'there is no argument', class: 'TypeError', fails: (t) => () => t.sdk.setArea() },
    { member: 'setArea', when: 'areaCodes is not a non-empty array of areas', class: RtmInvalidArgumentError, fails: (t) => () => t.sdk.setArea({ areaCodes: ['CN'] }) },
    { member: 'setArea', when: 'excludedArea is GLOBAL', class: RtmInvalidArgumentError, fails: (t) => () => t.sdk.setArea({ areaCodes: ['GLOBAL'], excludedArea: 'GLOBAL' }) },
    { member: 'setArea', when: 'excludedArea is also in areaCodes', class: RtmInvalidArgumentError, fails: (t) => () => t.sdk.setArea({ areaCodes: ['CHINA'], excludedArea: 'CHINA' }) },
    { member: 'setArea', when: 'excludedArea may not be excluded', class: RtmInvalidArgumentError, fails: (t) => () => t.sdk.setArea({ areaCodes: ['GLOBAL'], excludedArea: 'EUROPE' }) },
    {
      member: 'setArea', when: 'accepts areas, which have no effect', differs: 'your own gateway has no areas',
      works: (t) => t.equal(t.sdk.setArea({ areaCodes: [t.sdk.AreaCode.GLOBAL], excludedArea: 'CHINA' }), undefined),
    },
    {
      member: 'setParameter', when: 'sets a known parameter; an unknown name or an object has no effect', differs: 'the console warns of an unknown name; 1.4 says nothing',
      works: (t) => {
        t.equal(t.sdk.setParameter('LOG_UPLOAD_INTERVAL', 5), undefined);
        t.sdk.setParameter({ LOG_UPLOAD_INTERVAL: 7 });
        t.sdk.setParameter('NO_SUCH_NAME', 5);
        t.equal([t.sdk.getParameter('LOG_UPLOAD_INTERVAL'), t.sdk.getParameter('NO_SUCH_NAME')], [5, undefined]);
      },
    },
    {
      member: 'setParameter', when: 'GATEWAY names the gateway, WASM_URL the wasm', shown: 'tests/session.spec.ts:the gateway can be named by parameter and by config',
      differs: 'the one line that an application adds when it moves to its own gateway',
    },
    {
      member: 'setParameter', when: 'WASM_INTEGRITY pins the wasm by its hash, WASM_MODULE gives it compiled', shown: 'tests/loading.spec.ts:workers: one compilation for all, and classic ones too',
      differs: 'new: 1.4 has no wasm',
    },
    {
      member: 'setParameter', when: 'VERIFY_MEDIA, true by default, says whether the SDK compares downloads with their digests', differs: 'new: 1.4 does not verify downloads',
      works: (t) => {
        const seen = [t.sdk.getParameter('VERIFY_MEDIA')];
        t.sdk.setParameter('VERIFY_MEDIA', false);
        seen.push(t.sdk.getParameter('VERIFY_MEDIA'));
        t.sdk.setParameter('VERIFY_MEDIA', true);
        t.equal(seen, [true, false]);
      },
    },
    {
      member: 'setParameter', when: 'the value of one of these four is not a valid address, hash or module', class: RtmInvalidArgumentError, code: 1, enum: 'CreateInstanceError',
      fails: (t) => () => t.sdk.setParameter('WASM_INTEGRITY', 'md5'), differs: 'the four names are new',
    },
    {
      member: 'getParameter', when: 'knows the parameters of 1.4 with their defaults; they have no effect',
      differs: 'they are about the servers and the log collection of the vendor',
      works: (t) => t.equal(
        ['RECONNECTING_AP_INTERVAL', 'RECONNECTING_AP_NUM', 'DISABLE_MESSAGE_COMPRESSION', 'ENABLE_EDGE_AUTO_FALLBACK'].map((name) => t.sdk.getParameter(name)),
        [2500, 2, false, true],
      ),
    },
    {
      member: 'setParameter', when: 'LOG_HANDLER gets the lines of clients\' logs in place of the console', differs: 'new: it has no effect in 1.4',
      works: (t) => {
        const lines: string[] = [];
        t.sdk.setParameter('LOG_HANDLER', (level: string, text: string) => lines.push(`${level} ${text.replace(/^Ins#\d+ /, '')}`));
        const client = t.client({ logFilter: t.sdk.LOG_FILTER_INFO });
        client.login({ uid: 'handled' }).catch(() => {});
        client.logoutSync();
        t.sdk.setParameter('LOG_HANDLER', undefined);
        t.equal(lines[0], 'info RTM:INFO login as ha***, without a token');
      },
    },
    {
      member: 'isRtmError', when: 'reports whether a value is an error of the SDK', differs: 'new',
      works: async (t) => {
        const error = await t.client().logout().catch((e: unknown) => e);
        t.equal([error, new Error('x'), undefined].map((e) => t.sdk.isRtmError(e)), [true, false, false]);
      },
    },
    { member: 'preload', when: 'loads the wasm ahead of the first login', differs: 'new: 1.4 has no wasm', works: async (t) => t.equal(await t.sdk.preload(), undefined) },
    { member: 'VERSION', when: 'is "1.4.5"', works: (t) => t.equal(t.sdk.VERSION, '1.4.5') },
    { member: 'BUILD', when: 'has the form v1.4.5-0-g<commit>', works: (t) => t.equal(/^v1\.4\.5-0-g[0-9a-f]{8}$/.test(t.sdk.BUILD), true, t.sdk.BUILD) },
    { member: 'END_CALL_PREFIX', when: 'is the text of 1.4', works: (t) => t.equal(t.sdk.END_CALL_PREFIX, 'AgoraRTMLegacyEndcallCompatibleMessagePrefix') },
    {
      member: 'processId', when: 'is a UUID, the same for the page\'s life',
      works: (t) => t.equal(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(t.sdk.processId), true),
    },
    ...['OFF', 'ERROR', 'WARNING', 'INFO', 'DEBUG'].map((name) => ({
      member: `LOG_FILTER_${name}`, when: 'switches on its level and those above', shown: 'web/test/module.test.ts:the enums have the members of 1.4, and no other',
    })),
    ...['ConnectionState', 'ConnectionChangeReason', 'LocalInvitationState', 'LocalInvitationFailureReason', 'RemoteInvitationState',
      'RemoteInvitationFailureReason', 'MessageType', 'PeerOnlineState', 'PeerSubscriptionOption'].map((name) => ({
      member: name, when: 'has the members of 1.4; each value is its name', shown: 'web/test/module.test.ts:the enums have the members of 1.4, and no other',
    })),
    {
      member: 'AreaCode', when: 'has the members that 1.4 declares', differs: 'in 1.4 it is declared but missing at run time',
      works: (t) => t.equal(Object.keys(t.sdk.AreaCode), ['GLOBAL', 'INDIA', 'JAPAN', 'ASIA', 'EUROPE', 'CHINA', 'NORTH_AMERICA']),
    },
    {
      member: 'default', when: 'is the object itself, so that every style of import works; not enumerable', differs: '1.4 has no default export, and bundlers disagree on what an import gives',
      works: (t) => t.equal([t.sdk.default === t.sdk, Object.keys(t.sdk).includes('default')], [true, false]),
    },
    { member: 'default', when: 'every way of importing works, in Node without a window too', shown: 'web/test/imports.test.ts:import with default, with a namespace and with names', differs: '1.4 throws where there is no window' },
  ],
};
