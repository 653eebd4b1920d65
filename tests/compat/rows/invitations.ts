import type { Area } from '../row.ts';

export const invitations: Area = {
  title: 'Call invitations',
  rows: [
    { member: 'client.createLocalInvitation', when: 'calleeId is not valid', class: 'RtmInvalidArgumentError', code: 1, fails: (t) => () => t.client().createLocalInvitation('a*') },
    {
      member: 'client.createLocalInvitation', when: 'needs no login',
      works: async (t) => {
        const invitation = await t.client().createLocalInvitation('bob');
        const { calleeId, content, channelId, response, state } = invitation;
        t.equal({ calleeId, content, channelId, response, state, then: 'then' in invitation }, { calleeId: 'bob', content: '', channelId: '', response: '', state: 'IDLE', then: false });
      },
    },
    { member: 'local.calleeId', when: 'is the callee', works: (t) => t.equal(t.client().createLocalInvitation('bob').calleeId, 'bob') },
    { member: 'local.callId', when: 'is a UUID', works: (t) => t.equal(/^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/.test(t.client().createLocalInvitation('bob').callId), true) },
    {
      member: 'local.content', when: 'may be set at any time', works: (t) => {
        const invitation = t.client().createLocalInvitation('bob');
        invitation.content = 'x';
        t.equal(invitation.content, 'x');
      },
    },
    {
      member: 'local.channelId', when: 'may be set while IDLE, and is ignored later',
      works: async (t) => {
        const invitation = (await t.user()).createLocalInvitation(t.id('nobody'));
        invitation.channelId = 'room';
        invitation.send();
        invitation.channelId = 'other';
        t.equal(invitation.channelId, 'room');
      },
    },
    {
      member: 'local.response', when: 'is assigned', class: 'RtmInvalidArgumentError', code: 1,
      fails: (t) => () => {
        t.client().createLocalInvitation('bob').response = 'x';
      },
    },
    {
      member: 'local.state', when: 'is SENT_TO_REMOTE inside send', works: async (t) => {
        const invitation = (await t.user()).createLocalInvitation(t.id('nobody'));
        t.equal([invitation.send(), invitation.state], [undefined, 'SENT_TO_REMOTE']);
      },
    },
    {
      member: 'local.send', when: 'sent already', class: 'RtmInvalidStatusError', code: 5,
      fails: async (t) => {
        const invitation = (await t.user()).createLocalInvitation(t.id('nobody'));
        invitation.send();
        return () => invitation.send();
      },
    },
    {
      member: 'local.send', when: 'ended', class: 'RtmInvalidStatusError', code: 3,
      fails: async (t) => {
        const invitation = (await t.user()).createLocalInvitation(t.id('nobody'));
        invitation.send();
        invitation.cancel();
        return () => invitation.send();
      },
    },
    {
      member: 'local.send', when: 'channelId is not valid', class: 'RtmInvalidArgumentError', code: 1,
      fails: (t) => () => Object.assign(t.client().createLocalInvitation('bob'), { channelId: 'a*' }).send(),
    },
    {
      member: 'local.send', when: 'content over 8192 bytes', class: 'RtmInvalidArgumentError', code: 1,
      fails: (t) => () => Object.assign(t.client().createLocalInvitation('bob'), { content: 'é'.repeat(4097) }).send(),
    },
    {
      member: 'local.send', when: 'not logged in: does not throw, the invitation fails with NOT_LOGGEDIN',
      works: async (t) => {
        const invitation = t.client().createLocalInvitation('bob');
        const failed = t.next(invitation, 'LocalInvitationFailure');
        invitation.send();
        t.equal([await failed, invitation.state], [['NOT_LOGGEDIN'], 'FAILURE']);
      },
    },
    { member: 'local.cancel', when: 'not sent', class: 'RtmInvalidStatusError', code: 2, fails: (t) => () => t.client().createLocalInvitation('bob').cancel() },
    {
      member: 'local.cancel', when: 'ended', class: 'RtmInvalidStatusError', code: 3,
      fails: async (t) => {
        const invitation = (await t.user()).createLocalInvitation(t.id('nobody'));
        invitation.send();
        invitation.cancel();
        return () => invitation.cancel();
      },
    },
    {
      member: 'local.cancel', when: 'content over 8192 bytes', class: 'RtmInvalidArgumentError', code: 1,
      fails: async (t) => {
        const invitation = (await t.user()).createLocalInvitation(t.id('nobody'));
        invitation.send();
        invitation.content = 'x'.repeat(8193);
        return () => invitation.cancel();
      },
    },
    {
      member: 'local:LocalInvitationCanceled', when: 'inside cancel',
      works: async (t) => {
        const invitation = (await t.user()).createLocalInvitation(t.id('nobody'));
        const log = t.record(invitation, 'LocalInvitationCanceled');
        invitation.send();
        invitation.cancel();
        t.equal([log, invitation.state], [[['LocalInvitationCanceled']], 'CANCELED']);
      },
    },
    {
      member: 'local:LocalInvitationReceivedByPeer', when: 'the callee\'s client has it; then accepting',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const invitation = Object.assign(a.createLocalInvitation(t.id('b')), { content: 'hello', channelId: 'room' });
        const log = t.record(invitation, 'LocalInvitationReceivedByPeer', 'LocalInvitationAccepted');
        const received = t.next(b, 'RemoteInvitationReceived');
        invitation.send();
        const [remote] = await received;
        remote.response = 'yes';
        remote.accept();
        t.equal(remote.state, 'ACCEPT_SENT_TO_LOCAL');
        await t.next(remote, 'RemoteInvitationAccepted');
        t.equal([remote.state, invitation.state, invitation.response], ['ACCEPTED', 'ACCEPTED_BY_REMOTE', 'yes']);
        t.equal(log, [['LocalInvitationReceivedByPeer'], ['LocalInvitationAccepted', 'yes']]);
      },
    },
    { member: 'local:LocalInvitationAccepted', when: 'has the response; ReceivedByPeer comes before it in any case', shown: 'core:TestAnswerBeforeTheAcknowledgement' },
    {
      member: 'local:LocalInvitationRefused', when: 'has the response',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const invitation = a.createLocalInvitation(t.id('b'));
        b.on('RemoteInvitationReceived', (remote: any) => Object.assign(remote, { response: 'no' }).refuse());
        const refused = t.next(invitation, 'LocalInvitationRefused');
        invitation.send();
        t.equal([await refused, invitation.state, invitation.response], [['no'], 'REFUSED_BY_REMOTE', 'no']);
      },
    },
    {
      member: 'local:LocalInvitationFailure', when: 'NOT_LOGGEDIN: the user logs out during the call', differs: '1.4 does not say what happens to calls then',
      works: async (t) => {
        const c = await t.user();
        const invitation = c.createLocalInvitation(t.id('nobody'));
        const log = t.record(invitation, 'LocalInvitationFailure');
        invitation.send();
        await c.logout();
        t.equal([log, invitation.state], [[['LocalInvitationFailure', 'NOT_LOGGEDIN']], 'FAILURE']);
      },
    },
    { member: 'local:LocalInvitationFailure', when: 'UNKNOWN: the gateway refuses the call', shown: 'core:TestRefusedOffers' },
    { member: 'local:LocalInvitationFailure', when: 'INVITATION_EXPIRE: no answer for 60 s', shown: 'core:TestCallExpires' },
    { member: 'local:LocalInvitationFailure', when: 'PEER_OFFLINE: delivery was tried for 30 s', shown: 'core:TestCalleeIsOffline' },
    { member: 'local:LocalInvitationFailure', when: 'PEER_NO_RESPONSE: the callee\'s client did not acknowledge', shown: 'core:TestCalleeDoesNotAcknowledge' },

    {
      member: 'client:RemoteInvitationReceived', when: 'once per call, with its fields',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const local = Object.assign(a.createLocalInvitation(t.id('b')), { content: 'hello', channelId: 'room' });
        const received = t.next(b, 'RemoteInvitationReceived');
        local.send();
        const [{ callerId, callId, content, channelId, response, state }] = await received;
        t.equal({ callerId, callId, content, channelId, response, state }, { callerId: t.id('a'), callId: local.callId, content: 'hello', channelId: 'room', response: '', state: 'INVITATION_RECEIVED' });
      },
    },
    ...(['content', 'channelId'] as const).map((field) => ({
      member: `remote.${field}`, when: 'is assigned', class: 'RtmInvalidArgumentError' as const, code: 1,
      fails: new Function('t', `return (async () => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const received = t.next(b, 'RemoteInvitationReceived');
        a.createLocalInvitation(t.id('b')).send();
        const [remote] = await received;
        return () => { remote.${field} = 'x'; };
      })()`) as any,
    })),
    ...(['callerId', 'callId', 'response', 'state'] as const).map((field) => ({
      member: `remote.${field}`, when: 'is there when the invitation comes', shown: 'core:TestCalleeAccepts',
    })),
    {
      member: 'remote.accept', when: 'accepting already', class: 'RtmInvalidStatusError', code: 4,
      fails: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const received = t.next(b, 'RemoteInvitationReceived');
        a.createLocalInvitation(t.id('b')).send();
        const [remote] = await received;
        remote.accept();
        return () => remote.accept();
      },
    },
    {
      member: 'remote.accept', when: 'ended', class: 'RtmInvalidStatusError', code: 3,
      fails: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const received = t.next(b, 'RemoteInvitationReceived');
        a.createLocalInvitation(t.id('b')).send();
        const [remote] = await received;
        remote.refuse();
        return () => remote.accept();
      },
    },
    {
      member: 'remote.accept', when: 'response over 8192 bytes', class: 'RtmInvalidArgumentError', code: 1,
      fails: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const received = t.next(b, 'RemoteInvitationReceived');
        a.createLocalInvitation(t.id('b')).send();
        const [remote] = await received;
        remote.response = 'x'.repeat(8193);
        return () => remote.accept();
      },
    },
    {
      member: 'remote.refuse', when: 'accepting already', class: 'RtmInvalidStatusError', code: 4,
      fails: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const received = t.next(b, 'RemoteInvitationReceived');
        a.createLocalInvitation(t.id('b')).send();
        const [remote] = await received;
        remote.accept();
        return () => remote.refuse();
      },
    },
    {
      member: 'remote.refuse', when: 'ended', class: 'RtmInvalidStatusError', code: 3,
      fails: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const received = t.next(b, 'RemoteInvitationReceived');
        a.createLocalInvitation(t.id('b')).send();
        const [remote] = await received;
        remote.refuse();
        return () => remote.refuse();
      },
    },
    {
      member: 'remote:RemoteInvitationRefused', when: 'inside refuse',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const received = t.next(b, 'RemoteInvitationReceived');
        a.createLocalInvitation(t.id('b')).send();
        const [remote] = await received;
        const log = t.record(remote, 'RemoteInvitationRefused');
        remote.refuse();
        t.equal([log, remote.state], [[['RemoteInvitationRefused']], 'REFUSED']);
      },
    },
    {
      member: 'remote:RemoteInvitationCanceled', when: 'has the content of the cancellation',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const received = t.next(b, 'RemoteInvitationReceived');
        const local = a.createLocalInvitation(t.id('b'));
        local.send();
        const [remote] = await received;
        const canceled = t.next(remote, 'RemoteInvitationCanceled');
        local.content = 'never mind';
        local.cancel();
        t.equal([await canceled, remote.state, remote.content], [['never mind'], 'CANCELED', 'never mind']);
      },
    },
    { member: 'remote:RemoteInvitationAccepted', when: 'the caller has confirmed', shown: 'core:TestCalleeAccepts' },
    { member: 'remote:RemoteInvitationFailure', when: 'ACCEPT_FAILURE, PEER_OFFLINE: no confirmation within 5 s', shown: 'core:TestAcceptIsNotConfirmed' },
    {
      member: 'remote:RemoteInvitationFailure', when: 'UNKNOWN: the user logs out during the call', differs: '1.4 does not say what happens to calls then',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const received = t.next(b, 'RemoteInvitationReceived');
        a.createLocalInvitation(t.id('b')).send();
        const [remote] = await received;
        const log = t.record(remote, 'RemoteInvitationFailure');
        await b.logout();
        t.equal([log, remote.state], [[['RemoteInvitationFailure', 'UNKNOWN']], 'FAILURE']);
      },
    },
    { member: 'remote:RemoteInvitationFailure', when: 'INVITATION_EXPIRE: 60 s without an end', shown: 'core:TestRingingExpires' },
  ],
};
