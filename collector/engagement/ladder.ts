import { atLeast, type LadderStep, type Severity } from './decision.ts';
import type { Plan } from './plan.ts';
import type { Rung, School } from './school.ts';

/** How the owner is reached: now, through someone who acts for them, or later. */
export interface Reach {
  /** Who is contacted now; the owner while the alert is held. */
  readonly acting: string;
  readonly held: 'owner_uncovered' | null;
  readonly steps: readonly LadderStep[];
}

/** What besides the owner decides whom a ladder reaches. */
export interface LadderTerms {
  /** As agreed; undefined: the default ladder. */
  readonly rungs?: readonly Rung[] | undefined;
  /** The party that answered until a moment ago and is told second, while a hand-over is fresh. */
  readonly outgoing?: string | undefined;
}

export const SAFETY_NET = 'safety_net';
const MINUTE = 60_000;
export const REPEAT_S = 1800;
const NET_AFTER = 30 * MINUTE;
const NET_AFTER_HOLD = 60 * MINUTE;
const OUTGOING_AFTER = 5 * MINUTE;

export const DEFAULT_LADDER: readonly Rung[] = [
  { to: 'owner', afterMs: 0, transfer: false },
  { to: 'owner', afterMs: 10 * MINUTE, transfer: false },
  { to: 'other', afterMs: 20 * MINUTE, transfer: true },
  { to: 'other', afterMs: 30 * MINUTE, transfer: false },
];

/** Who is told, and when, if `owner` answers for an alert of this severity at `at` (engagement rules 6 to 8). */
export function reach(plan: Plan, owner: string, severity: Severity, at: number, terms: LadderTerms = {}): Reach {
  const { school, duties } = plan;
  const urgent = atLeast(severity, school.passUncoveredAt);
  const onDuty = duties.get(owner)?.contact(at);
  if (onDuty !== undefined) {
    const steps = climb(plan, owner, at, terms);
    // An agreed ladder may begin late, or with somebody who is away: what is urgent waits for neither.
    if (urgent && steps[0]?.after_s !== 0)
      steps.unshift({ party: owner, contact: onDuty, transfer: false, after_s: 0 });
    return { acting: owner, held: null, steps: withSafetyNet(school, steps, NET_AFTER) };
  }
  if (!urgent) return { acting: owner, held: 'owner_uncovered', steps: hold(plan, owner, at) };
  const first = firstReachable(plan, owner, at);
  const acting = { ...first, transfer: false, after_s: 0 };
  return {
    acting: first.party,
    held: null,
    steps: withSafetyNet(school, [acting, ...climb(plan, owner, at, terms)], NET_AFTER),
  };
}

/** The ladder, each rung resolved at its own time; a rung with nobody on duty falls away and its delay is not waited out. */
function climb(plan: Plan, owner: string, at: number, { rungs = DEFAULT_LADDER, outgoing }: LadderTerms): LadderStep[] {
  const steps: LadderStep[] = [];
  for (const { to, afterMs, transfer } of withOutgoing(rungs, outgoing)) {
    const told = resolveRung(plan, to, owner, at + afterMs);
    if (told) steps.push({ ...told, transfer, after_s: seconds(afterMs) });
  }
  return steps;
}

function withOutgoing(rungs: readonly Rung[], outgoing: string | undefined): readonly Rung[] {
  if (outgoing === undefined) return rungs;
  const second = { to: outgoing, afterMs: OUTGOING_AFTER, transfer: false };
  return [...rungs, second].sort((a, b) => a.afterMs - b.afterMs);
}

/** Who `to` is at that time; undefined when nobody is on duty. */
function resolveRung(
  { school, duties }: Plan,
  to: string,
  owner: string,
  at: number,
): { party: string; contact: string } | undefined {
  if (to === SAFETY_NET) return { party: SAFETY_NET, contact: school.safetyNet.join(',') };
  const party = to === 'owner' ? owner : to === 'other' ? otherParty(school, owner) : to;
  if (party === undefined) return undefined;
  const duty = duties.get(party);
  if (duty) {
    const contact = duty.contact(at);
    return contact === undefined ? undefined : { party, contact };
  }
  for (const [id, duty] of duties) {
    if (!duty.party.contacts.includes(to)) continue;
    return duty.reaches(to, at) ? { party: id, contact: to } : undefined;
  }
  return school.safetyNet.includes(to) ? { party: SAFETY_NET, contact: to } : undefined;
}

/** Waits for the owner's next duty, at most `max_hold`; then the other side, at once. */
function hold(plan: Plan, owner: string, at: number): LadderStep[] {
  const { school, duties } = plan;
  const own = duties.get(owner);
  const duty = own?.next(at, at + school.maxHoldMs);
  if (own === undefined || duty === undefined) {
    const first = firstReachable(plan, owner, at + school.maxHoldMs);
    return withSafetyNet(school, [{ ...first, transfer: true, after_s: seconds(school.maxHoldMs) }], NET_AFTER_HOLD);
  }
  const wait = duty - at;
  const steps: LadderStep[] = [{ party: owner, contact: own.contact(duty)!, transfer: false, after_s: seconds(wait) }];
  const other = otherParty(school, owner);
  const second = other === undefined ? undefined : duties.get(other)?.contact(duty + NET_AFTER);
  if (second !== undefined)
    steps.push({ party: other!, contact: second, transfer: true, after_s: seconds(wait + NET_AFTER) });
  return [...steps, safetyNetStep(school, seconds(wait + NET_AFTER_HOLD))];
}

/** Neighbouring steps that would tell the same contact at the same time are one; the safety net always comes last. */
function withSafetyNet(school: School, steps: readonly LadderStep[], after: number): LadderStep[] {
  const distinct = steps.filter((step, i) => {
    const before = steps[i - 1];
    return before?.party !== step.party || before.contact !== step.contact || before.after_s !== step.after_s;
  });
  return [...distinct, safetyNetStep(school, (distinct.at(-1)?.after_s ?? 0) + seconds(after))];
}

export function safetyNetStep(school: School, afterS: number): LadderStep {
  return {
    party: SAFETY_NET,
    contact: school.safetyNet.join(','),
    transfer: false,
    after_s: afterS,
    repeat_s: REPEAT_S,
  };
}

/** The first party besides the owner with somebody on duty, in file order; else the first of the safety net. */
function firstReachable({ school, duties }: Plan, owner: string, at: number): { party: string; contact: string } {
  for (const [id, duty] of duties) {
    const contact = id === owner ? undefined : duty.contact(at);
    if (contact !== undefined) return { party: id, contact };
  }
  return { party: SAFETY_NET, contact: school.safetyNet[0]! };
}

/** *Other* is the first party in file order that is not the owner. */
export function otherParty(school: Pick<School, 'parties'>, owner: string): string | undefined {
  for (const id of school.parties.keys()) if (id !== owner) return id;
  return undefined;
}

/** Whole seconds, rounded up: nobody is told before their duty begins. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
