/** Turns answers about presence and member counts into the API's form (API 9 and 11). */

/** The names of PresenceState. */
export const ONLINE_STATES = ['', 'ONLINE', 'UNREACHABLE', 'OFFLINE'] as const;

/** An object of ids and values; an id may be "__proto__". */
export function toMap<T, U>(ids: string[], values: T[], of: (value: T) => U): { [id: string]: U } {
  return Object.fromEntries(ids.map((id, i) => [id, of(values[i]!)]));
}

