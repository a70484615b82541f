import { formatDuration } from '../../core/duration.ts';
import type { Alert, Suppression } from './alert.ts';
import type { Meaning } from './meaning.ts';
import { labelsToMatch, type Mute, matchesAll } from './mute.ts';
import { above, type Cause, type Fault, onTheWayTo, type Reach, type Standing } from './standing.ts';
import type { DeviceRef } from './topology.ts';

/** What a domain threshold counts. */
export interface GroupFacts {
  /** The bad ones among its things. */
  readonly bad: readonly DeviceRef[];
  /** Whether so many bad ones would make it bad. */
  readonly isBad: (count: number) => boolean;
}

/** Everything one school's alerts are judged by at one instant. */
export interface World extends Reach {
  /** Collector clock, ms. */
  readonly now: number;
  /** Sites that are not heard, or of which next to nothing can be reached; by site. */
  readonly lost: ReadonlyMap<string, Cause>;
  /** Those that run now, in the order in which they are named as the reason. */
  readonly mutes: readonly Mute[];
  readonly meaning: (rule: string) => Meaning | undefined;
  /** Of the alert of a domain threshold, by its key. */
  readonly group: (key: string) => GroupFacts | undefined;
}

export type Verdict =
  /** It counts by itself; `reason` is why it does again. */
  | { readonly is: 'live'; readonly reason: string }
  /** `ask`: a fresh ping of these would decide earlier than `until`. */
  | { readonly is: 'suppressed'; readonly suppression: Suppression; readonly ask: readonly DeviceRef[] };

type Judged = Alert & { readonly suppression: Suppression | null };

/**
 * Whether anybody is to be told of an open alert, and if not, why. `fresh`: it has just opened and was never judged. What people asked for comes
 * first, then what is the matter with the whole site, then with what is above the device.
 *
 * A new alert whose parents may be down waits for an answer of theirs that is newer than the fault; one whose cause is over waits whether it
 * recovers as well: both at most as long as the topology's patience, so that nothing is lost for want of an answer.
 */
export function judge(alert: Judged, world: World, fresh: boolean): Verdict {
  const labels = labelsToMatch(alert);
  const mute = world.mutes.find(({ matchers }) => matchesAll(matchers, labels));
  if (mute) return muted(mute);
  const site = siteOf(alert, world);
  if (site) return bySite(site);
  // One that stands for a whole site is told of or not; once told of, no device takes its place.
  if (world.meaning(alert.rule) === 'isolated' && !fresh && !alert.suppression) return LIVE;
  const standing = standingOf(alert, world, fresh || alert.suppression !== null);
  if (standing.is === 'gone') return behind(standing.root, alert, world);
  if (fresh) return firstLook(alert, world, standing);
  return alert.suppression ? furtherLook(alert.suppression, world, standing) : LIVE;
}

const LIVE: Verdict = { is: 'live', reason: '' };

function suppressed(suppression: Suppression, ask: readonly DeviceRef[] = []): Verdict {
  return { is: 'suppressed', suppression, ask };
}

function muted({ kind, id, author, comment }: Mute): Verdict {
  const what = kind === 'maintenance' ? 'maintenance' : 'silenced';
  const reason = `${what}${comment === '' ? '' : `: ${comment}`} (${author})`;
  return suppressed({ by: kind, of: id, reason, until: null });
}

function bySite(cause: Cause): Verdict {
  const what = cause.meaning === 'silent' ? 'is not heard' : 'cannot be reached';
  return suppressed({ by: 'site', of: cause.id, reason: `the site ${cause.site} ${what}`, until: null });
}

function behind(root: Cause, { site, labels }: Judged, { topology }: World): Verdict {
  const { device } = labels;
  const state = root.state === 'pending' ? 'does not answer' : 'is down';
  const found = device !== undefined && topology.isDiscovered?.({ site, device }) ? ' (as their neighbours tell)' : '';
  const reason = root.device === device ? `${device} ${state}` : `behind ${root.device}, which ${state}${found}`;
  return suppressed({ by: 'parent', of: root.id, reason, until: null });
}

/** What is the matter with the whole site, where the alert can be a consequence of it: what was so before goes on. */
function siteOf(alert: Judged, { lost, meaning, topology }: World): Cause | undefined {
  const cause = lost.get(alert.site);
  if (!cause || cause.id === alert.id || cause.openedAt === null) return undefined;
  const meant = meaning(alert.rule);
  if (meant === 'silent' || (meant === 'isolated' && cause.meaning === 'isolated')) return undefined;
  const begun = cause.meaning === 'silent' ? cause.openedAt - cause.value * 1000 : cause.pendingAt;
  return alert.pendingAt >= begun - topology.patienceMs ? cause : undefined;
}

const REACHABLE: Standing = { is: 'reachable' };

function standingOf(alert: Judged, world: World, tentative: boolean): Standing {
  const fault: Fault = { pendingAt: alert.pendingAt, openedAt: alert.openedAt ?? alert.pendingAt, tentative };
  const { device } = alert.labels;
  if (device !== undefined) {
    const of = { site: alert.site, device };
    return world.meaning(alert.rule) === 'path' ? onTheWayTo(of, alert.id, fault, world) : above(of, fault, world);
  }
  const group = world.group(alert.key);
  return group ? groupStanding(group, fault, world) : REACHABLE;
}

/** A domain threshold is explained when it would not be bad without the things that are cut off. */
function groupStanding({ bad, isBad }: GroupFacts, fault: Fault, world: World): Standing {
  const each = bad.map((device) => above(device, fault, world));
  const own = each.filter(({ is }) => is === 'reachable').length;
  if (own === each.length) return REACHABLE;
  const unsure = each.flatMap((standing) => (standing.is === 'unsure' ? [standing] : []));
  const root = each.find((standing) => standing.is === 'gone');
  if (root && !isBad(own + unsure.length)) return root;
  return isBad(own) ? REACHABLE : { is: 'unsure', ask: unsure.flatMap(({ ask }) => ask) };
}

function firstLook(alert: Judged, { now, topology, meaning }: World, standing: Standing): Verdict {
  const { patienceMs } = topology;
  const until = now + patienceMs;
  const age = now - (alert.openedAt ?? now);
  // Data that waited in an agent tells of the past; what came after it is on its way.
  if (age > patienceMs) {
    const reason = `measured ${formatDuration(age)} ago: waiting whether it is still so`;
    return suppressed({ by: 'site', of: null, reason, until });
  }
  // What a device has told itself came over the way to it.
  const meant = meaning(alert.rule);
  if (standing.is !== 'unsure' || patienceMs === 0 || meant === undefined || meant === 'silent') return LIVE;
  return suppressed({ by: 'parent', of: null, reason: asking(standing.ask), until }, standing.ask);
}

function asking(ask: readonly DeviceRef[]): string {
  return `waiting for a fresh answer of ${[...new Set(ask.map(({ device }) => device))].join(', ')}`;
}

/** What it was suppressed by is not there (any more). */
function furtherLook(before: Suppression, { now, topology }: World, standing: Standing): Verdict {
  const { by, of, until } = before;
  if (by === 'maintenance' || by === 'silence')
    return { is: 'live', reason: `the ${by === 'maintenance' ? 'maintenance window' : 'silence'} is over` };
  if (until === null) {
    const cause = by === 'parent' ? 'what it is behind is back' : 'the site is heard again';
    return suppressed({
      by,
      of,
      reason: `${cause}: waiting whether this one is too`,
      until: now + topology.patienceMs,
    });
  }
  const asks = of === null && by === 'parent';
  if (now >= until) return { is: 'live', reason: endOfWait(before, standing) };
  if (asks && standing.is !== 'unsure') return { is: 'live', reason: 'what is above it answers' };
  return suppressed(before, asks && standing.is === 'unsure' ? standing.ask : []);
}

function endOfWait({ by, of }: Suppression, standing: Standing): string {
  if (of !== null)
    return `${by === 'parent' ? 'what it was behind is back' : 'the site is heard again'}, and this is not`;
  if (by === 'site') return 'it is still so';
  return standing.is === 'unsure' ? 'nothing was heard of what is above it' : 'what is above it answers';
}

/** True when `verdict` is what the alert is already. */
export function isSame(suppression: Suppression | null, verdict: Verdict): boolean {
  if (verdict.is === 'live') return suppression === null;
  const { by, of, until } = verdict.suppression;
  return suppression !== null && suppression.by === by && suppression.of === of && suppression.until === until;
}
