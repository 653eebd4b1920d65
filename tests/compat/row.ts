/**
 * The compatibility table: one row for each thing an application can rely on. tests/compat.spec.ts drives the rows in a
 * real browser against a real gateway, and docs/compatibility.md and docs/errors.md are made of them by
 * `make docs`.
 */
import type { Stage } from './stage.ts';

export type ErrorClass =
  | 'RtmInvalidArgumentError' | 'RtmInvalidStatusError' | 'RtmLimitExceededError' | 'RtmInvokeTooOftenError' | 'RtmTimeoutError'
  | 'RtmInterruptedError' | 'RtmUnauthenticatedError' | 'RtmUnavailableError' | 'RtmUnknownError' | 'TypeError';

interface Common {
  /** One of members.ts. */
  member: string;
  /** The condition of an error, or what holds. */
  when: string;
  /** The enum of the code, where it is not that of the member (members.ts). */
  enum?: string;
  /** Ours is meant to differ from 1.4.5 here: why. */
  differs?: string;
}

/** An error that the page provokes. `fails` prepares, and returns the call that must fail; it runs in the page and sees only its argument. */
interface Failing extends Common {
  class: ErrorClass;
  code?: number;
  fails: (t: Stage) => (() => unknown) | Promise<() => unknown>;
}

/** A behaviour. `works` throws if it does not hold; it runs in the page and sees only its argument. */
interface Working extends Common {
  works: (t: Stage) => unknown;
}

/** What takes time, a broken network or a gateway with tokens, and is shown by other tests: 'folder:TestName' or 'file:name of the test'. */
interface Elsewhere extends Common {
  class?: ErrorClass;
  code?: number;
  shown: string;
}

/** Why calls over a rate that the vendor's service held its clients to differ. */
export const silent = '1.4 is silent until the call times out';
/** The same for reads, which wait for their turn. */
export const waits = `${silent}; here it waits, and shares the answer of an identical one that waits too`;

export type Row = Failing | Working | Elsewhere;

/** Rows that belong together: one page, and one heading. */
export interface Area {
  title: string;
  rows: Row[];
}
