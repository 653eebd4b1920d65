import { silent, waits, type Area, type Row } from '../row.ts';

const RtmInvalidArgumentError = 'RtmInvalidArgumentError';

/** Calls by member, as text: the map or the keys come as $. */
const writers = {
  'client.setLocalUserAttributes': 'c.setLocalUserAttributes($)',
  'client.addOrUpdateLocalUserAttributes': 'c.addOrUpdateLocalUserAttributes($)',
  'client.setChannelAttributes': "c.setChannelAttributes(t.id('room'), $)",
  'client.addOrUpdateChannelAttributes': "c.addOrUpdateChannelAttributes(t.id('room'), $)",
};
const deleters = {
  'client.deleteLocalUserAttributesByKeys': 'c.deleteLocalUserAttributesByKeys($)',
  'client.deleteChannelAttributesByKeys': "c.deleteChannelAttributesByKeys(t.id('room'), $)",
};
const getters = {
  'client.getUserAttributesByKeys': "c.getUserAttributesByKeys(t.id('me'), $)",
  'client.getChannelAttributesByKeys': "c.getChannelAttributesByKeys(t.id('room'), $)",
};

/** A call by a client that is logged in, or is not. */
const call = (user: string, text: string, argument: string) =>
  new Function('t', `return (async () => { const c = ${user}; return () => ${text.replace('$', argument)}; })()`) as any;
const fails = (member: string, text: string, argument: string, when: string, errorClass: any, code: number): Row => ({
  member, when, class: errorClass, code, fails: call("await t.user('me')", text, argument),
});

const maps: [argument: string, when: string, errorClass: string, code: number][] = [
  ["'x'", 'not a plain object', RtmInvalidArgumentError, 3],
  ['Object.fromEntries(Array.from({ length: 33 }, (_, i) => ["x".repeat(40) + i, 5]))', 'more than 32, before keys and values are checked', 'RtmLimitExceededError', 4],
  ['{}', 'no attribute', RtmInvalidArgumentError, 3],
  ['Object.fromEntries(Array.from({ length: 33 }, (_, i) => [i, "x"]))', 'more than 32', 'RtmLimitExceededError', 4],
  ['{ ["é".repeat(17)]: "x" }', 'a key over 32 bytes', RtmInvalidArgumentError, 3],
  ['{ "": "x" }', 'an empty key', RtmInvalidArgumentError, 3],
  ['{ a: "x".repeat(8193) }', 'a value over 8192 bytes', 'RtmLimitExceededError', 4],
  ['{ a: "" }', 'an empty value', RtmInvalidArgumentError, 3],
  ['{ a: 5 }', 'a value that is not a string', RtmInvalidArgumentError, 3],
];
const tooLarge = (parts: number) => `Object.fromEntries(Array.from({ length: ${parts} }, (_, i) => ["k" + i, "x".repeat(8192)]))`;

export const attributes: Area = {
  title: 'Attributes',
  rows: [
    ...Object.entries(writers).flatMap(([member, text]) => [
      ...maps.map(([argument, when, errorClass, code]) => fails(member, text, argument, when, errorClass, code)),
      fails(member, text, tooLarge(/User/.test(member) ? 2 : 4), `more than ${/User/.test(member) ? 16384 : 32768} bytes in all`, 'RtmLimitExceededError', 4),
      { member, when: 'not logged in, after the arguments', class: 'RtmInvalidStatusError' as const, code: 102, fails: call('t.client()', text, '{ a: "x" }') },
    ]),
    ...Object.entries(deleters).flatMap(([member, text]) => [
      ...[['[]', 'no key'], ["'a'", 'not an array'], ["['']", 'an empty key']].map(([argument, when]) => fails(member, text, argument!, when!, 'RtmInvalidStatusError', 3)),
      { member, when: 'not logged in, after the arguments', class: 'RtmInvalidStatusError' as const, code: 102, fails: call('t.client()', text, "['a']") },
      { member, when: 'unknown keys are no error', works: new Function('t', `return (async () => { const c = await t.user('me'); await ${text.replace('$', "['nothing']")}; })()`) as any },
    ]),
    ...Object.entries(getters).flatMap(([member, text]) => [
      ...[['[]', 'no key'], ["'a'", 'not an array'], ['Array(33).fill("a")', 'more than 32 keys'], ['["x".repeat(33)]', 'a key over 32 characters']].map(([argument, when]) => fails(member, text, argument!, when!, RtmInvalidArgumentError, 3)),
      { member, when: 'not logged in, before the arguments', class: 'RtmInvalidStatusError' as const, code: 102, fails: call('t.client()', text, '[]') },
    ]),
    { member: 'client.clearLocalUserAttributes', when: 'not logged in', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().clearLocalUserAttributes() },
    { member: 'client.clearChannelAttributes', when: 'not logged in', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().clearChannelAttributes('c') },
    { member: 'client.getUserAttributes', when: 'userId is not valid, before the login is checked', class: RtmInvalidArgumentError, code: 3, fails: (t) => () => t.client().getUserAttributes('a*') },
    { member: 'client.getUserAttributes', when: 'not logged in', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().getUserAttributes('a') },
    { member: 'client.getUserAttributes', when: 'the user is not online', class: 'RtmUnavailableError', code: 6, fails: async (t) => { const c = await t.user(); return () => c.getUserAttributes(t.id('nobody')); } },
    { member: 'client.getUserAttributesByKeys', when: 'the user is not online', class: 'RtmUnavailableError', code: 6, fails: async (t) => { const c = await t.user(); return () => c.getUserAttributesByKeys(t.id('nobody'), ['a']); } },
    { member: 'client.getChannelAttributes', when: 'channelId is not valid, before the login is checked', class: RtmInvalidArgumentError, code: 3, fails: (t) => () => t.client().getChannelAttributes('a*') },
    { member: 'client.getChannelAttributes', when: 'not logged in', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().getChannelAttributes('a') },
    { member: 'client.deleteChannelAttributesByKeys', when: 'channelId is not valid', class: 'RtmInvalidStatusError', code: 3, fails: async (t) => { const c = await t.user(); return () => c.deleteChannelAttributesByKeys('a*', ['a']); } },
    ...['setChannelAttributes', 'addOrUpdateChannelAttributes'].map((name) => ({
      member: `client.${name}`, when: 'channelId is not valid', class: RtmInvalidArgumentError as 'RtmInvalidArgumentError', code: 3, differs: '1.4 does not check it',
      fails: call("await t.user('me')", `c.${name}('a*', $)`, '{ a: "x" }'),
    })),
    { member: 'client.clearChannelAttributes', when: 'channelId is not valid', class: RtmInvalidArgumentError, code: 3, differs: '1.4 does not check it', fails: async (t) => { const c = await t.user(); return () => c.clearChannelAttributes('a*'); } },
    { member: 'client.setLocalUserAttributes', when: 'no answer within 10 s', class: 'RtmTimeoutError', code: 7, shown: 'core:TestAttributesTimeout' },
    { member: 'client.setLocalUserAttributes', when: 'refused by the gateway', class: 'RtmUnavailableError', code: 2, shown: 'core:TestAttributeErrors' },
    { member: 'client.setLocalUserAttributes', when: 'the client sets them again after an interruption for which the gateway did not wait', shown: 'core:TestAttributesAreSetAgainInANewSession' },
    { member: 'client.addOrUpdateLocalUserAttributes', when: 'together with the user\'s known attributes over 16384 bytes', class: 'RtmLimitExceededError', code: 4, fails: async (t) => { const c = await t.user(); await c.setLocalUserAttributes({ a: 'x'.repeat(8192) }); return () => c.addOrUpdateLocalUserAttributes({ b: 'x'.repeat(8192) }); } },
    {
      member: 'client.setLocalUserAttributes', when: 'the eleventh write in 5 s by the four methods together', class: 'RtmInvokeTooOftenError', code: 5, differs: silent,
      fails: async (t) => {
        const c = await t.user();
        return t.allAtOnce(10, (i) => (i % 2 ? c.deleteLocalUserAttributesByKeys(['a']) : c.addOrUpdateLocalUserAttributes({ a: 'x' })), () => c.setLocalUserAttributes({ a: 'x' }));
      },
    },
    ...([
      ['client.setChannelAttributes', 'the eleventh write in 5 s by the four methods together', 10, "c.setChannelAttributes(t.id('room'), { a: 'x' })", "c.clearChannelAttributes(t.id('room'))"],
    ] as const).map(([member, when, limit, one, other]): Row => ({
      member, when, class: 'RtmInvokeTooOftenError', code: 5, differs: silent,
      fails: new Function('t', `return (async () => {
        const c = await t.user('me');
        return t.allAtOnce(${limit}, (i) => i % 2 ? ${one} : ${other}, () => ${one});
      })()`) as any,
    })),
    ...([
      ['client.getUserAttributes', 'over 40 reads in 5 s by both methods together: waits for its turn', 40, "c.getUserAttributes(t.id('me'))", 'c.getUserAttributesByKeys(t.id("me"), [`a${i}`])'],
      ['client.getChannelAttributes', 'over 10 reads in 5 s by both methods together: waits for its turn', 10, "c.getChannelAttributes(t.id('room'))", 'c.getChannelAttributesByKeys(t.id("room"), [`a${i}`])'],
    ] as const).flatMap(([member, when, limit, one, other]): Row[] => [
      {
        member, when, differs: waits,
        works: new Function('t', `return (async () => {
          const c = await t.user('me');
          for (let i = 0; i < ${limit}; i++) ${other}.catch(() => undefined);
          t.equal(await ${one}, {});
        })()`) as any,
      },
      {
        member, when: 'its turn would come after more than 10 s', class: 'RtmInvokeTooOftenError', code: 5, differs: silent,
        fails: new Function('t', `return (async () => {
          const c = await t.user('me');
          for (let i = 0; i < ${3 * limit}; i++) ${other}.catch(() => undefined);
          return () => ${one};
        })()`) as any,
      },
    ]),
    {
      member: 'client.deleteChannelAttributesByKeys', when: 'the keys are too long for one frame of 36 KB', class: 'RtmLimitExceededError', code: 4, differs: '1.4 has no such limit',
      fails: async (t) => { const c = await t.user(); return () => c.deleteChannelAttributesByKeys(t.id('room'), Array.from({ length: 80 }, (_, i) => String(i).padEnd(512, 'x'))); },
    },
    {
      member: 'client.setLocalUserAttributes', when: 'replaces, adds, deletes, clears; the user and others can read them',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const read = () => b.getUserAttributes(t.id('a'));
        await a.setLocalUserAttributes({ x: '1', y: '2' });
        await a.addOrUpdateLocalUserAttributes({ y: '3', z: '4' });
        t.equal(Object.entries(await read()).sort(), [['x', '1'], ['y', '3'], ['z', '4']]);
        await a.deleteLocalUserAttributesByKeys(['x', 'nothing']);
        t.equal(await b.getUserAttributesByKeys(t.id('a'), ['x', 'y']), { y: '3' });
        await a.setLocalUserAttributes({ w: '5' });
        t.equal(await a.getUserAttributes(t.id('a')), { w: '5' });
        await a.clearLocalUserAttributes();
        t.equal(await read(), {});
      },
    },
    {
      member: 'client.setChannelAttributes', when: 'replaces, adds, deletes, clears, by members or not; readers see who and when',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const room = t.id('room');
        const read = async () => Object.fromEntries(Object.entries(await b.getChannelAttributes(room)).map(([k, v]: any) => [k, `${v.value} ${v.lastUpdateUserId} ${typeof v.lastUpdateTs}`]));
        t.equal(await read(), {});
        await a.setChannelAttributes(room, { x: '1' });
        await b.addOrUpdateChannelAttributes(room, { y: '2' });
        t.equal(Object.entries(await read()).sort(), [['x', `1 ${t.id('a')} number`], ['y', `2 ${t.id('b')} number`]]);
        await a.deleteChannelAttributesByKeys(room, ['x']);
        t.equal(Object.keys(await b.getChannelAttributesByKeys(room, ['x', 'y'])), ['y']);
        await a.clearChannelAttributes(room);
        t.equal(await read(), {});
      },
    },
    {
      member: 'channel:AttributesUpdated', when: 'brings all attributes to the members, only if the writer asked for it',
      works: async (t) => {
        const channel = await t.joined();
        const log = t.record(channel, 'AttributesUpdated');
        const writer = await t.user('w');
        await writer.setChannelAttributes(channel.channelId, { x: '1' });
        await writer.addOrUpdateChannelAttributes(channel.channelId, { y: '2' }, { enableNotificationToChannelMembers: true });
        await t.until(() => log.length);
        t.equal(log.map(([, all]) => Object.entries(all).map(([k, v]: any) => k + v.value).sort()), [['x1', 'y2']]);
      },
    },
  ],
};
