import type { Area } from '../row.ts';

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
  ],
};
