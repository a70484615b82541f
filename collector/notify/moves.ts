import type { StoredAlert } from '../alert/life.ts';
import type { Decision } from '../engagement/decision.ts';
import { pinnedUntil } from '../engagement/item-rules.ts';
import { eventTimes, record } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { messagesOf } from '../state/outbox.ts';
import type { Directory } from './directory.ts';
import { handedOver, pinned } from './note-message.ts';
import type { Pager } from './pager.ts';

const DAY_MS = 86_400_000;

export interface Move {
  readonly to: string;
  readonly why: string;
  /** In words, for the log and for whom it is taken from. */
  readonly reason: string;
  /** Begins a new ladder; without one the running ladder goes on. */
  readonly decision?: Decision;
  /** Further details of the event. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface MoveParts {
  readonly directory: Directory;
  readonly pager: Pager;
}

/**
 * Moves an alert to another owner, in the caller's transaction. One that changed its owner four times within 24 h stays where it is, and the
 * director is told once. With a new decision the old ladder ends (the caller begins the new one) and whoever of the former owner was told
 * gets one note that it is theirs no longer. Returns the alert after, or undefined when it is pinned.
 */
export async function moveOwner(
  tx: StateDb,
  { directory, pager }: MoveParts,
  alert: StoredAlert,
  move: Move,
  now: number,
): Promise<StoredAlert | undefined> {
  const changes = await eventTimes(tx, alert.id, 'owner_changed', now - DAY_MS);
  const until = pinnedUntil(changes, now);
  if (until !== undefined) {
    await pin(tx, { directory, pager }, alert, { until, to: move.to, since: Math.max(...changes) }, now);
    return undefined;
  }
  const { to, why, reason, decision, detail } = move;
  const after = await record(tx, alert, {
    type: 'owner_changed',
    at: now,
    decidedAt: now,
    detail: { from: alert.owner, to, why, reason, ...detail, ...(decision && { decision }) },
  });
  if (decision) {
    await pager.stop(tx, alert, `handed over to ${to}`);
    // What is suppressed moves silently, also for who was told of it before.
    if (alert.state !== 'suppressed') await tellFormerOwner(tx, { directory, pager }, alert, move, now);
  }
  return after;
}

/** The director hears once for each time it should have moved after its fourth change. */
async function pin(
  tx: StateDb,
  { directory, pager }: MoveParts,
  alert: StoredAlert,
  { until, to, since }: { readonly until: number; readonly to: string; readonly since: number },
  now: number,
): Promise<void> {
  const told = await eventTimes(tx, alert.id, 'pinned', since);
  if (told.length > 0) return;
  await record(tx, alert, { type: 'pinned', at: now, decidedAt: now, detail: { until, wanted: to } });
  const school = directory(alert.school);
  if (!school?.director || alert.decision === null) return;
  const { party, contact } = school.director;
  const message = pinned(alert, contact, { until, to }, now, school);
  await pager.note(tx, { about: alert.id, school: alert.school, party, contact, message }, now);
}

async function tellFormerOwner(
  tx: StateDb,
  { directory, pager }: MoveParts,
  alert: StoredAlert,
  { to, reason }: Move,
  now: number,
): Promise<void> {
  const school = directory(alert.school);
  if (!school || alert.owner === null || alert.decision === null) return;
  const rows = await messagesOf(tx, alert.id);
  const told = rows.filter((row) => row.kind === 'open' && row.party === alert.owner && row.status === 'sent');
  for (const contact of new Set(told.map((row) => row.contact))) {
    const message = handedOver(alert, { party: to, contact, reason }, now, school);
    await pager.note(tx, { about: alert.id, school: alert.school, party: alert.owner, contact, message }, now);
  }
}
