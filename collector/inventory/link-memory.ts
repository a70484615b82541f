import { inOrder, type Link, linkKey, type ReadDevice } from './links.ts';

/** What neither side says any more counts for so long at most. */
const REMEMBERED_MS = 14 * 86_400_000;
/** The two devices that tell of a move are read at different times. */
const READ_APART_MS = 2 * 3_600_000;

/** A device that hung on one and now hangs on another. */
export interface Dropped {
  readonly link: Link;
  /** Which of the two ends has gone elsewhere. */
  readonly child: string;
}

export interface Remembered {
  readonly links: readonly Link[];
  readonly dropped: readonly Dropped[];
}

/**
 * The links of now, and those that were: a device that is down vanishes from its neighbour's table, which is just when it must be known what it
 * hangs on. A former link ends when the device that hung on it says that it stands elsewhere (or that it does not stand there), when it newly stands
 * elsewhere by what others say, when one of the two is gone, or when it is too old.
 * @param parentsOf what a device hung on before, by the former links
 */
export function rememberLinks(
  before: readonly Link[],
  current: readonly Link[],
  devices: readonly ReadDevice[],
  parentsOf: (device: string) => readonly string[],
  now: number,
): Remembered {
  const former = new Map(before.map((link) => [linkKey(link.a, link.b), link]));
  const links = current.map((link) => ({ ...link, since: former.get(linkKey(link.a, link.b))?.since ?? now }));
  const present = new Set(links.map((link) => linkKey(link.a, link.b)));
  const byName = new Map(devices.map((one) => [one.device, one]));
  const dropped: Dropped[] = [];
  for (const [key, link] of former) {
    if (present.has(key) || now - link.seenAt > REMEMBERED_MS) continue;
    const ends = [byName.get(link.a), byName.get(link.b)];
    if (ends.includes(undefined)) continue;
    const child = [link.a, link.b].find((name) => parentsOf(name).includes(name === link.a ? link.b : link.a));
    if (child !== undefined && hasLeft(link, byName.get(child)!, links)) dropped.push({ link, child });
    else links.push({ ...link, saidBy: [] });
  }
  return { links: inOrder(links), dropped };
}

function hasLeft(link: Link, child: ReadDevice, links: readonly Link[]): boolean {
  const own = links.filter(({ a, b, saidBy }) => saidBy.length > 0 && (a === child.device || b === child.device));
  // It says itself where it stands, and it is not there.
  if (child.seenAt > link.seenAt && own.some(({ saidBy }) => saidBy.includes(child.device))) return true;
  return own.some(({ since }) => since >= link.seenAt - READ_APART_MS);
}
