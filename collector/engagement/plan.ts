import { Duty } from './duty.ts';
import { GrantWindows } from './grant-window.ts';
import { OnCallSchedule } from './on-call/on-call-schedule.ts';
import { readShifts } from './on-call/shift-events.ts';
import type { Engagement, FactCondition, FactEntry, FactValue, Grant, Party, School } from './school.ts';
import { specificity } from './scope.ts';

/** One grant of an approved engagement, with what of it does not depend on the alert or the time worked out once. */
export interface PlannedGrant {
  readonly grant: Grant;
  readonly engagement: Engagement;
  readonly specificity: number;
  readonly windows: GrantWindows;
}

/** A school made ready for routing: a pure function of its file (and calendars), made once and asked often. */
export interface Plan {
  readonly school: School;
  readonly grants: readonly PlannedGrant[];
  readonly duties: ReadonlyMap<string, Duty>;
}

export function planSchool(school: School): Plan {
  return {
    school,
    grants: school.engagements
      .filter((engagement) => engagement.status === 'approved')
      .flatMap((engagement) =>
        engagement.grants.map((grant) => ({
          grant,
          engagement,
          specificity: specificity(grant.scope),
          windows: new GrantWindows(grant.when, school.calendars, school.tz),
        })),
      ),
    duties: new Map(
      [...school.parties].map(([id, party]) => [id, new Duty(party, school.tz, onCallOf(school, party))]),
    ),
  };
}

function onCallOf(school: School, { contacts, onCall }: Party): OnCallSchedule | undefined {
  if (!onCall) return undefined;
  const events = onCall.calendar === undefined ? [] : (school.calendars.get(onCall.calendar)?.events ?? []);
  const people = contacts.map((id) => school.contacts.get(id) ?? { id, name: id, channels: [] });
  return new OnCallSchedule(onCall, school.tz, readShifts(events, onCall.match, people));
}

/** The facts at an instant: the newest value of each by its date. */
export function factsAt(facts: readonly FactEntry[], at: number): Readonly<Record<string, FactValue>> {
  let known: Readonly<Record<string, FactValue>> = {};
  for (const { from, values } of facts) {
    if (from > at) break;
    known = { ...known, ...values };
  }
  return known;
}

/** A fact that is not known fits no comparison, not even `!=`: who answers must not hang on something nobody wrote down. */
export function factHolds(
  facts: Readonly<Record<string, FactValue>>,
  { fact, operator, value }: FactCondition,
): boolean {
  const known = facts[fact];
  if (known === undefined) return false;
  switch (operator) {
    case '==':
      return String(known) === String(value);
    case '!=':
      return String(known) !== String(value);
    default:
      return typeof known === 'number' && typeof value === 'number' && compares(known, operator, value);
  }
}

function compares(a: number, operator: '>=' | '<=' | '>' | '<', b: number): boolean {
  switch (operator) {
    case '>=':
      return a >= b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '<':
      return a < b;
  }
}
