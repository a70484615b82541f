import { contactOnDuty, nextDuty } from './coverage.ts';
import { type LadderStep, SEVERITIES, type Severity } from './decision.ts';
import type { Party, School } from './school.ts';

/** How the owner is reached: now, through someone who acts for them, or later. */
export interface Reach {
  /** Who is contacted now; the owner while the alert is held. */
  readonly acting: string;
  readonly held: 'owner_uncovered' | null;
  readonly steps: readonly LadderStep[];
}

export const SAFETY_NET = 'safety_net';
const MINUTE = 60_000;
const REPEAT_S = 1800;
const NET_AFTER = 30 * MINUTE;
const NET_AFTER_HOLD = 60 * MINUTE;

interface Rung {
  readonly to: 'owner' | 'other';
  readonly after: number;
  readonly transfer: boolean;
}

const DEFAULT_LADDER: readonly Rung[] = [
  { to: 'owner', after: 0, transfer: false },
  { to: 'owner', after: 10 * MINUTE, transfer: false },
  { to: 'other', after: 20 * MINUTE, transfer: true },
  { to: 'other', after: 30 * MINUTE, transfer: false },
];

/** Who is told, and when, if `owner` answers for an alert of this severity at `at` (engagement rules 6 to 8). */
export function reach(school: School, owner: string, severity: Severity, at: number): Reach {
  if (onDuty(school, owner, at) !== undefined) {
    return { acting: owner, held: null, steps: withSafetyNet(school, climb(school, owner, at), NET_AFTER) };
  }
  if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(school.passUncoveredAt)) {
    return { acting: owner, held: 'owner_uncovered', steps: hold(school, owner, at) };
  }
  const first = firstReachable(school, owner, at);
  const acting = { ...first, transfer: false, after_s: 0 };
  return {
    acting: first.party,
    held: null,
    steps: withSafetyNet(school, [acting, ...climb(school, owner, at)], NET_AFTER),
  };
}

/** The ladder, each rung resolved at its own time; a rung with nobody on duty falls away and its delay is not waited out. */
function climb(school: School, owner: string, at: number): LadderStep[] {
  const other = othersOf(school, owner)[0]?.id;
  const steps: LadderStep[] = [];
  for (const { to, after, transfer } of DEFAULT_LADDER) {
    const party = to === 'owner' ? owner : other;
    const contact = party === undefined ? undefined : onDuty(school, party, at + after);
    if (contact !== undefined) steps.push({ party: party!, contact, transfer, after_s: seconds(after) });
  }
  return steps;
}

/** Waits for the owner's next duty, at most `max_hold`; then the other side, at once. */
function hold(school: School, owner: string, at: number): LadderStep[] {
  const party = school.parties.get(owner)!;
  const duty = nextDuty(party, school.tz, at, at + school.maxHoldMs);
  if (duty === undefined) {
    const end = at + school.maxHoldMs;
    const first = firstReachable(school, owner, end);
    return withSafetyNet(school, [{ ...first, transfer: true, after_s: seconds(school.maxHoldMs) }], NET_AFTER_HOLD);
  }
  const wait = duty - at;
  const contact = contactOnDuty(party, school.tz, duty)!;
  const steps: LadderStep[] = [{ party: owner, contact, transfer: false, after_s: seconds(wait) }];
  const other = othersOf(school, owner)[0];
  const second = other && contactOnDuty(other, school.tz, duty + NET_AFTER);
  if (second !== undefined)
    steps.push({ party: other!.id, contact: second, transfer: true, after_s: seconds(wait + NET_AFTER) });
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
function firstReachable(school: School, owner: string, at: number): { party: string; contact: string } {
  for (const { id } of othersOf(school, owner)) {
    const contact = onDuty(school, id, at);
    if (contact !== undefined) return { party: id, contact };
  }
  return { party: SAFETY_NET, contact: school.safetyNet[0]! };
}

function othersOf(school: School, owner: string): Party[] {
  return [...school.parties.values()].filter((party) => party.id !== owner);
}

function onDuty(school: School, party: string, at: number): string | undefined {
  const found = school.parties.get(party);
  return found && contactOnDuty(found, school.tz, at);
}

/** Whole seconds, rounded up: nobody is told before their duty begins. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
