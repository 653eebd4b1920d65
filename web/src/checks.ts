/**
 * Checks of arguments that do not need the core. Objects are recognised by their tag
 * and not by instanceof, so that objects of another frame are accepted.
 */
import { invalidArgument, mustBe, describe, tag } from './errors.ts';
import { InvitationApiCallError, LoginError } from './codes.ts';
import { Limit } from './limits.ts';

const ID = /^[\w\s!#$%&()+\-,.:;<=>?@[\]^{|}~]{1,64}$/;

/** The characters of an id, for error texts. */
export const ID_RULE = 'a string of 1 to 64 of the allowed characters';

/** Whether value may name a user or a channel (API 2.1). */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== 'null' && ID.test(value);
}

/** Throws if value is not a valid id; 1 is "invalid argument" in the enums of all methods that make an object. */
export function mustBeId(field: string, value: unknown): void {
  if (!isId(value)) throw invalidArgument(InvitationApiCallError.INVITATION_API_CALL_ERR_INVALID_ARGUMENT, mustBe(field, ID_RULE, value));
}

export function isAppId(value: unknown): value is string {
  return typeof value === 'string' && /^[\da-z]{32}$/i.test(value);
}

/** Whether value is an object literal: not a class instance, not an array, and not without a prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype !== null && Object.getPrototypeOf(prototype) === null && tag(value) === '[object Object]';
}

/** Bytes of a text as UTF-8; 0 if it is not a string. */
export function utf8Length(text: unknown): number {
  return typeof text === 'string' ? new TextEncoder().encode(text).length : 0;
}

/**
 * A text for the core; "" if it is not a string. A text that is far too long is cut, but stays too long: the
 * core must not run out of memory.
 */
export function cut(text: unknown): string {
  return typeof text === 'string' ? text.slice(0, Limit.MAX_MESSAGE_BYTES + 1) : '';
}

/** Ids or keys for the core, cut to a little more than allowed; [] if it is not an array. */
export function listOf(texts: unknown): string[] {
  return Array.isArray(texts) ? texts.slice(0, 65536).map(cut) : [];
}

/** Accepts a Uint8Array of any frame, but not a Proxy of one, whose bytes cannot be copied. */
export function isBytes(value: unknown): value is Uint8Array {
  return Object(value) === value && Reflect.get(Uint8Array.prototype, Symbol.toStringTag, value) === 'Uint8Array';
}

/** The arguments of login (API 3.1, steps 1 and 2); token is "" for none. */
export function loginArguments(options: unknown, appId: string): { uid: string; token: string } {
  if (options === undefined) throw new TypeError('login needs an object with a uid');
  const wrong = (text: string) => invalidArgument(LoginError.LOGIN_ERR_INVALID_ARGUMENT, text);
  if (!isPlainObject(options)) throw wrong(`login needs an object with a uid, not ${describe(options)}`);
  const { uid, token } = options;
  if (!isId(uid)) throw wrong(mustBe('uid', ID_RULE, uid));
  if (token === undefined || token === null || token === appId) return { uid, token: '' };
  if (typeof token !== 'string') throw wrong(`token must be a string, not of type ${typeof token}`); // does not show the token: errors are often logged
  return { uid, token };
}
