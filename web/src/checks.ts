/**
 * What can be told of an argument without the core. Objects are recognised by their tag
 * rather than by instanceof, so that those of another frame pass.
 */
import { invalidArgument, show } from './errors.ts';
import { LoginError } from './codes.ts';

const ID = /^[\w\s!#$%&()+\-,.:;<=>?@[\]^{|}~]{1,64}$/;

/** The characters of an id, for error texts. */
export const ID_RULE = 'a string of 1 to 64 of the allowed characters';

/** Whether value may name a user or a channel (API 2.1). */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== 'null' && ID.test(value);
}

export function isAppId(value: unknown): value is string {
  return typeof value === 'string' && /^[\da-z]{32}$/i.test(value);
}

/** Whether value is an object literal: no class instance, no array, none without prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype !== null && Object.getPrototypeOf(prototype) === null && tag(value) === '[object Object]';
}

/** Of any frame. A Proxy of one is none: it has no bytes to copy. */
export function isBytes(value: unknown): value is Uint8Array {
  return Object(value) === value && Reflect.get(Uint8Array.prototype, Symbol.toStringTag, value) === 'Uint8Array';
}

function tag(value: unknown): string {
  return Object.prototype.toString.call(value);
}

/** The arguments of login (API 3.1, steps 1 and 2); token is "" for none. */
export function loginArguments(options: unknown, appId: string): { uid: string; token: string } {
  if (options === undefined) throw new TypeError('login needs an object with a uid');
  const wrong = (text: string) => invalidArgument(LoginError.LOGIN_ERR_INVALID_ARGUMENT, text);
  if (!isPlainObject(options)) throw wrong(`login needs an object with a uid, not ${show(options)}`);
  const { uid, token } = options;
  if (!isId(uid)) throw wrong(`uid must be ${ID_RULE}, not ${show(uid)}`);
  if (token === undefined || token === null || token === appId) return { uid, token: '' };
  if (typeof token !== 'string') throw wrong(`token must be a string, not of type ${typeof token}`); // errors end up in logs
  return { uid, token };
}
