/** To be compiled only: the implementation has all that the shipped types declare. */
import implementation, * as members from '../../src/index.ts';
import type { RemoteInvitation } from '../../src/invitation.ts';
import * as hooks from '../../src/react.ts';
import type * as declared from '../../src/rtm.d.ts';
import type * as declaredHooks from '../../package/react.d.ts';

type Classes = 'RtmClient' | 'RtmChannel' | 'LocalInvitation' | 'RemoteInvitation';
type Shape = Omit<typeof declared, 'createInstance' | 'default' | 'RtmStatusCode' | Classes>;

export const object: Shape & { createInstance: Function } = implementation;
export const named: Shape & { createInstance: Function } = members;

/** Method by method: the implementation has every name that is declared. */
type Names<T> = { [K in keyof T]: unknown };
type Client = ReturnType<typeof implementation.createInstance>;
export const client = (c: Client): Names<declared.RtmClient> => c;
export const channel = (c: ReturnType<Client['createChannel']>): Names<declared.RtmChannel> => c;
export const local = (i: ReturnType<Client['createLocalInvitation']>): Names<declared.LocalInvitation> => i;
export const remote = (i: RemoteInvitation): Names<declared.RemoteInvitation> => i;

/** The hooks take and return what is declared, and return nothing else. */
export const react: typeof declaredHooks = hooks;
type Returned<T> = { [K in keyof T]: T[K] extends (...args: never) => infer R ? keyof R : never };
export const returned = (names: Returned<typeof hooks>): Returned<typeof declaredHooks> => names;
