import type { Duty } from '../duty.ts';
import type { Plan } from '../plan.ts';
import type { Span } from '../school.ts';

/**
 * What can be wrong with a shift. `nobody`: everybody of the party is absent; `unreachable`: who would be told has no channel; `empty`: the
 * calendar names nobody; `calendar_ends`: nor does it ever after; `absent`: who is named is away, somebody stands in.
 */
export type ShiftProblemKind = 'nobody' | 'unreachable' | 'empty' | 'calendar_ends' | 'absent';

export interface ShiftProblem extends Span {
  readonly party: string;
  readonly kind: ShiftProblemKind;
  /** Whose shift it is; undefined: nobody's. */
  readonly named: string | undefined;
  /** Who is told; undefined: nobody. */
  readonly contact: string | undefined;
}

/** True for a contact who can be told anything at all. */
export type Reachable = (contact: string) => boolean;

/** What is wrong with the shifts of a party in [from, to), in order, as far as it is covered; nothing where its people take no turns. */
export function shiftProblems(duty: Duty, from: number, to: number, reachable: Reachable): ShiftProblem[] {
  if (!duty.onCall) return [];
  const problems: ShiftProblem[] = [];
  const points = [...new Set([from, ...duty.edges(from, to)])];
  for (const [i, start] of points.entries()) {
    const found = problemAt(duty, start, reachable);
    if (!found) continue;
    const next = { ...found, party: duty.party.id, start, end: points[i + 1] ?? to };
    const last = problems.at(-1);
    const goesOn =
      last?.end === start && last.kind === next.kind && last.named === next.named && last.contact === next.contact;
    if (goesOn) problems[problems.length - 1] = { ...last, end: next.end };
    else problems.push(next);
  }
  return problems;
}

function problemAt(
  duty: Duty,
  at: number,
  reachable: Reachable,
): Pick<ShiftProblem, 'kind' | 'named' | 'contact'> | undefined {
  if (!duty.covered(at)) return undefined;
  const named = duty.named(at)?.contact;
  const contact = duty.present(at);
  const found = (kind: ShiftProblemKind) => ({ kind, named, contact });
  if (contact === undefined) return found('nobody');
  if (!reachable(contact)) return found('unreachable');
  if (named !== undefined) return named === contact ? undefined : found('absent');
  const { onCall, reading } = duty.onCall!;
  // A rotation that names nobody is not begun yet, or is restricted: the first contact is meant.
  if (onCall.calendar === undefined || onCall.rotation) return undefined;
  return found(reading.shifts.some(({ end }) => end > at) ? 'empty' : 'calendar_ends');
}

/** By declared channels; where a school declares no contacts at all, nothing can be said. */
export function reachableByFile({ school }: Plan): Reachable {
  return (contact) => school.contacts.size === 0 || (school.contacts.get(contact)?.channels.length ?? 0) > 0;
}

/** What is wrong, in words. */
export function problemText({ kind, named, contact }: Pick<ShiftProblem, 'kind' | 'named' | 'contact'>): string {
  switch (kind) {
    case 'nobody':
      return 'everybody is absent';
    case 'empty':
      return `the calendar names nobody (${contact} is told)`;
    case 'calendar_ends':
      return `the calendar has no shifts any more (${contact} is told)`;
    case 'unreachable':
      return `${contact} has no channel`;
    case 'absent':
      return `${named} is absent (${contact} stands in)`;
  }
}
