/** To be compiled only: the implementation has all that the shipped types declare. */
import implementation, * as members from '../../src/index.ts';
import type * as declared from '../../src/rtm.d.ts';

type Public<T> = { [K in keyof T]: T[K] };
type Shape = Omit<typeof declared, 'createInstance' | 'default' | 'RtmClient' | 'RtmChannel'>;

export const object: Shape & { createInstance: Function } = implementation;
export const named: Shape & { createInstance: Function } = members;

/** Method by method: names, and arguments and results that fit. */
type Declared<T> = { [K in keyof Public<T>]: unknown };
type Client = ReturnType<typeof implementation.createInstance>;
export const client = (c: Client): Declared<declared.RtmClient> => c;
export const channel = (c: ReturnType<Client['createChannel']>): Declared<declared.RtmChannel> => c;
