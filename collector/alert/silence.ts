import { formatDuration } from '../../core/duration.ts';
import { atLeast } from '../engagement/decision.ts';
import { type Condition, GOOD } from './condition.ts';
import { type Evaluation, type EvaluatorState, record, touch } from './evaluator-state.ts';
import { faultKey } from './fault-key.ts';
import { inForce, offText } from './override.ts';
import type { SilenceRule } from './rule.ts';
import { type Cause, changeSeverity, close, createTracker, move, type Tracker } from './tracker.ts';

/** When a site's agent was heard. Every agent that is expected to deliver must be in the list. */
export interface AgentSeen {
  readonly school: string;
  readonly site: string;
  /** When it last delivered anything (collector clock, ms). */
  readonly lastSeen: number;
  /** Silence counts from here at the earliest: the collector's start, or when the agent was enrolled if that is later. */
  readonly since: number;
}

/** Looks whether agents are silent, under one rule. */
export function checkSilence(
  state: EvaluatorState,
  asWritten: SilenceRule,
  now: number,
  agents: Iterable<AgentSeen>,
  out: Evaluation,
): void {
  for (const agent of agents) {
    const key = faultKey(agent.school, asWritten.name, agent.site, {});
    const known = state.active.get(key);
    const { rule, off } = inForce<SilenceRule>(
      asWritten,
      asWritten.during ? state.categoriesAt(agent.school, now) : [],
    );
    if (rule === undefined) {
      if (known) settle(state, known, now, offText(off), out);
    } else if (known?.condition.phase === 'open') {
      if (agent.lastSeen > known.time) hearAgain(state, known, known.condition, rule, agent, now, out);
      else worsen(state, known, rule, agent, now, out);
    } else startSilence(state, rule, agent, key, now, out);
  }
}

/** The highest level whose silence has lasted; undefined while none has. */
function reached(rule: SilenceRule, silence: number): SilenceRule | undefined {
  return (rule.levels ?? [rule]).findLast(({ forMs }) => silence >= forMs);
}

/** Data, which alone ends it: after a restart of the collector the silence is counted anew, but the agent is no better for it. */
function hearAgain(
  state: EvaluatorState,
  open: Tracker,
  condition: Extract<Condition, { phase: 'open' }>,
  rule: SilenceRule,
  agent: AgentSeen,
  now: number,
  out: Evaluation,
): void {
  const { flapping } = open.rule;
  const { lastSeen } = agent;
  if (open.held && flapping) {
    const silent = reached(rule, now - lastSeen) !== undefined;
    const goodSince = silent ? null : (condition.goodSince ?? lastSeen);
    if (goodSince !== condition.goodSince) {
      open.condition = { ...condition, goodSince };
      touch(state, open, out);
    }
    if (silent) worsen(state, open, rule, agent, now, out);
    if (goodSince === null || lastSeen - goodSince < flapping.quietMs) return;
  }
  const text = open.held ? 'data again' : `data again after ${formatDuration(lastSeen - open.time)}`;
  const seen = { value: Math.max(0, Math.round((now - lastSeen) / 1000)) };
  record(out, move(open, GOOD, { seen, time: lastSeen, text }, state.newId));
  touch(state, open, out);
}

/** Still silent: by now perhaps for as long as a higher level says. */
function worsen(
  state: EvaluatorState,
  open: Tracker,
  rule: SilenceRule,
  agent: AgentSeen,
  now: number,
  out: Evaluation,
): void {
  if (!rule.levels || open.alert === null) return;
  const silence = silenceOf(agent, now);
  const level = reached(rule, silence);
  if (!level || atLeast(open.alert.severity, level.severity)) return;
  open.rule = level;
  record(out, changeSeverity(open, silentFor(silence, level, now), 0));
  touch(state, open, out);
}

function startSilence(
  state: EvaluatorState,
  rule: SilenceRule,
  agent: AgentSeen,
  key: string,
  now: number,
  out: Evaluation,
): void {
  const silence = silenceOf(agent, now);
  // The calendar may have put another form of the rule in force.
  const level = reached(rule, silence);
  if (!level) return;
  const { school, site, lastSeen } = agent;
  const tracker =
    state.active.get(key) ??
    createTracker({ kind: 'silence', key, school, site, labels: {}, rule, time: lastSeen, heardAt: lastSeen });
  tracker.time = lastSeen;
  tracker.rule = level;
  const next: Condition = { phase: 'open', badSince: now, goodSince: null };
  record(out, move(tracker, next, silentFor(silence, level, now), state.newId));
  touch(state, tracker, out);
}

function silenceOf({ lastSeen, since }: AgentSeen, now: number): number {
  return now - Math.max(lastSeen, since);
}

function silentFor(silence: number, { forMs }: SilenceRule, now: number): Cause {
  const text = `no data for ${formatDuration(silence)}, at most ${formatDuration(forMs)} is expected`;
  return { seen: { value: Math.round(silence / 1000) }, time: now, text };
}

/** Ends what is open or waits, for a reason outside of what was seen. */
export function settle(state: EvaluatorState, tracker: Tracker, now: number, reason: string, out: Evaluation): void {
  if (tracker.condition.phase === 'good') return;
  record(out, close(tracker, now, reason));
  touch(state, tracker, out);
}
