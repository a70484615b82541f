import { formatDuration } from '../../core/duration.ts';
import {
  DELIVERING_MS,
  type Evaluation,
  type EvaluatorState,
  FORGET_AFTER_MS,
  LATE_AFTER_MS,
  siteKey,
  startEvaluation,
  touch,
  VANISHED_AFTER_MS,
} from './evaluator-state.ts';
import { remembersOpenings } from './flapping.ts';
import { type AgentSeen, checkSilence, settle } from './silence.ts';
import type { Tracker } from './tracker.ts';

const SWEEP_EVERY_MS = 10 * 60_000;

/** What follows from time passing: silent agents, things that vanished, things to forget. Call it every few seconds. */
export function tick(state: EvaluatorState, now: number, agents: readonly AgentSeen[]): Evaluation {
  const out = startEvaluation();
  const sites = bySite(agents);
  followDelivery(state, now, sites);
  for (const rule of state.rules) if (rule.kind === 'silence') checkSilence(state, rule, now, sites.values(), out);
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

/** Nothing worth keeping: good for longer than a sample that would be sent again could count. */
function isSpent(tracker: Tracker, now: number): boolean {
  if (tracker.condition.phase !== 'good') return false;
  if (tracker.kind === 'group') return tracker.members.size === 0;
  if (remembersOpenings(tracker, now)) return false;
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
