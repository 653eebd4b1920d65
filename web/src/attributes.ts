/** User and channel attributes (API 10): arguments in, objects out. */
import { AttributeOp, type FlatAttributes } from './bridge.ts';
import { ID_RULE, isId, isPlainObject, utf8Length } from './checks.ts';
import { AttributeOperationError } from './codes.ts';
import { Emitter } from './emitter.ts';
import { failed, notLoggedIn, show, type ErrorName } from './errors.ts';
import type { Link } from './link.ts';

/* Limits, in bytes (core/limits.go). */
const MAX_ATTRIBUTES = 32;
const MAX_KEY = 32;
const MAX_VALUE = 8192;
const MAX_USER = 16384;
const MAX_CHANNEL = 32768;

type Options = { enableNotificationToChannelMembers?: boolean };

/** The attribute methods of RtmClient. Whether arguments or login are checked first differs, as in the API. */
export abstract class AttributeMethods extends Emitter {
  abstract connectionState: string;
  abstract readonly _link: Link;

  async setLocalUserAttributes(attributes: unknown): Promise<void> {
    return this._write(AttributeOp.SET, '', entries(attributes, MAX_USER));
  }

  async addOrUpdateLocalUserAttributes(attributes: unknown): Promise<void> {
    return this._write(AttributeOp.UPDATE, '', entries(attributes, MAX_USER));
  }

  async deleteLocalUserAttributesByKeys(keys: unknown): Promise<void> {
    return this._write(AttributeOp.DELETE, '', toDelete(keys, Infinity));
  }

  async clearLocalUserAttributes(): Promise<void> {
    return this._write(AttributeOp.CLEAR, '', []);
  }

  async getUserAttributes(userId: unknown): Promise<object> {
    return this._read(idOf(userId), '');
  }

  async getUserAttributesByKeys(userId: unknown, keys: unknown): Promise<object> {
    this._mustBeConnected();
    return this._read(idOf(userId), '', keysOf(keys));
  }

  async setChannelAttributes(channelId: unknown, attributes: unknown, options?: Options): Promise<void> {
    return this._write(AttributeOp.SET, idOf(channelId), entries(attributes, MAX_CHANNEL), options);
  }

  async addOrUpdateChannelAttributes(channelId: unknown, attributes: unknown, options?: Options): Promise<void> {
    return this._write(AttributeOp.UPDATE, idOf(channelId), entries(attributes, MAX_CHANNEL), options);
  }

  async deleteChannelAttributesByKeys(channelId: unknown, keys: unknown, options?: Options): Promise<void> {
    return this._write(AttributeOp.DELETE, idOf(channelId, 'RtmInvalidStatusError'), toDelete(keys, 512), options);
  }

  async clearChannelAttributes(channelId: unknown, options?: Options): Promise<void> {
    this._mustBeConnected();
    return this._write(AttributeOp.CLEAR, idOf(channelId), [], options);
  }

  async getChannelAttributes(channelId: unknown): Promise<object> {
    return this._read('', idOf(channelId));
  }

  async getChannelAttributesByKeys(channelId: unknown, keys: unknown): Promise<object> {
    this._mustBeConnected();
    return this._read('', idOf(channelId), keysOf(keys));
  }

  private async _write(op: AttributeOp, channelId: string, list: string[], options?: Options): Promise<void> {
    this._mustBeConnected();
    return this._link.ask('writeAttributes', op, channelId, list, !!options?.enableNotificationToChannelMembers);
  }

  private async _read(userId: string, channelId: string, keys: string[] = []): Promise<object> {
    this._mustBeConnected();
    return toObject(await this._link.ask<FlatAttributes>('readAttributes', userId, channelId, keys), !!channelId);
  }

  private _mustBeConnected(): void {
    if (this.connectionState !== 'CONNECTED') throw notLoggedIn();
  }
}

/** The map as key, value, key, value …, checked in the order of API 10.1. */
function entries(map: unknown, maxBytes: number): string[] {
  if (!isPlainObject(map)) throw wrong(map, 'an object of attributes');
  const list = Object.entries(map);
  if (list.length > MAX_ATTRIBUTES) throw tooLarge(`${MAX_ATTRIBUTES} attributes`);
  if (!list.length) throw wrong(map, 'an object of attributes');
  let total = 0;
  for (const [key, value] of list) {
    const [k, v] = [utf8Length(key), utf8Length(value)];
    if (!k || k > MAX_KEY) throw wrong(key, `a key of 1 to ${MAX_KEY} bytes`);
    if (v > MAX_VALUE) throw tooLarge(`${MAX_VALUE} bytes in a value`);
    if (!v) throw wrong(value, 'a value');
    total += k + v;
  }
  if (total > maxBytes) throw tooLarge(`${maxBytes} bytes`);
  return list.flat() as string[];
}

function keysOf(keys: unknown, maxKeys = MAX_ATTRIBUTES, maxLength = MAX_KEY, name?: ErrorName): string[] {
  const good = (key: unknown) => typeof key === 'string' && key && key.length <= maxLength;
  if (!Array.isArray(keys) || !keys.length || keys.length > maxKeys || !keys.every(good)) throw wrong(keys, 'an array of keys', name);
  return keys;
}

/** The keys as attributes without a value. */
function toDelete(keys: unknown, maxLength: number): string[] {
  return keysOf(keys, Infinity, maxLength, 'RtmInvalidStatusError').flatMap((key) => [key, '']);
}

function idOf(id: unknown, name?: ErrorName): string {
  if (!isId(id)) throw wrong(id, ID_RULE, name);
  return id;
}

function wrong(value: unknown, wanted: string, name: ErrorName = 'RtmInvalidArgumentError'): Error {
  return failed(name, AttributeOperationError.ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT, `${show(value)} is not ${wanted}`);
}

function tooLarge(most: string): Error {
  return failed('RtmLimitExceededError', AttributeOperationError.ATTRIBUTE_OPERATION_ERR_SIZE_OVERFLOW, `at most ${most}`);
}

/**
 * What the API shows: of channels also who wrote each last, and when. It is made of entries, so
 * that a key such as __proto__ is one like any other.
 */
export function toObject(flat: FlatAttributes, ofChannel: boolean): object {
  const list: [unknown, unknown][] = [];
  for (let i = 0; i < flat.length; i += 4) {
    const [key, value, lastUpdateUserId, lastUpdateTs] = flat.slice(i);
    list.push([key, ofChannel ? { value, lastUpdateUserId, lastUpdateTs } : value]);
  }
  return Object.fromEntries(list as [string, unknown][]);
}
