/**
 * The errors of the API (2.2). Applications tell them apart by `name` and `code`; the
 * classes themselves are not exported.
 */
import type { Failure } from './bridge.ts';
import { LogoutError } from './codes.ts';
import type { RtmError } from './rtm.d.ts';

export type ErrorName =
  | 'RtmInvalidArgumentError'
  | 'RtmInvalidStatusError'
  | 'RtmLimitExceededError'
  | 'RtmInvokeTooOftenError'
  | 'RtmTimeoutError'
  | 'RtmInterruptedError'
  | 'RtmUnauthenticatedError'
  | 'RtmUnavailableError'
  | 'RtmUnknownError'
  | 'RtmInternalError';

interface Fields {
  code?: number | undefined;
  serverCode?: number | undefined;
  originalError?: unknown;
  statusCode?: undefined;
}

type ErrorClass = new (message: string) => Error & Fields;

const classes = new Map<string, ErrorClass>();

/** Creates the class on first use. Its prototype has the name, so that stack traces begin with it. */
function classNamed(name: string): ErrorClass {
  let found = classes.get(name);
  if (!found) {
    found = class extends Error {};
    Object.defineProperty(found, 'name', { value: name });
    Object.defineProperty(found.prototype, 'name', { value: name, writable: true, configurable: true });
    classes.set(name, found);
  }
  return found;
}

/** The Error object of a failure. Unknown fields exist and are undefined. */
export function rtmError(failure: Failure): Error & Fields {
  const { name, code, serverCode, cause } = failure;
  const text = /[.?]$/.test(failure.text) ? failure.text : failure.text + '.';
  const server = serverCode === undefined ? '' : `, server Code ${serverCode}`;
  const error = new (classNamed(name))(code === undefined ? text : ` Error Code ${code}${server} - ${text}`);
  error.code = code;
  if (name !== 'RtmInternalError') {
    error.serverCode = serverCode;
    error.originalError = cause;
    // Errors that come from the core have the name in their text.
    if (cause instanceof Error && /^Error: NotRead/.test(`${cause}`)) cause.name = 'NotReadableError';
    if (name === 'RtmUnavailableError') error.statusCode = undefined;
  }
  return error;
}

/** Whether value is an error of the SDK, of any frame. */
export function isRtmError(value: any): value is RtmError {
  return tag(value) === '[object Error]' && 'code' in value && /^Rtm\w+Error$/.test(value.name);
}

export function failed(name: ErrorName, code: number | undefined, text: string): Error {
  return rtmError({ name, code, text });
}

/** 102 is USER_NOT_LOGGED_IN in every enum. */
export function notLoggedIn(): Error {
  return failed('RtmInvalidStatusError', LogoutError.LOGOUT_ERR_USER_NOT_LOGGED_IN, 'not logged in');
}

export function invalidArgument(code: number | undefined, text: string): Error {
  return failed('RtmInvalidArgumentError', code, text);
}

/** The text of a thrown value, which may not be an Error. */
export function messageOf(cause: any): string {
  return String(cause?.message ?? cause);
}

/** The text about an invalid argument. */
export function mustBe(field: string, wanted: string, value: unknown): string {
  return `${field} must be ${wanted}, not ${describe(value)}`;
}

/** [object Class] of a value, of any frame. */
export function tag(value: unknown): string {
  return Object.prototype.toString.call(value);
}

/** Describes a value, short enough for an error's text. */
export function describe(value: unknown): string {
  const text = typeof value === 'string' ? `"${value.slice(0, 99)}"` : String(Object(value) === value ? tag(value) : value);
  return text.length > 80 ? text.slice(0, 80) + '…' : text;
}
