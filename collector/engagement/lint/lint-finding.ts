import type { ConfigPath } from '../../../runtime/config-issue.ts';
import type { Plan } from '../plan.ts';
import type { Engagement, Grant, School } from '../school.ts';

/** Stable: docs/engagements.md explains each. */
export const FINDING_CODES = [
  'no-base',
  'empty-safety-net',
  'few-safety-net-contacts',
  'few-channel-types',
  'critical-held',
  'unknown-party',
  'owner-unreachable',
  'adhoc-without-until',
  'missing-approval',
  'clear-not-below-over',
  'not-evaluable',
  'adhoc-long',
  'ends-soon',
  'ends-in-testing',
  'tie',
  'never-wins',
  'boundary-into-absence',
  'category-without-event',
  'unknown-fact',
  'second-contact-never-told',
  'unknown-absentee',
  'shift-without-anybody',
  'shift-unreachable',
  'shift-of-somebody-absent',
  'shift-of-nobody-known',
  'shifts-end',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

/** One thing that is wrong (E: such an agreement is not put in force) or unwise (W) in what a school agreed. */
export interface Finding {
  readonly level: 'E' | 'W';
  readonly code: FindingCode;
  /** Into the school's file. */
  readonly path: ConfigPath;
  readonly expected: string;
  readonly got: string;
}

/** What the checks of the linter look at. */
export interface LintContext {
  readonly plan: Plan;
  readonly now: number;
  /** How far ahead dates are looked at (ms since the epoch). */
  readonly until: number;
  /** The kinds of channel that the product offers. */
  readonly channelTypes: readonly string[];
}

export const DAY_MS = 86_400_000;

/** Agreements that are over say nothing any more. */
const OVER = new Set(['ended', 'expired', 'revoked']);

/** Engagements that count or may come to count, with their place in the file. */
export function liveEngagements(school: School): { readonly engagement: Engagement; readonly at: ConfigPath }[] {
  return school.engagements.flatMap((engagement, i) =>
    OVER.has(engagement.status) ? [] : [{ engagement, at: ['engagements', i] }],
  );
}

/** Where a grant stands in the file. */
export function grantPath({ engagements }: School, grant: Grant): ConfigPath {
  const i = engagements.findIndex(({ grants }) => grants.includes(grant));
  return ['engagements', i, 'grants', engagements[i]?.grants.indexOf(grant) ?? 0];
}
