import type { OnCallView, PersonView, ShiftProblemView } from '../../../core/on-call-api.ts';
import type { Duty } from '../duty.ts';
import type { Plan } from '../plan.ts';
import { onCallOf } from './on-call-now.ts';
import { problemText, reachableByFile, shiftProblems } from './shift-problems.ts';

/** Who is on call now and who comes next, of every party, for the page. `at`: ms. */
export function onCallViews(plan: Plan, at: number): OnCallView[] {
  const { school } = plan;
  const person = (contact: string): PersonView => ({ contact, name: school.contacts.get(contact)?.name ?? contact });
  return [...plan.duties].map(([party, duty]) => {
    const { contact, named, by, covered, next } = onCallOf(plan, party, duty, at);
    return {
      party,
      name: school.parties.get(party)?.name ?? party,
      turns: duty.onCall !== undefined,
      covered,
      now: contact === null ? null : person(contact),
      standsInFor: named === null || named === contact ? null : person(named),
      by,
      next: next && { ...person(next.contact), at: next.at },
      problems: problemsOf(plan, duty, at),
    };
  });
}

function problemsOf(plan: Plan, duty: Duty, at: number): ShiftProblemView[] {
  const until = at + (duty.onCall?.onCall.lookAheadMs ?? 0);
  const firsts = new Map<string, ShiftProblemView>();
  for (const problem of shiftProblems(duty, at, until, reachableByFile(plan))) {
    const { kind, start, end } = problem;
    if (!firsts.has(kind)) firsts.set(kind, { kind, start, end, text: problemText(problem) });
  }
  return [...firsts.values()];
}
