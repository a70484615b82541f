import type { AlertChange } from '../alert/alert.ts';
import type { StoredAlert } from '../alert/life.ts';
import { atLeast, type Decision } from '../engagement/decision.ts';
import { listEvents, record } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import type { Directory } from './directory.ts';
import { moveOwner } from './moves.ts';
import type { Pager } from './pager.ts';

export interface SeverityParts {
  readonly directory: Directory;
  readonly pager: Pager;
  /** Who answers for the alert as it is given; null: nobody is configured. */
  readonly decide: (alert: StoredAlert) => Decision | null;
}

/**
 * An alert that is not over gets worse or better, in the caller's transaction. Worse: it is routed and told as it would be had it opened so, and
 * an acknowledgement, which was given for less, lapses; who took it by hand keeps it. Better: nobody is told, all else stays. One that nobody is to
 * hear of now only changes. Returns the alert after, or undefined when this was done before.
 */
export async function changeSeverity(
  tx: StateDb,
  parts: SeverityParts,
  change: AlertChange,
  before: StoredAlert,
  now: number,
): Promise<StoredAlert | undefined> {
  const at = change.at ?? now;
  const { severity: to, value, summary, condition } = change.alert;
  const detail = { from: before.severity, to, reason: change.reason, value, summary, condition };
  if (before.severity === to || (await wasDone(tx, before, to, at, change.reason))) return undefined;
  const event = (decision?: Decision) =>
    ({ type: 'severity_changed', at, decidedAt: now, detail: { ...detail, ...(decision && { decision }) } }) as const;
  const worse = !atLeast(before.severity, to);
  if (!worse || before.state !== 'open') return record(tx, before, event());
  const reason = `${before.severity} became ${to}`;
  const free =
    before.ackedBy === null
      ? before
      : await record(tx, before, {
          type: 'unacked',
          at: now,
          decidedAt: now,
          detail: { reason: `${reason}; it was acknowledged by ${before.ackedBy} for less` },
        });
  const fresh = parts.decide({ ...free, severity: to, value, summary, condition });
  // Of a school that is no longer configured: whom the old ladder still reaches is better than nobody.
  if (!fresh) return record(tx, free, event());
  if (fresh.owner !== free.owner) {
    const risen = await record(tx, free, event());
    const { owner, why } = fresh;
    const moved = await moveOwner(tx, parts, risen, { to: owner, why, reason, decision: fresh }, now);
    if (moved) return parts.pager.page(tx, moved, now);
    return again(tx, parts, risen, parts.decide({ ...risen, claimedBy: risen.owner }), reason, now);
  }
  await parts.pager.stop(tx, free, reason);
  return parts.pager.page(tx, await record(tx, free, event(fresh)), now);
}

/** Its owner keeps it although another should have it, since it moved too often: then the ladder is the one of who has it. */
async function again(
  tx: StateDb,
  { pager }: SeverityParts,
  alert: StoredAlert,
  decision: Decision | null,
  reason: string,
  now: number,
): Promise<StoredAlert> {
  await pager.stop(tx, alert, reason);
  const after = await record(tx, alert, { type: 'routed', at: now, decidedAt: now, detail: { reason, decision } });
  return pager.page(tx, after, now);
}

/** Changes may be applied again after a failure, and it may have got better since: the log tells. */
async function wasDone(tx: StateDb, { id }: StoredAlert, to: string, at: number, reason: string): Promise<boolean> {
  const events = await listEvents(tx, id);
  return events.some(
    (event) =>
      event.type === 'severity_changed' &&
      event.at === at &&
      event.detail['to'] === to &&
      event.detail['reason'] === reason,
  );
}
