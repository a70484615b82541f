import type { DomainThresholdRule, Rule, ThresholdRule } from './rule.ts';

/**
 * What an alert of a rule says about reaching things. `down`: its device does not answer, nor can anything that hangs on it. `path`: it was
 * measured over the way to the device, so what is above it may be to blame. `silent`: its site is not heard. `isolated`: its agent is heard, and
 * reaches next to nothing. Undefined: nothing; the device has answered, or it would not be known.
 */
export type Meaning = 'down' | 'path' | 'silent' | 'isolated';

/** By what the rule looks at, so that a rule of one's own means the same as the one it replaces. */
export function meaningOf(rule: Rule): Meaning | undefined {
  if (rule.kind === 'silence') return 'silent';
  if (rule.measurement !== 'ping' && rule.measurement !== 'device') return undefined;
  if (!saysDown(rule)) return 'path';
  if (rule.kind === 'threshold') return 'down';
  const { by, level } = rule.group;
  return by === 'share' && level >= NEXT_TO_NOTHING && Object.keys(rule.scope).length === 0 ? 'isolated' : 'path';
}

/** Percent of a site's devices, whatever they are. */
const NEXT_TO_NOTHING = 80;
/** A cycle has at most 20 packets: above 95 % all of them are lost. */
const NOTHING_COMES_BACK = 95;

function saysDown({ measurement, field, direction, threshold, memory }: ThresholdRule | DomainThresholdRule): boolean {
  if (memory !== undefined) return false;
  if (measurement === 'device') return field === 'down' && direction === 'above' && threshold >= 0;
  if (field === 'percent_packet_loss') return direction === 'above' && threshold >= NOTHING_COMES_BACK;
  return field === 'packets_received' && direction === 'below' && threshold <= 1;
}

/** What the rules mean, by name. */
export function meaningsOf(rules: readonly Rule[]): ReadonlyMap<string, Meaning> {
  return new Map(
    rules.flatMap((rule) => {
      const meaning = meaningOf(rule);
      return meaning ? [[rule.name, meaning] as const] : [];
    }),
  );
}
