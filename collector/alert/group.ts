import type { Verdict } from './condition.ts';
import { type EvaluatorState, type Series, type Slot, touch } from './evaluator-state.ts';
import { faultKey, labelText } from './fault-key.ts';
import type { DomainThresholdRule } from './rule.ts';
import type { Run } from './step.ts';
import { createTracker, type Member, type Tracker } from './tracker.ts';

/** The group of which the series is a member, with that member's state brought up to date. */
export function followMember(
  run: Run,
  series: Series,
  index: number,
  rule: DomainThresholdRule,
  verdict: Verdict,
  time: number,
): Tracker {
  const { state, now, out } = run;
  let slot = series.slots[index];
  if (!slot?.member || !isMember(state, slot)) {
    slot = joinGroup(state, series, rule, time, now);
    series.slots[index] = slot;
    touch(state, slot.tracker, out);
  }
  const group = slot.tracker;
  const member = slot.member!;
  member.time = time;
  group.heardAt = now;
  const bad = verdict === 'between' ? member.bad : verdict === 'bad';
  if (bad !== member.bad) {
    member.bad = bad;
    group.bad += bad ? 1 : -1;
    touch(state, group, out);
  }
  return group;
}

/** False once the group or the member in it was forgotten. */
function isMember(state: EvaluatorState, { tracker, member }: Slot): boolean {
  return (
    member !== undefined && state.active.get(tracker.key) === tracker && tracker.members.get(member.key) === member
  );
}

function joinGroup(state: EvaluatorState, series: Series, rule: DomainThresholdRule, time: number, now: number): Slot {
  const { school, site, labels } = series;
  const groupKey = faultKey(school, rule.name, site, {});
  const group =
    state.active.get(groupKey) ??
    createTracker({ kind: 'group', key: groupKey, school, site, labels: {}, rule, time, heardAt: now });
  const key = labelText(labels);
  let member: Member | undefined = group.members.get(key);
  if (!member) {
    member = { key, labels, bad: false, time, heardAt: now };
    group.members.set(key, member);
  }
  return { tracker: group, member };
}
