import { createHash } from 'node:crypto';
import { type BodyProblem, bodyProblems } from '../../../runtime/config-issue.ts';
import type { Engagement, School } from '../school.ts';
import { checkEngagement } from '../school-checks.ts';
import { toEngagement } from '../school-decode.ts';
import { engagementSchema } from '../school-schema.ts';
import { addWallTime } from '../zoned-time.ts';
import { neededApprovals, partiesMadeOwners } from './approvals.ts';
import type { Terms } from './engagement-event.ts';

type Body = Readonly<Record<string, unknown>>;

/** An ad-hoc engagement lasts at most so long; longer takes new approvals. Wall clock: 90 dates. */
export const ADHOC_MAX_DAYS = 90;
const DAY_MS = 86_400_000;

/** The text of an engagement as in YAML, read for this school; or everything wrong with it. Never throws. */
export function decodeEngagement(
  raw: unknown,
  school: School,
): { readonly engagement: Engagement } | { readonly problems: readonly BodyProblem[] } {
  const result = schemaFor(school).safeParse(raw);
  if (!result.success) return { problems: bodyProblems(result.error, raw) };
  return { engagement: toEngagement(result.data, school.tz) };
}

/** As in a school's file: also when something is already wrong, every problem is reported at once. */
function schemaFor(school: School) {
  const parties = [...school.parties.keys()];
  const contacts = [...school.parties.values()].flatMap((party) => party.contacts);
  const people = [...new Set(['owner', 'other', 'safety_net', ...parties, ...contacts, ...school.safetyNet])];
  return engagementSchema.superRefine(
    (value: unknown, context) => {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) return;
      const report = (path: (string | number)[], message: string) =>
        context.addIssue({ code: 'custom', path, message });
      const known = (path: (string | number)[], party: unknown) => {
        if (typeof party === 'string' && !parties.includes(party)) report(path, `a party (${parties.join(', ')})`);
      };
      const calendars = [...school.calendars.keys()];
      checkEngagement(value as Body, [], { zone: school.tz, parties, people, calendars, known }, report);
    },
    { when: () => true },
  );
}

/** @param raw what `engagement` was decoded from */
export function termsOf(raw: unknown, engagement: Engagement, school: School): Terms {
  const body = agreedBody(raw);
  const owners = partiesMadeOwners(engagement, school);
  return {
    body,
    digest: digestOf(body),
    kind: engagement.kind,
    until: Number.isFinite(engagement.until) ? engagement.until : null,
    owners,
    needs: neededApprovals(owners, school),
  };
}

function agreedBody(raw: unknown): Body {
  const { status: _status, approvals: _approvals, approved_at: _approvedAt, ...body } = raw as Body;
  return body;
}

function digestOf(body: Body): string {
  return createHash('sha256').update(inOrder(body)).digest('hex');
}

/** JSON with the keys of mappings in order: writing them in another order changes nothing that was agreed. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** What is wrong with the end of an engagement that is to come into force at `at`. */
export function endProblem(
  { kind, from, until }: Pick<Engagement, 'kind' | 'from' | 'until'>,
  { tz }: Pick<School, 'tz'>,
  at: number,
): Omit<BodyProblem, 'path'> | undefined {
  const written = (instant: number) => new Date(instant).toISOString();
  if (until <= at) return { expected: 'an end that is still to come', got: written(until) };
  if (kind !== 'adhoc') return undefined;
  if (until === Infinity) return { expected: 'an end: what is agreed ad hoc ends by itself', got: 'nothing' };
  const latest = addWallTime(tz, Math.max(from, at), ADHOC_MAX_DAYS * DAY_MS);
  if (until <= latest) return undefined;
  const expected = `an end at most ${ADHOC_MAX_DAYS} days ahead (${written(latest)}); extend it later by a new version`;
  return { expected, got: written(until) };
}
