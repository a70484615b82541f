import type { Rule } from './rule.ts';

/**
 * What an alert of a rule says about what is behind it: `down`: its device does not answer, nor can anything that hangs on it; `silent`: its
 * site is not heard. Undefined: nothing.
 */
export type Meaning = 'down' | 'silent';

/** By what the rule looks at, so that a rule of one's own means the same as the one it replaces. */
export function meaningOf(rule: Rule): Meaning | undefined {
  if (rule.kind === 'silence') return 'silent';
  if (rule.kind !== 'threshold' || rule.memory?.of === 'changes') return undefined;
  const { measurement, field, direction, threshold } = rule;
  if (measurement === 'device' && field === 'down') return direction === 'above' && threshold >= 0 ? 'down' : undefined;
  if (measurement !== 'ping') return undefined;
  if (field === 'percent_packet_loss')
    return direction === 'above' && threshold >= NOTHING_COMES_BACK ? 'down' : undefined;
  return field === 'packets_received' && direction === 'below' && threshold <= 1 ? 'down' : undefined;
}

/** A cycle has at most 20 packets: above 95 % all of them are lost. */
const NOTHING_COMES_BACK = 95;

/** The rules of each meaning, by name. */
export function meaningsOf(rules: readonly Rule[]): ReadonlyMap<string, Meaning> {
  return new Map(
    rules.flatMap((rule) => {
      const meaning = meaningOf(rule);
      return meaning ? [[rule.name, meaning] as const] : [];
    }),
  );
}
