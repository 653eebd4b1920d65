import { waits, type Area } from '../row.ts';

export const channels: Area = {
  title: 'Channels',
  rows: [
    { member: 'client.createChannel', when: 'channelId is not valid', class: 'RtmInvalidArgumentError', code: 1, fails: (t) => () => t.client().createChannel('a*b') },
    { member: 'client.createChannel', when: 'channelId is "null"', class: 'RtmInvalidArgumentError', code: 1, fails: (t) => () => t.client().createChannel('null') },
    {
      member: 'client.createChannel', when: 'needs no login; each call makes a new object',
      works: async (t) => {
        const client = t.client();
        const channel = await client.createChannel('c');
        t.equal([channel === client.createChannel('c'), 'then' in channel], [false, false]);
      },
    },
    { member: 'channel.channelId', when: 'is the id', works: (t) => t.equal(t.client().createChannel('c d').channelId, 'c d') },
    { member: 'channel.client', when: 'is the client', works: (t) => { const client = t.client(); t.equal(client.createChannel('c').client === client, true); } },
    {
      member: 'channel.joinState', when: 'is LEFT, JOINING, JOINED',
      works: async (t) => {
        const channel = (await t.user()).createChannel(t.id('c'));
        const seen = [channel.joinState];
        const join = channel.join();
        seen.push(channel.joinState);
        await join;
        seen.push(channel.joinState);
        await channel.leave();
        t.equal([...seen, channel.joinState], ['LEFT', 'JOINING', 'JOINED', 'LEFT']);
      },
    },
    {
      member: 'channel.memberCount', when: 'is 0, then the number of the last MemberCountUpdated',
      works: async (t) => {
        const channel = (await t.user()).createChannel(t.id('c'));
        t.equal(channel.memberCount, 0);
        const next = t.next(channel, 'MemberCountUpdated');
        await channel.join();
        t.equal(await next, [channel.memberCount]);
      },
    },

    { member: 'channel.join', when: 'not logged in', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().createChannel('c').join() },
    { member: 'channel.join', when: 'this object is joined', class: 'RtmInvalidStatusError', code: 6, fails: async (t) => { const channel = await t.joined(); return () => channel.join(); } },
    { member: 'channel.join', when: 'this object is joining', class: 'RtmInvalidStatusError', code: 6, fails: async (t) => { const channel = (await t.user()).createChannel(t.id('c')); return () => Promise.all([channel.join(), channel.join()]); } },
    { member: 'channel.join', when: 'another object of the client is joined under this id', class: 'RtmInvalidStatusError', code: 202, fails: async (t) => { const { client, channelId } = await t.joined(); return () => client.createChannel(channelId).join(); } },
    {
      member: 'channel.join', when: 'the client is in 20 channels', class: 'RtmLimitExceededError', code: 5,
      fails: async (t) => {
        const client = await t.user();
        await Promise.all(Array.from({ length: 20 }, (_, i) => client.createChannel(t.id(`c${i}`)).join()));
        return () => client.createChannel(t.id('more')).join();
      },
    },
    { member: 'channel.join', when: 'no answer within 10 s', class: 'RtmTimeoutError', code: 4, shown: 'core:TestJoinTimesOut' },
    { member: 'channel.join', when: 'refused by the gateway', class: 'RtmUnavailableError', code: 1, shown: 'core:TestJoinRefused' },
    {
      member: 'channel.join', when: 'a failed join can be repeated', shown: 'core:TestJoinRefused',
      differs: 'in 1.4 the id stays reserved until logout, and the repetition gives 202',
    },
    {
      member: 'channel.join', when: 'the third time in 5 s into the same channel', class: 'RtmInvokeTooOftenError', code: 8,
      fails: async (t) => {
        const channel = (await t.user()).createChannel(t.id('room'));
        return t.tooMany(5000, async () => {
          for (let i = 0; i < 2; i++) {
            await channel.join();
            await channel.leave();
          }
        }, () => channel.join());
      },
    },
    {
      member: 'channel.join', when: 'the 51st time in 3 s', class: 'RtmInvokeTooOftenError', code: 7,
      fails: async (t) => {
        const client = await t.user();
        return t.tooMany(3000, async (round) => {
          for (let i = 0; i < 50; i += 10) // of the 20 that a client may be in
            await Promise.all(Array.from({ length: 10 }, async (_, k) => (await t.joined(client, t.id(`c${round}-${i + k}`))).leave()));
        }, () => client.createChannel(t.id('one')).join());
      },
    },
    { member: 'channel.leave', when: 'never logged in', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().createChannel('c').leave() },
    { member: 'channel.leave', when: 'not joined', class: 'RtmInvalidStatusError', code: 3, fails: async (t) => { const c = await t.user(); return () => c.createChannel('c').leave(); } },
    {
      member: 'channel.leave', when: 'while joining waits for the join; then the object can join again, with its listeners',
      works: async (t) => {
        const channel = (await t.user()).createChannel(t.id('c'));
        const log = t.record(channel, 'ChannelMessage');
        await Promise.all([channel.join(), channel.leave()]);
        await channel.join();
        await (await t.joined(undefined, t.id('c'))).sendMessage({ text: 'x' });
        await t.until(() => log.length);
      },
    },
    { member: 'channel.leave', when: 'the message to the gateway is sent before the call returns, so that it works in beforeunload', shown: 'tests/session.spec.ts:members come, speak and go, and a closed page is gone at once' },

    { member: 'channel.sendMessage', when: 'the message is no message', class: 'RtmInvalidArgumentError', code: 4, fails: (t) => () => t.client().createChannel('c').sendMessage({}) },
    { member: 'channel.sendMessage', when: 'options is null', class: 'TypeError', fails: (t) => () => t.client().createChannel('c').sendMessage({ text: 'x' }, null) },
    { member: 'channel.sendMessage', when: 'not joined, before the login is checked', class: 'RtmInvalidStatusError', code: 5, fails: (t) => () => t.client().createChannel('c').sendMessage({ text: 'x' }) },
    { member: 'channel.sendMessage', when: 'not connected', class: 'RtmInvalidStatusError', code: 102, shown: 'core:TestChannelSendChecksInOrder' },
    { member: 'channel.sendMessage', when: 'text over 32768 bytes', class: 'RtmLimitExceededError', code: 4, fails: async (t) => { const c = await t.joined(); return () => c.sendMessage({ text: 'x'.repeat(32769) }); } },
    { member: 'channel.sendMessage', when: 'fileName, description and thumbnail over 32768 bytes', class: 'RtmInvalidArgumentError', code: 4, fails: async (t) => { const c = await t.joined(); return () => c.sendMessage({ messageType: 'FILE', mediaId: 'x', description: 'x'.repeat(32769) }); } },
    { member: 'channel.sendMessage', when: 'RAW whose rawMessage is not a Uint8Array', class: 'RtmInvalidArgumentError', code: 1, fails: async (t) => { const c = await t.joined(); return () => c.sendMessage({ messageType: 'RAW' }); } },
    { member: 'channel.sendMessage', when: 'unknown messageType', class: 'RtmInvalidArgumentError', code: 4, differs: '1.4 says 7, which is not in the enum of channels', fails: async (t) => { const c = await t.joined(); return () => c.sendMessage({ messageType: 'VIDEO' }); } },
    { member: 'channel.sendMessage', when: 'TEXT without a text, IMAGE or FILE without a mediaId', class: 'RtmUnknownError', code: 1, fails: async (t) => { const c = await t.joined(); return () => c.sendMessage({ messageType: 'FILE' }); } },
    {
      member: 'channel.sendMessage', when: 'mediaId has more than 256 bytes', class: 'RtmInvalidArgumentError', code: 4, differs: 'it would not fit into a frame; ids of uploads have about 90 bytes',
      fails: async (t) => { const c = await t.joined(); return () => c.sendMessage({ messageType: 'IMAGE', mediaId: 'x'.repeat(257) }); },
    },
    {
      member: 'channel.sendMessage', when: 'the 181st message in 3 s', class: 'RtmLimitExceededError', code: 3,
      fails: async (t) => {
        const channel = await t.joined();
        const send = () => channel.sendMessage({ text: 'x' });
        return t.allAtOnce(180, send, send);
      },
    },
    { member: 'channel.sendMessage', when: 'no answer within 10 s, or RECONNECTING for 9 s', class: 'RtmTimeoutError', code: 2, shown: 'core:TestSendOutcome' },
    { member: 'channel.sendMessage', when: 'resolves with undefined', works: async (t) => t.equal(await (await t.joined()).sendMessage({ text: 'x' }, { enableOfflineMessaging: true }) === undefined, true) },

    { member: 'channel.getMembers', when: 'not logged in', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().createChannel('c').getMembers() },
    { member: 'channel.getMembers', when: 'not joined', class: 'RtmInvalidStatusError', code: 5, fails: async (t) => { const c = await t.user(); return () => c.createChannel('c').getMembers(); } },
    {
      member: 'channel.getMembers', when: 'over 5 times in 2 s: waits for its turn', differs: waits,
      works: async (t) => {
        const channel = await t.joined(await t.user('me'));
        for (let i = 0; i < 12; i++) channel.getMembers().catch(() => undefined);
        t.equal(await channel.getMembers(), [t.id('me')]);
      },
    },
    { member: 'channel.getMembers', when: 'the gateway refuses it because of the rate', class: 'RtmInvokeTooOftenError', code: 4, differs: 'with 20 channels no call waits too long, so only a gateway with lower rates refuses', shown: 'core:TestReadsShareOnlyWhatWaits' },
    { member: 'channel.getMembers', when: 'no answer within 10 s', class: 'RtmTimeoutError', code: 3, shown: 'core:TestMembers', differs: '1.4 says 4, which the enum has for "too often"' },
    { member: 'channel.getMembers', when: 'refused by the gateway', class: 'RtmUnknownError', code: 1, shown: 'core:TestMembers' },
    { member: 'channel.getMembers', when: 'lists 512 members if there are more', shown: 'gateway:TestCrowd', differs: 'the documentation says 512, the build asks for 200' },
    {
      member: 'channel.getMembers', when: 'has all members, oneself among them',
      works: async (t) => {
        const [a] = [await t.joined(await t.user('a')), await t.joined(await t.user('b'))];
        t.equal((await a.getMembers()).sort(), [t.id('a'), t.id('b')]);
      },
    },

    {
      member: 'channel:ChannelMessage', when: 'message, memberId, properties; not for the sender',
      works: async (t) => {
        const [a, b] = [await t.joined(await t.user('a')), await t.joined(await t.user('b'))];
        const own = t.record(a, 'ChannelMessage');
        const next = t.next(b, 'ChannelMessage');
        await a.sendMessage({ text: 'hi' });
        const [message, memberId, { serverReceivedTs, ...rest }, ...more] = await next;
        t.equal([message, memberId, typeof serverReceivedTs, rest, more, own], [{ text: 'hi', messageType: 'TEXT' }, t.id('a'), 'number', { isOfflineMessage: false }, [], []]);
      },
    },
    {
      member: 'client:ChannelMessage', when: 'is emitted for messages of all channels, after the event of the channel; the fourth argument is the channel\'s id',
      differs: 'the guide to media messages listens on the client; the 1.4 builds never emit it there',
      works: async (t) => {
        const [a, b] = [await t.joined(await t.user('a')), await t.joined(await t.user('b'))];
        const log: unknown[] = [];
        b.client.on('ChannelMessage', (m: any, memberId: string, _props: unknown, channelId: string) => log.push(['client', m.text, memberId, channelId]));
        b.on('ChannelMessage', () => log.push('channel'));
        await a.sendMessage({ text: 'hi' });
        await t.until(() => log.length === 2);
        t.equal(log, ['channel', ['client', 'hi', t.id('a'), b.channelId]]);
      },
    },
    {
      member: 'channel:MemberJoined', when: 'for each other member that comes',
      works: async (t) => {
        const a = await t.joined(await t.user('a'));
        const log = t.record(a, 'MemberJoined');
        await t.joined(await t.user('b'));
        await t.until(() => log.length);
        t.equal(log, [['MemberJoined', t.id('b')]]);
      },
    },
    {
      member: 'channel:MemberLeft', when: 'for each other member that leaves or logs out',
      works: async (t) => {
        const a = await t.joined(await t.user('a'));
        const log = t.record(a, 'MemberLeft');
        await (await t.joined(await t.user('b'))).leave();
        await (await t.joined(await t.user('c'))).client.logout();
        await t.until(() => log.length === 2);
        t.equal(log, [['MemberLeft', t.id('b')], ['MemberLeft', t.id('c')]]);
      },
    },
    {
      member: 'channel:MemberCountUpdated', when: 'after one\'s own join and with each change, once a second at most',
      works: async (t) => {
        const a = (await t.user('a')).createChannel(t.id('room'));
        const log = t.record(a, 'MemberCountUpdated');
        await a.join();
        await t.joined(await t.user('b'));
        await t.until(() => log.at(-1)?.[1] === 2);
      },
    },
    {
      member: 'channel.join', when: 'the promise resolves before the channel\'s events', shown: 'tests/session.spec.ts:a listener attached after await join hears a message sent at once',
    },
  ],
};
