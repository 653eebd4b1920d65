/** Presence and member counts (API 9 and 11); the core checks what they are given. */
import { PresenceState } from './bridge.ts';
import { isId } from './checks.ts';
import type { Link } from './link.ts';

/** The names of PresenceState. */
export const ONLINE_STATES = ['', 'ONLINE', 'UNREACHABLE', 'OFFLINE'] as const;

/** An object of ids and what belongs to each; an id may be "__proto__". */
export function toMap<T, U>(ids: string[], values: T[], of: (value: T) => U): { [id: string]: U } {
  return Object.fromEntries(ids.map((id, i) => [id, of(values[i]!)]));
}

type Method = 'queryPeers' | 'subscribePeers' | 'unsubscribePeers' | 'counts';

/**
 * A copy of the ids, "" for what is none. What is no array, or too long to be looked at, counts as an empty
 * one, which the core refuses in its turn.
 */
function idsOf(ids: unknown): string[] {
  return Array.isArray(ids) && ids.length <= 65536 ? Array.from(ids, (id) => isId(id) ? id : '') : [];
}

export async function ask<T>(link: Link, method: Method, ids: unknown): Promise<T> {
  return link.ask(method, idsOf(ids));
}

export async function queryPeers(link: Link, peerIds: unknown): Promise<{ [peerId: string]: boolean }> {
  const [uids, states] = await ask<[string[], PresenceState[]]>(link, 'queryPeers', peerIds);
  return toMap(uids, states, (state) => state !== PresenceState.OFFLINE);
}

export async function countMembers(link: Link, channelIds: string[]): Promise<{ [channelId: string]: number }> {
  const ids = idsOf(channelIds);
  return toMap(ids, await ask<number[]>(link, 'counts', ids), (n) => n);
}
