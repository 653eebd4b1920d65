/** Presence and member counts (API 9 and 11); the core checks what they are given. */
import { PresenceState, type Done } from './bridge.ts';
import type { Link } from './link.ts';

/** The names of PresenceState. */
export const ONLINE_STATES = ['', 'ONLINE', 'UNREACHABLE', 'OFFLINE'] as const;

/** An object of ids and what belongs to each; an id may be "__proto__". */
export function toMap<T, U>(ids: string[], values: T[], of: (value: T) => U): { [id: string]: U } {
  return Object.fromEntries(ids.map((id, i) => [id, of(values[i]!)]));
}

type Method = 'queryPeers' | 'subscribePeers' | 'unsubscribePeers' | 'counts';

/** Makes a call about ids. No array is none, which the core refuses in its turn. */
export function ask<T>(link: Link, method: Method, ids: unknown): Promise<T> {
  return link.request((done: Done<any>) => link.call(method, Array.isArray(ids) ? ids : [], done));
}

export async function queryPeers(link: Link, peerIds: unknown): Promise<{ [peerId: string]: boolean }> {
  const [uids, states] = await ask<[string[], PresenceState[]]>(link, 'queryPeers', peerIds);
  return toMap(uids, states, (state) => state !== PresenceState.OFFLINE);
}

export async function countMembers(link: Link, channelIds: string[]): Promise<{ [channelId: string]: number }> {
  const ids = Array.isArray(channelIds) ? [...channelIds] : [];
  return toMap(ids, await ask<number[]>(link, 'counts', ids), (n) => n);
}
