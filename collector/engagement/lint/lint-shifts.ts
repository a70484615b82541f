import { dateWithYear } from '../date-text.ts';
import type { Duty } from '../duty.ts';
import { problemText, reachableByFile, type ShiftProblemKind, shiftProblems } from '../on-call/shift-problems.ts';
import type { Finding, FindingCode, LintContext } from './lint-finding.ts';

const CODES: Readonly<Record<ShiftProblemKind, FindingCode>> = {
  nobody: 'shift-without-anybody',
  empty: 'shift-without-anybody',
  unreachable: 'shift-unreachable',
  absent: 'shift-of-somebody-absent',
  calendar_ends: 'shifts-end',
};

/** Whether everybody whose shift it will be is there and can be told. One finding of each kind for a party, with the first date. */
export function lintShifts(context: LintContext): Finding[] {
  return [...context.plan.duties.values()].flatMap((duty) =>
    duty.onCall ? [...shiftFindings(context, duty), ...unknownNames(context, duty)] : [],
  );
}

function shiftFindings({ plan, now, until }: LintContext, duty: Duty): Finding[] {
  const { party, onCall } = duty;
  const calendar = onCall?.onCall.calendar;
  // A feed that was not read tells nothing.
  const unread =
    calendar !== undefined &&
    plan.school.calendars.get(calendar)?.feed !== undefined &&
    plan.school.calendars.get(calendar)?.events.length === 0;
  const byCode = Map.groupBy(shiftProblems(duty, now, until, reachableByFile(plan)), ({ kind }) => CODES[kind]);
  return [...byCode].flatMap(([code, problems]): Finding[] => {
    const first = problems[0]!;
    if (unread && (first.kind === 'empty' || first.kind === 'calendar_ends')) return [];
    const more = problems.length === 1 ? '' : ` (the first of ${problems.length})`;
    const got = `${problemText(first)} from ${dateWithYear(plan.school, first.start)} to ${dateWithYear(plan.school, first.end)}${more}`;
    return [{ level: 'W', code, path: ['parties', party.id, 'on_call'], expected: EXPECTED[first.kind], got }];
  });
}

const EXPECTED: Readonly<Record<ShiftProblemKind, string>> = {
  nobody: 'somebody on call at every time that is covered',
  empty: 'somebody on call at every time that is covered',
  unreachable: 'people on call who have a channel',
  absent: 'an override for a shift of somebody who is absent',
  calendar_ends: 'shifts as far as can be looked ahead',
};

/** Events that name nobody of the party. */
function unknownNames({ plan, now, until }: LintContext, { party, onCall }: Duty): Finding[] {
  const unknown = (onCall?.reading.unknown ?? []).filter(({ start, end }) => end > now && start < until);
  const first = unknown[0];
  if (!first) return [];
  const more = unknown.length === 1 ? '' : ` (the first of ${unknown.length})`;
  return [
    {
      level: 'W',
      code: 'shift-of-nobody-known',
      path: ['parties', party.id, 'on_call', 'calendar'],
      expected: `events that name a contact of ${party.id} (${party.contacts.join(', ')}), or a \`match\` for them`,
      got: `"${first.summary.slice(0, 60)}" on ${dateWithYear(plan.school, first.start)}${more}`,
    },
  ];
}
