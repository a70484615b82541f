import { AsyncLocalStorage } from 'node:async_hooks';

/** Who is behind what is being done, and how they came: for the audit log. */
export interface Cause {
  /** `operator`, `account:<login>`, `token:<id>`, `link:<what>`, `collector`. */
  readonly actor: string;
  /** `session`, `token`, `link`, `command line`, `clock`. */
  readonly via: string;
}

const NOBODY: Cause = { actor: 'collector', via: 'clock' };
const causes = new AsyncLocalStorage<Cause>();

/**
 * Runs `work`, and everything that it starts, in the name of `cause`. Carried along rather than passed: between a request and the transaction in which
 * its audit row is written lie decisions that must not depend on it.
 */
export function inTheNameOf<T>(cause: Cause, work: () => T): T {
  return causes.run(cause, work);
}

/** What nobody asked for, time and configuration did; `otherwise` where that cannot be. */
export function presentCause(otherwise: Cause = NOBODY): Cause {
  return causes.getStore() ?? otherwise;
}
