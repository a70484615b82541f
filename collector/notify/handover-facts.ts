import type { StoredAlert } from '../alert/life.ts';
import type { MuteKind } from '../alert/mute.ts';
import type { PlannedHandover } from '../engagement/handovers.ts';
import { listAlerts, listSchoolEvents } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { currentMutes } from '../state/mutes.ts';

/** What is looked back upon in a briefing. */
const WEEK_MS = 7 * 86_400_000;
/** A thing with so many alerts within the week is often in trouble. */
const OFTEN = 3;
const OFTEN_SHOWN = 5;
const ALERT_LIMIT = 5_000;

export interface AlertLine {
  readonly id: string;
  readonly severity: string;
  readonly summary: string;
  readonly since: number;
  readonly ackedBy: string | null;
}

export interface QuietLine {
  readonly kind: MuteKind;
  readonly comment: string;
  readonly author: string;
  readonly until: number;
}

/** What the incoming party should know before a boundary. */
export interface Briefing {
  /** Open alerts of the party that gives, by now. */
  readonly open: readonly AlertLine[];
  /** Things with several alerts within the last week, most first. */
  readonly often: readonly { readonly thing: string; readonly alerts: number }[];
  readonly alertsInWeek: number;
  /** Maintenance windows and silences that run or are ahead. */
  readonly quiet: readonly QuietLine[];
}

/** What came of it, and of the time before it. */
export interface HandoverReport {
  readonly moved: readonly AlertLine[];
  readonly stayed: readonly AlertLine[];
  /** What the outgoing party had since `since` (ms): the last 30 days. */
  readonly since: number;
  readonly handled: number;
  readonly resolved: number;
}

const MONTH_MS = 30 * 86_400_000;

export async function briefingOf(
  db: StateDb,
  school: string,
  { from }: PlannedHandover,
  now: number,
): Promise<Briefing> {
  const open = await listAlerts(db, { school, states: ['open'], limit: ALERT_LIMIT });
  const week = (await listAlerts(db, { school, states: ['open', 'resolved'], limit: ALERT_LIMIT })).filter(
    (alert) => (alert.openedAt ?? 0) > now - WEEK_MS,
  );
  const counts = new Map<string, number>();
  for (const alert of week) {
    const thing = alert.labels['device'] ?? `${alert.site}, rule ${alert.rule}`;
    counts.set(thing, (counts.get(thing) ?? 0) + 1);
  }
  const often = [...counts]
    .filter(([, alerts]) => alerts >= OFTEN)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, OFTEN_SHOWN)
    .map(([thing, alerts]) => ({ thing, alerts }));
  const quiet = (await currentMutes(db, school, now)).map(
    ({ kind, comment, author, endsAt: until }): QuietLine => ({ kind, comment, author, until }),
  );
  return { open: open.filter((alert) => alert.owner === from).map(lineOf), often, alertsInWeek: week.length, quiet };
}

export async function reportOf(
  db: StateDb,
  school: string,
  { at, from, to }: PlannedHandover,
  now: number,
): Promise<HandoverReport> {
  const all = await listAlerts(db, { school, states: ['open', 'resolved'], limit: ALERT_LIMIT });
  const byId = new Map(all.map((alert) => [alert.id, alert]));
  const moves = await listSchoolEvents(db, school, 'owner_changed', at);
  const moved = moves
    .filter(({ detail, decidedAt }) => detail['from'] === from && detail['to'] === to && decidedAt <= now)
    .flatMap(({ alertId }) => byId.get(alertId) ?? []);
  const since = at - MONTH_MS;
  const handled = all.filter((alert) => alert.owner === from && (alert.openedAt ?? 0) >= since && alert.openedAt! < at);
  return {
    moved: moved.map(lineOf),
    stayed: all.filter((alert) => alert.state === 'open' && alert.owner === from && alert.openedAt! < at).map(lineOf),
    since,
    handled: handled.length + moved.length,
    resolved: handled.filter((alert) => alert.state === 'resolved').length,
  };
}

function lineOf({ id, severity, summary, openedAt, pendingAt, ackedBy }: StoredAlert): AlertLine {
  return { id, severity, summary, since: openedAt ?? pendingAt, ackedBy };
}
