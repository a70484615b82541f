import { formatDuration } from '../../core/duration.ts';
import { type Condition, GOOD } from './condition.ts';
import {
  DELIVERING_MS,
  type Evaluation,
  type EvaluatorState,
  FORGET_AFTER_MS,
  LATE_AFTER_MS,
  record,
  siteKey,
  startEvaluation,
  touch,
  VANISHED_AFTER_MS,
} from './evaluator-state.ts';
import { faultKey } from './fault-key.ts';
import { inForce, offText } from './override.ts';
import type { SilenceRule } from './rule.ts';
import { close, createTracker, move, type Tracker } from './tracker.ts';

/** When a site's agent was heard. Every agent that is expected to deliver must be in the list. */
export interface AgentSeen {
  readonly school: string;
  readonly site: string;
  /** When it last delivered anything (collector clock, ms). */
  readonly lastSeen: number;
  /** Silence counts from here at the earliest: the collector's start, or when the agent was enrolled if that is later. */
  readonly since: number;
}

const SWEEP_EVERY_MS = 10 * 60_000;

/** What follows from time passing: silent agents, things that vanished, things to forget. Call it every few seconds. */
export function tick(state: EvaluatorState, now: number, agents: readonly AgentSeen[]): Evaluation {
  const out = startEvaluation();
  const sites = bySite(agents);
  followDelivery(state, now, sites);
  for (const rule of state.rules) if (rule.kind === 'silence') checkSilence(state, rule, now, sites, out);
  for (const tracker of state.active.values()) {
    if (tracker.kind === 'silence' && !sites.has(siteKey(tracker.school, tracker.site)))
      settle(state, tracker, now, 'the agent is no longer registered', out);
    if (tracker.kind !== 'silence' && delivers(state, tracker, now)) forget(state, tracker, now, out);
    if (isSpent(tracker, now)) {
      state.active.delete(tracker.key);
      out.touched.add(tracker.key);
    }
  }
  if (now - state.sweptAt >= SWEEP_EVERY_MS) sweep(state, now);
  return out;
}

/** Two agents may deliver for one site: it is silent when both are. */
function bySite(agents: readonly AgentSeen[]): Map<string, AgentSeen> {
  const sites = new Map<string, AgentSeen>();
  for (const agent of agents) {
    const key = siteKey(agent.school, agent.site);
    const other = sites.get(key);
    sites.set(
      key,
      other
        ? { ...agent, lastSeen: Math.max(agent.lastSeen, other.lastSeen), since: Math.max(agent.since, other.since) }
        : agent,
    );
  }
  return sites;
}

function followDelivery(state: EvaluatorState, now: number, sites: ReadonlyMap<string, AgentSeen>): void {
  for (const [key, agent] of sites) {
    if (now - agent.lastSeen > DELIVERING_MS) state.delivering.delete(key);
    else if (!state.delivering.has(key)) state.delivering.set(key, now);
  }
  for (const key of state.delivering.keys()) if (!sites.has(key)) state.delivering.delete(key);
}

function checkSilence(
  state: EvaluatorState,
  asWritten: SilenceRule,
  now: number,
  sites: ReadonlyMap<string, AgentSeen>,
  out: Evaluation,
): void {
  for (const agent of sites.values()) {
    const key = faultKey(agent.school, asWritten.name, agent.site, {});
    const known = state.active.get(key);
    const { rule, off } = inForce<SilenceRule>(
      asWritten,
      asWritten.during ? state.categoriesAt(agent.school, now) : [],
    );
    if (rule === undefined) {
      if (known) settle(state, known, now, offText(off), out);
    } else if (known?.condition.phase === 'open') endSilence(state, known, agent, now, out);
    else startSilence(state, rule, agent, key, now, out);
  }
}

/** Only data ends it: after a collector restart the silence is counted anew, but the agent is no better for it. */
function endSilence(state: EvaluatorState, open: Tracker, { lastSeen }: AgentSeen, now: number, out: Evaluation): void {
  if (lastSeen <= open.time) return;
  const text = `data again after ${formatDuration(lastSeen - open.time)}`;
  const seen = { value: Math.max(0, Math.round((now - lastSeen) / 1000)) };
  record(out, move(open, GOOD, { seen, time: lastSeen, text }, state.newId));
  touch(state, open, out);
}

function startSilence(
  state: EvaluatorState,
  rule: SilenceRule,
  { school, site, lastSeen, since }: AgentSeen,
  key: string,
  now: number,
  out: Evaluation,
): void {
  const silence = now - Math.max(lastSeen, since);
  if (silence < rule.forMs) return;
  const tracker =
    state.active.get(key) ??
    createTracker({ kind: 'silence', key, school, site, labels: {}, rule, time: lastSeen, heardAt: lastSeen });
  tracker.time = lastSeen;
  // The calendar may have put another form of the rule in force.
  tracker.rule = rule;
  const next: Condition = { phase: 'open', badSince: now, goodSince: null };
  const text = `no data for ${formatDuration(silence)}, at most ${formatDuration(rule.forMs)} is expected`;
  record(out, move(tracker, next, { seen: { value: Math.round(silence / 1000) }, time: now, text }, state.newId));
  touch(state, tracker, out);
}

/** True when the site's agent has delivered for so long without a break that what is missing is really gone. */
function delivers(state: EvaluatorState, tracker: Tracker, now: number): boolean {
  const since = state.delivering.get(siteKey(tracker.school, tracker.site));
  return since !== undefined && now - since > VANISHED_AFTER_MS;
}

function forget(state: EvaluatorState, tracker: Tracker, now: number, out: Evaluation): void {
  const gone = [...tracker.members.values()].filter((m) => now - m.heardAt > FORGET_AFTER_MS);
  for (const member of gone) {
    tracker.members.delete(member.key);
    if (member.bad) tracker.bad--;
  }
  if (gone.length > 0) touch(state, tracker, out);
  if (tracker.condition.phase !== 'good' && now - tracker.heardAt > VANISHED_AFTER_MS)
    settle(
      state,
      tracker,
      now,
      `no data for ${formatDuration(now - tracker.heardAt)} while the agent delivers: target removed or renamed`,
      out,
    );
}

function settle(state: EvaluatorState, tracker: Tracker, now: number, reason: string, out: Evaluation): void {
  if (tracker.condition.phase === 'good') return;
  record(out, close(tracker, now, reason));
  touch(state, tracker, out);
}

/** Nothing worth keeping: good for longer than a sample that would be sent again could count. */
function isSpent(tracker: Tracker, now: number): boolean {
  if (tracker.condition.phase !== 'good') return false;
  if (tracker.kind === 'group') return tracker.members.size === 0;
  return tracker.kind === 'silence' || now - tracker.time > LATE_AFTER_MS;
}

/** Drops series not heard of for a day. What is open stays in `active` and is found again by its key. */
function sweep(state: EvaluatorState, now: number): void {
  state.sweptAt = now;
  for (const [school, ofSchool] of state.series) {
    for (const [key, series] of ofSchool) {
      if (now - series.heardAt <= FORGET_AFTER_MS) continue;
      ofSchool.delete(key);
      series.madeFor = undefined;
    }
    if (ofSchool.size === 0) state.series.delete(school);
  }
}
