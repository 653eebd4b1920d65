/**
 * Areas select a data centre of the vendor. Your own gateway has no areas: they are
 * checked and stored, but have no effect (API 1.4).
 */
import { invalidArgument, mustBe } from './errors.ts';
import { AreaCode } from './enums.ts';

const LEGACY = ['CN', 'NA', 'EU', 'AS', 'JP', 'IN', 'GLOB', 'OC', 'SA', 'AF', 'OVS'];
const EXCLUDABLE = ['CHINA', 'JAPAN', 'ASIA'];

export let area: { areaCodes: string[]; excludedArea?: string | undefined } = { areaCodes: ['GLOBAL'] };

export function setArea({ areaCodes, excludedArea }: { areaCodes: string[]; excludedArea?: string }): void {
  mustBeAmong(areaCodes, Object.keys(AreaCode));
  if (excludedArea !== undefined) {
    if (!EXCLUDABLE.includes(excludedArea)) {
      throw invalidArgument(undefined, mustBe('excludedArea', `one of ${EXCLUDABLE}`, excludedArea));
    }
    if (areaCodes.includes(excludedArea)) throw invalidArgument(undefined, `excludedArea ${excludedArea} is also in areaCodes`);
  }
  area = { areaCodes: [...areaCodes], excludedArea };
}

/** Checks the third argument of createInstance. */
export function checkLegacyAreas(areaCodes: unknown): void {
  if (areaCodes !== undefined) mustBeAmong(areaCodes, LEGACY);
}

function mustBeAmong(given: unknown, known: string[]): void {
  if (!Array.isArray(given) || !given.length || !given.every((one) => known.includes(one))) {
    throw invalidArgument(undefined, `areaCodes must be a non-empty array of ${known}`);
  }
}
