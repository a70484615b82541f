import { groupVerdict } from './condition.ts';
import type { GroupFacts } from './suppress.ts';
import type { Tracker } from './tracker.ts';

/** The things that a domain threshold counts as bad, and whether fewer of them would be enough. */
export function groupFacts(tracker: Tracker | undefined): GroupFacts | undefined {
  if (!tracker) return undefined;
  // Fewer are enough for the least of its levels, whichever speaks now.
  const rule = tracker.lowest ?? tracker.rule;
  if (rule.kind !== 'domain_threshold') return undefined;
  const { group } = rule;
  const total = tracker.members.size;
  const bad = [...tracker.members.values()].filter((member) => member.bad);
  return {
    // One without a device stands for itself.
    bad: bad.map(({ labels }) => ({ site: tracker.site, device: labels['device'] ?? '' })),
    isBad: (count) => groupVerdict(group, count, total) === 'bad',
  };
}
