import errors from '../../core/errors.json' with { type: 'json' };
import { enums } from './members.ts';
import type { Row } from './row.ts';

const codes: Record<string, Record<string, number>> = errors;

/** Every code of the API: [enum, name]. */
export const all: [string, string][] = Object.entries(codes).flatMap(([name, members]) => Object.keys(members).map((code) => [name, code] as [string, string]));

/** The name of a row's code in its member's enum. */
export function codeName(row: Row): string | undefined {
  if (!('code' in row) || row.code === undefined) return undefined;
  return Object.entries(codes[row.enum ?? enums[row.member] ?? ''] ?? {}).find(([, code]) => code === row.code)?.[0];
}
