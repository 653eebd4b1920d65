/** User and channel attributes (API 10): arguments in, objects out. */
import { AttributeOp, type FlatAttributes } from './bridge.ts';
import { cut, isPlainObject, listOf } from './checks.ts';
import { Emitter } from './emitter.ts';
import { Limit } from './limits.ts';
import type { CoreClient } from './coreclient.ts';

type Options = { enableNotificationToChannelMembers?: boolean };

/** The attribute methods of RtmClient. The core checks their arguments and the login. */
export abstract class AttributeMethods extends Emitter {
  abstract readonly _core: CoreClient;

  setLocalUserAttributes(attributes: unknown): Promise<void> {
    return this._write(AttributeOp.SET, '', attributes);
  }

  addOrUpdateLocalUserAttributes(attributes: unknown): Promise<void> {
    return this._write(AttributeOp.UPDATE, '', attributes);
  }

  deleteLocalUserAttributesByKeys(keys: unknown): Promise<void> {
    return this._write(AttributeOp.DELETE, '', keys);
  }

  clearLocalUserAttributes(): Promise<void> {
    return this._write(AttributeOp.CLEAR, '');
  }

  getUserAttributes(userId: unknown): Promise<object> {
    return this._read(idOf(userId), '');
  }

  getUserAttributesByKeys(userId: unknown, keys: unknown): Promise<object> {
    return this._read(idOf(userId), '', true, keys);
  }

  setChannelAttributes(channelId: unknown, attributes: unknown, options?: Options): Promise<void> {
    return this._write(AttributeOp.SET, idOf(channelId), attributes, options);
  }

  addOrUpdateChannelAttributes(channelId: unknown, attributes: unknown, options?: Options): Promise<void> {
    return this._write(AttributeOp.UPDATE, idOf(channelId), attributes, options);
  }

  deleteChannelAttributesByKeys(channelId: unknown, keys: unknown, options?: Options): Promise<void> {
    return this._write(AttributeOp.DELETE, idOf(channelId), keys, options);
  }

  clearChannelAttributes(channelId: unknown, options?: Options): Promise<void> {
    return this._write(AttributeOp.CLEAR, idOf(channelId), undefined, options);
  }

  getChannelAttributes(channelId: unknown): Promise<object> {
    return this._read('', idOf(channelId));
  }

  getChannelAttributesByKeys(channelId: unknown, keys: unknown): Promise<object> {
    return this._read('', idOf(channelId), true, keys);
  }

  private async _write(op: AttributeOp, channelId: string, given?: unknown, options?: Options): Promise<void> {
    const list = op === AttributeOp.DELETE ? listOf(given).flatMap((key) => [key, '']) : entries(given);
    return this._core.ask('writeAttributes', op, channelId, list, !!options?.enableNotificationToChannelMembers);
  }

  private async _read(userId: string, channelId: string, byKeys?: boolean, given?: unknown): Promise<object> {
    const keys = listOf(given);
    if (byKeys && !keys[0]) keys[0] = ''; // the core refuses it; without a key it would read all attributes
    return toObject(await this._core.ask<FlatAttributes>('readAttributes', userId, channelId, keys), !!channelId);
  }
}

/** The map as key, value, key, value …, at most one attribute more than allowed; empty if it is not a map. */
function entries(map: unknown): string[] {
  return isPlainObject(map) ? Object.entries(map).slice(0, Limit.MAX_ATTRIBUTES + 1).flat().map(cut) : [];
}

/** Returns an invalid id for a value that is not a string, because "" would mean the user's own attributes. */
function idOf(id: unknown): string {
  return cut(id) || 'null';
}

/**
 * Attributes in the form of the API. Those of channels also have their last writer and time. The object is
 * made from entries, so that a key such as __proto__ works like any other.
 */
export function toObject(flat: FlatAttributes, ofChannel: boolean): object {
  const list: [unknown, unknown][] = [];
  for (let i = 0; i < flat.length; i += 4) {
    const [key, value, lastUpdateUserId, lastUpdateTs] = flat.slice(i);
    list.push([key, ofChannel ? { value, lastUpdateUserId, lastUpdateTs } : value]);
  }
  return Object.fromEntries(list as [string, unknown][]);
}
