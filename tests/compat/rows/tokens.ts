import { silent, type Area } from '../row.ts';

export const tokens: Area = {
  title: 'Tokens',
  rows: [
    { member: 'client.renewToken', when: 'not a non-empty string', class: 'RtmInvalidArgumentError', code: 2, fails: (t) => () => t.client().renewToken('') },
    { member: 'client.renewToken', when: 'not logged in', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().renewToken('x') },
    {
      member: 'client.renewToken', when: 'ABORTED', class: 'RtmInvalidStatusError', code: 102, differs: '1.4 never settles the promise',
      fails: async (t) => {
        const old = await t.user('same');
        const aborted = t.next(old, 'ConnectionStateChanged');
        await t.user('same');
        await aborted;
        return () => old.renewToken('x');
      },
    },
    { member: 'client.login', when: 'tokens of a token server, 006 and 007, let users in', shown: 'tests/token.spec.ts:tokens of a token server let users in, and they can do everything' },
    {
      member: 'client.renewToken', when: 'the third time in a second', class: 'RtmInvokeTooOftenError', code: 4, differs: silent,
      fails: async (t) => {
        const client = await t.user();
        return t.allAtOnce(2, (i) => client.renewToken(`${i}`), () => client.renewToken('c'));
      },
    },
    { member: 'client.renewToken', when: 'the token has expired', class: 'RtmUnauthenticatedError', code: 5, shown: 'tests/token.spec.ts:renewToken' },
    { member: 'client.renewToken', when: 'app id or token is invalid', class: 'RtmUnauthenticatedError', code: 6, shown: 'tests/token.spec.ts:renewToken' },
    { member: 'client.renewToken', when: 'refused for another reason', class: 'RtmUnavailableError', code: 3, shown: 'core:TestRenewRefused', differs: 'in 1.4 the call succeeds although the token does not' },
    { member: 'client.renewToken', when: 'no answer within 20 s', class: 'RtmTimeoutError', code: 1, shown: 'core:TestRenewTimesOut' },
    { member: 'client.renewToken', when: 'the new token is for the next connection; the old one stays in force if it is refused', shown: 'core:TestRenew' },
    { member: 'client.renewToken', when: 'a gateway without tokens accepts any token', works: async (t) => t.equal(await (await t.user()).renewToken('x') === undefined, true) },
    { member: 'client:TokenExpired', when: 'the token is refused as expired while RECONNECTING; after renewToken the client reconnects', shown: 'tests/token.spec.ts:a token that ends leaves the connection alone; the way back needs a new one' },
    { member: 'client:TokenExpired', when: 'also when the token is refused as invalid while RECONNECTING, for example after a change of the certificate', shown: 'tests/token.spec.ts:a token that ends leaves the connection alone; the way back needs a new one', differs: 'a new token helps in this case too; without the event the client would never come back' },
    { member: 'client:TokenPrivilegeWillExpire', when: '30 s before the token expires; the session stays up', shown: 'core:TestTokenWillExpire', differs: '1.5 has this event; 1.4 says nothing until the connection is lost' },
  ],
};
