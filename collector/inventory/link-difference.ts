import type { InventoryChange } from './change.ts';
import type { Dropped } from './link-memory.ts';
import { type Link, type LinkPorts, linkKey, samePort } from './links.ts';

/** A change of what stands beside what, and the device it is told of. */
export interface LinkChange {
  readonly device: string;
  readonly change: InventoryChange;
}

/**
 * What has been plugged in elsewhere. A link that only vanished is no news (one of the two is down, which other rules tell), nor is one that only came:
 * the device that came with it is.
 */
export function linkDifferences(
  before: readonly Link[],
  after: readonly Link[],
  dropped: readonly Dropped[],
): LinkChange[] {
  const former = new Map(before.map((link) => [linkKey(link.a, link.b), link]));
  const moved = after.flatMap((link) => {
    const old = former.get(linkKey(link.a, link.b));
    return old && link.saidBy.length > 0 && isMoved(old.ports, link.ports) ? [portChange(old, link)] : [];
  });
  return [...dropped.map((one) => placeChange(one, after)), ...moved];
}

/** No cable is where one was. A side that is not known may be the same. */
function isMoved(before: readonly LinkPorts[], after: readonly LinkPorts[]): boolean {
  const same = (a: string | null, b: string | null): boolean => a === null || b === null || samePort(a, b);
  if (before.length === 0 || after.length === 0) return false;
  return !after.some((now) => before.some((old) => same(old.a, now.a) && same(old.b, now.b)));
}

function placeChange({ link, child }: Dropped, after: readonly Link[]): LinkChange {
  const parent = other(link, child);
  const now = after.filter(({ a, b, saidBy }) => saidBy.length > 0 && (a === child || b === child));
  const places = now.map((one) => placeOf(one, other(one, child)));
  const message = `${child} is linked to ${places.join(', ')}, no longer to ${placeOf(link, parent)}`;
  const detail = { from: parent, to: now.map((one) => other(one, child)) };
  return { device: child, change: { type: 'neighbor_changed', severity: 'info', message, detail } };
}

function portChange(old: Link, { a, b, ports }: Link): LinkChange {
  const message = `${a} and ${b} are linked over ${portsText(ports)}, before over ${portsText(old.ports)}`;
  const detail = { other: b, from: old.ports, to: ports };
  return { device: a, change: { type: 'neighbor_changed', severity: 'info', message, detail } };
}

function other({ a, b }: Link, device: string): string {
  return a === device ? b : a;
}

/** `core1 (port Gi1/0/1)` */
function placeOf(link: Link, device: string): string {
  const ports = link.ports.flatMap(({ a, b }) => (link.a === device ? a : b) ?? []);
  return ports.length === 0 ? device : `${device} (port ${ports.join(', ')})`;
}

function portsText(ports: readonly LinkPorts[]): string {
  return ports.map(({ a, b }) => `${a ?? '?'} to ${b ?? '?'}`).join(', ');
}
