import type { Sample } from '../../core/sample.ts';
import { COLLECTOR_SITE } from '../calendar/calendar-sample.ts';
import type { Duty } from '../engagement/duty.ts';
import { type Reachable, type ShiftProblemKind, shiftProblems } from '../engagement/on-call/shift-problems.ts';

const HOUR_MS = 3_600_000;

/**
 * How well the shifts of a party reach somebody in the time that is looked ahead, for the rules that alert before it matters. All zeros for a
 * party whose people take no turns: what was open of it resolves when `on_call` goes.
 */
export function onCallSample(school: string, duty: Duty, now: number, reachable: Reachable): Sample {
  const until = now + (duty.onCall?.onCall.lookAheadMs ?? 0);
  const hours = { nobody: 0, unreachable: 0, empty: 0, calendar_ends: 0, absent: 0 } satisfies Record<
    ShiftProblemKind,
    number
  >;
  for (const { kind, start, end } of shiftProblems(duty, now, until, reachable)) hours[kind] += (end - start) / HOUR_MS;
  const unknown = (duty.onCall?.reading.unknown ?? []).filter(({ start, end }) => end > now && start < until);
  return {
    measurement: 'on_call',
    tags: { school, site: COLLECTOR_SITE, party: duty.party.id },
    fields: {
      unattended_h: hours.nobody + hours.empty,
      unreachable_h: hours.unreachable,
      calendar_ends_h: hours.calendar_ends,
      absent_h: hours.absent,
      unknown_shifts: BigInt(unknown.length),
    },
    time: now,
  };
}
