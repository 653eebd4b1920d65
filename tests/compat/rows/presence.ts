import { silent, waits, type Area } from '../row.ts';

const RtmInvalidArgumentError = 'RtmInvalidArgumentError';

/** What the four methods have in common: the login is looked at before the arguments. */
const notLoggedIn: Area['rows'] = [
  { member: 'client.queryPeersOnlineStatus', when: 'not logged in, before the arguments', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().queryPeersOnlineStatus('x') },
  { member: 'client.subscribePeersOnlineStatus', when: 'not logged in, before the arguments', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().subscribePeersOnlineStatus('x') },
  { member: 'client.unsubscribePeersOnlineStatus', when: 'not logged in, before the arguments', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().unsubscribePeersOnlineStatus('x') },
  { member: 'client.queryPeersBySubscriptionOption', when: 'not logged in, before the arguments', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().queryPeersBySubscriptionOption('x') },
];

export const presence: Area = {
  title: 'Presence and counts',
  rows: [
    ...notLoggedIn,
    { member: 'client.queryPeersOnlineStatus', when: 'not an array of 1 to 256 valid ids', class: RtmInvalidArgumentError, code: 2, fails: async (t) => { const c = await t.user(); return () => c.queryPeersOnlineStatus([]); } },
    { member: 'client.queryPeersOnlineStatus', when: 'an id is not valid', class: RtmInvalidArgumentError, code: 2, fails: async (t) => { const c = await t.user(); return () => c.queryPeersOnlineStatus(['a', 'b*']); } },
    { member: 'client.queryPeersOnlineStatus', when: 'more than 256', class: RtmInvalidArgumentError, code: 2, fails: async (t) => { const c = await t.user(); return () => c.queryPeersOnlineStatus(Array.from({ length: 257 }, (_, i) => `p${i}`)); } },
    {
      member: 'client.queryPeersOnlineStatus', when: 'over 10 times in 5 s: waits for its turn', differs: waits,
      works: async (t) => {
        const c = await t.user('me');
        for (let i = 0; i < 20; i++) c.queryPeersOnlineStatus(['a']).catch(() => undefined);
        t.equal(await c.queryPeersOnlineStatus([t.id('me')]), { [t.id('me')]: true });
      },
    },
    {
      member: 'client.queryPeersOnlineStatus', when: 'its turn would come after more than 10 s', class: 'RtmInvokeTooOftenError', code: 5, differs: silent,
      fails: async (t) => {
        const c = await t.user();
        for (let i = 0; i < 30; i++) c.queryPeersOnlineStatus([`a${i}`]).catch(() => undefined);
        return () => c.queryPeersOnlineStatus(['b']);
      },
    },
    { member: 'client.queryPeersOnlineStatus', when: 'no answer within 10 s', class: 'RtmTimeoutError', code: 4, shown: 'core:TestPresenceAnswers' },
    { member: 'client.queryPeersOnlineStatus', when: 'refused by the gateway', class: 'RtmUnavailableError', code: 3, shown: 'core:TestPresenceAnswers' },
    {
      member: 'client.queryPeersOnlineStatus', when: 'says for each user whether they are online',
      works: async (t) => {
        const c = await t.user('me');
        t.equal(await c.queryPeersOnlineStatus([t.id('me')]), { [t.id('me')]: true });
        t.equal(await c.queryPeersOnlineStatus([t.id('nobody')]), { [t.id('nobody')]: false });
      },
    },
    { member: 'client.subscribePeersOnlineStatus', when: 'not a non-empty array of valid ids', class: RtmInvalidArgumentError, code: 2, fails: async (t) => { const c = await t.user(); return () => c.subscribePeersOnlineStatus([]); } },
    { member: 'client.subscribePeersOnlineStatus', when: 'an id is not valid', class: RtmInvalidArgumentError, code: 2, fails: async (t) => { const c = await t.user(); return () => c.subscribePeersOnlineStatus(['a', '']); } },
    { member: 'client.subscribePeersOnlineStatus', when: 'more than 512 in all', class: 'RtmLimitExceededError', code: 6, fails: async (t) => { const c = await t.user(); await c.subscribePeersOnlineStatus(Array.from({ length: 512 }, (_, i) => `p${i}`)); return () => c.subscribePeersOnlineStatus(['more']); } },
    {
      member: 'client.subscribePeersOnlineStatus', when: 'the eleventh time in 5 s', class: 'RtmInvokeTooOftenError', code: 5, differs: 'the release notes of 1.4.5 claim this code, the build lacks it',
      fails: async (t) => {
        const c = await t.user();
        const subscribe = () => c.subscribePeersOnlineStatus(['a']);
        return t.allAtOnce(10, subscribe, subscribe);
      },
    },
    { member: 'client.subscribePeersOnlineStatus', when: 'no answer within 10 s', class: 'RtmTimeoutError', code: 4, shown: 'core:TestPresenceAnswers' },
    { member: 'client.subscribePeersOnlineStatus', when: 'refused by the gateway', class: 'RtmUnavailableError', code: 1, shown: 'core:TestPresenceAnswers' },
    { member: 'client.subscribePeersOnlineStatus', when: 'continues after interruptions, after which one event has the states of all; ends with logout', shown: 'core:TestResubscribe' },
    {
      member: 'client.subscribePeersOnlineStatus', when: 'afterwards one event has the present state of all these peers, and each change gives an event',
      works: async (t) => {
        const c = await t.user();
        const peer = await t.user('peer');
        const log = t.record(c, 'PeersOnlineStatusChanged');
        await c.subscribePeersOnlineStatus([t.id('peer'), t.id('nobody')]);
        await t.until(() => log.length);
        t.equal(log.length, 1);
        t.equal([log[0]![1][t.id('peer')], log[0]![1][t.id('nobody')]], ['ONLINE', 'OFFLINE']);
        await peer.logout();
        await t.until(() => log.length === 2);
        t.equal(log[1], ['PeersOnlineStatusChanged', { [t.id('peer')]: 'OFFLINE' }]);
      },
    },
    { member: 'client.unsubscribePeersOnlineStatus', when: 'not a non-empty array of valid ids', class: RtmInvalidArgumentError, code: 2, fails: async (t) => { const c = await t.user(); return () => c.unsubscribePeersOnlineStatus([]); } },
    { member: 'client.unsubscribePeersOnlineStatus', when: 'more than 512', class: 'RtmLimitExceededError', code: 6, fails: async (t) => { const c = await t.user(); return () => c.unsubscribePeersOnlineStatus(Array.from({ length: 513 }, (_, i) => `p${i}`)); } },
    {
      member: 'client.unsubscribePeersOnlineStatus', when: 'the eleventh time in 5 s', class: 'RtmInvokeTooOftenError', code: 5, differs: silent,
      fails: async (t) => {
        const c = await t.user();
        const unsubscribe = () => c.unsubscribePeersOnlineStatus(['a']);
        return t.allAtOnce(10, unsubscribe, unsubscribe);
      },
    },
    {
      member: 'client.unsubscribePeersOnlineStatus', when: 'ids that are not subscribed are ignored; no event follows',
      works: async (t) => {
        const c = await t.user();
        await c.subscribePeersOnlineStatus([t.id('a'), t.id('b')]);
        await c.unsubscribePeersOnlineStatus([t.id('a'), t.id('c')]);
        t.equal(await c.queryPeersBySubscriptionOption('ONLINE_STATUS'), [t.id('b')]);
      },
    },
    { member: 'client.queryPeersBySubscriptionOption', when: 'another option', class: RtmInvalidArgumentError, code: 2, fails: async (t) => { const c = await t.user(); return () => c.queryPeersBySubscriptionOption('x'); } },
    {
      member: 'client.queryPeersBySubscriptionOption', when: 'has no rate limit', differs: 'the answer is in memory, so it needs no rate limit',
      works: async (t) => {
        const c = await t.user();
        for (let i = 0; i < 20; i++) t.equal(await c.queryPeersBySubscriptionOption('ONLINE_STATUS'), []);
      },
    },
    { member: 'client.queryPeersBySubscriptionOption', when: 'resolves with the ids that are subscribed', works: async (t) => t.equal(await (await t.user()).queryPeersBySubscriptionOption(t.sdk.PeerSubscriptionOption.ONLINE_STATUS), []) },
    {
      member: 'client:PeersOnlineStatusChanged', when: 'a query of a subscribed peer tells its state too',
      works: async (t) => {
        const c = await t.user('me');
        const first = t.next(c, 'PeersOnlineStatusChanged');
        await c.subscribePeersOnlineStatus([t.id('nobody')]);
        await first;
        const second = t.next(c, 'PeersOnlineStatusChanged');
        await c.queryPeersOnlineStatus([t.id('nobody')]);
        t.equal(await second, [{ [t.id('nobody')]: 'OFFLINE' }]);
      },
    },

    {
      member: 'client:PeersOnlineStatusChanged', when: 'UNREACHABLE after 6 s of silence; ONLINE or, 30 s after the loss, OFFLINE follows', shown: 'gateway:TestUnreachable',
      differs: '1.4 goes back to ONLINE by itself when it hears nothing for 30 s',
    },
    { member: 'channel:MemberCountUpdated', when: 'every 3 s above 512 members', shown: 'core:TestCrowd' },
    { member: 'channel:MemberJoined', when: 'not above 512 members', shown: 'gateway:TestCrowd' },
    { member: 'channel:MemberLeft', when: 'not above 512 members', shown: 'gateway:TestCrowd' },
    {
      member: 'channel:MemberLeft', when: 'if this client was away for more than 30 s: for members who left meanwhile, 30 s after it is back', shown: 'core:TestRollCall',
      differs: '1.4 does not say how an application learns of them',
    },
    { member: 'client.getChannelMemberCount', when: 'not logged in', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().getChannelMemberCount(['c']) },
    { member: 'client.getChannelMemberCount', when: 'not a non-empty array of valid ids', class: RtmInvalidArgumentError, code: 2, fails: async (t) => { const c = await t.user(); return () => c.getChannelMemberCount([]); } },
    { member: 'client.getChannelMemberCount', when: 'an id is not valid', class: RtmInvalidArgumentError, code: 2, fails: async (t) => { const c = await t.user(); return () => c.getChannelMemberCount(['a', 5]); } },
    { member: 'client.getChannelMemberCount', when: 'more than 32', class: RtmInvalidArgumentError, code: 5, fails: async (t) => { const c = await t.user(); return () => c.getChannelMemberCount(Array.from({ length: 33 }, (_, i) => `c${i}`)); } },
    { member: 'client.getChannelMemberCount', when: 'no answer within 10 s', class: 'RtmTimeoutError', code: 4, shown: 'core:TestMemberCounts' },
    { member: 'client.getChannelMemberCount', when: 'refused by the gateway', class: 'RtmUnavailableError', code: 1, shown: 'core:TestMemberCounts' },
    {
      member: 'client.getChannelMemberCount', when: 'over once in a second: waits for its turn', differs: waits,
      works: async (t) => {
        const c = await t.user();
        for (let i = 0; i < 12; i++) c.getChannelMemberCount([t.id('empty')]).catch(() => undefined);
        t.equal(await c.getChannelMemberCount([t.id('room')]), { [t.id('room')]: 0 });
      },
    },
    {
      member: 'client.getChannelMemberCount', when: 'its turn would come after more than 10 s', class: 'RtmInvokeTooOftenError', code: 3, differs: silent,
      fails: async (t) => {
        const c = await t.user();
        for (let i = 0; i < 11; i++) c.getChannelMemberCount([`c${i}`]).catch(() => undefined);
        return () => c.getChannelMemberCount(['d']);
      },
    },
    {
      member: 'client.getChannelMemberCount', when: 'counts any channel; an unknown channel has 0',
      works: async (t) => {
        const { channelId } = await t.joined();
        t.equal(await (await t.user()).getChannelMemberCount([channelId, t.id('none')]), { [channelId]: 1, [t.id('none')]: 0 });
      },
    },
  ],
};
