import type { Receipt } from './receipt.ts';
import { TARGETS } from './world.ts';

/** Which receivers know a message that comes again, and by what. */
const KNOWS_IDS = /webhook|pagerduty|alertmanager/;

/** Pure: what is wrong with what the receivers have, each fault a line. `underWay`: by run, the ids (and alerts) being sent when it was killed. */
export function faultsOf(
  receipts: readonly Receipt[],
  devices: readonly string[],
  underWay: readonly ReadonlySet<string>[],
): string[] {
  const faults: string[] = [];
  for (const target of TARGETS) {
    const own = receipts.filter((receipt) => receipt.target === target);
    for (const device of devices) faults.push(...lifeFaults(own, target, device));
    faults.push(...repeatFaults(own, target, underWay));
  }
  return faults;
}

/** Told once that it is open and once that it is over, in this order. */
function lifeFaults(receipts: readonly Receipt[], target: string, device: string): string[] {
  const all = receipts.filter(({ alerts }) => alerts.some((alert) => alert.device === device));
  const references = (kind: Receipt['kind']) =>
    new Set(
      all
        .filter((receipt) => receipt.kind === kind)
        .flatMap(({ alerts }) => alerts.filter((alert) => alert.device === device))
        .map(({ reference }) => reference),
    );
  const faults: string[] = [];
  for (const kind of ['open', 'closed'] as const)
    if (references(kind).size !== 1) faults.push(`${target}: ${device} ${kind} ${references(kind).size} times`);
  const lastOpen = all.findLastIndex(({ kind }) => kind === 'open');
  const firstClosed = all.findIndex(({ kind }) => kind === 'closed');
  if (lastOpen > firstClosed) faults.push(`${target}: ${device} told after it was over`);
  return faults;
}

/** The same message twice: only when its sender was killed while it was under way, and then the same to the letter. */
function repeatFaults(
  receipts: readonly Receipt[],
  target: string,
  underWay: readonly ReadonlySet<string>[],
): string[] {
  const faults: string[] = [];
  const bySame = Map.groupBy(receipts, ({ wire, kind }) => `${wire} ${kind}`);
  for (const [key, same] of bySame)
    for (const [i, later] of same.entries()) {
      const before = same[i - 1];
      if (!before) continue;
      if (before.run === later.run) faults.push(`${target}: ${key} twice from one process`);
      else if (!underWay[before.run]?.has(later.wire))
        faults.push(`${target}: ${key} came again, though it was not under way`);
      if (before.body !== later.body && !/email|alertmanager/.test(target))
        faults.push(`${target}: ${key} came again otherwise`);
    }
  // One alert stands in one message only, alone or with others.
  const wires = Map.groupBy(
    receipts.flatMap(({ alerts, wire, kind }) =>
      alerts.map(({ reference }) => ({ key: `${reference} ${kind}`, wire })),
    ),
    ({ key }) => key,
  );
  for (const [key, messages] of wires)
    if (new Set(messages.map(({ wire }) => wire)).size > 1) faults.push(`${target}: ${key} under two ids`);
  return faults;
}

/** Messages that a receiver which knows no ids has twice. */
export function doubled(receipts: readonly Receipt[]): Receipt[] {
  const seen = new Set<string>();
  return receipts.filter(({ target, wire, kind }) => {
    if (KNOWS_IDS.test(target)) return false;
    const key = `${target} ${wire} ${kind}`;
    return seen.has(key) || !seen.add(key);
  });
}

/** Messages in which several alerts were told. */
export function together(receipts: readonly Receipt[]): Receipt[] {
  return receipts.filter(({ alerts }) => alerts.length > 1);
}
