import { findAlert } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { changeMessage, type OutboxRow } from '../state/outbox.ts';
import { type GroupKey, groupRows, groupSize, toldSince } from '../state/outbox-groups.ts';
import type { SchoolDirectory } from './directory.ts';
import { groupMessage } from './group-message.ts';
import { groupIdOf, holdOf, LARGEST_GROUP } from './grouping.ts';
import type { AlertMessage } from './message.ts';

/** What goes out in one delivery: one message, or several that are told together. */
export interface Parcel {
  readonly id: string;
  readonly body: string;
  readonly rows: readonly OutboxRow[];
}

/**
 * Lets a message wait for others where one like it was told a moment ago. Which others it goes with is written down with that, so that a
 * crash changes nothing about it.
 */
export async function hold(tx: StateDb, row: OutboxRow, windowMs: number, now: number): Promise<boolean> {
  const fresh = row.attempts === 0 && !row.uncertain;
  if (windowMs <= 0 || row.kind === 'note' || !fresh) return false;
  const alert = await findAlert(tx, row.alertId);
  if (!alert) return false;
  const key = { school: row.school, contact: row.contact, channel: row.channel, site: alert.site, kind: row.kind };
  const held = holdOf(await toldSince(tx, key, now - windowMs), alert.severity, windowMs, now);
  if (!held) return false;
  await changeMessage(tx, row.id, { groupId: await openGroup(tx, key, held.since), dueAt: held.until });
  return true;
}

/** The first group of that window which has room and was not sent yet. */
async function openGroup(tx: StateDb, key: GroupKey, since: number): Promise<string> {
  for (let part = 0; ; part++) {
    const id = groupIdOf(key, since, part);
    const { size, tried } = await groupSize(tx, id);
    if (size < LARGEST_GROUP && !tried) return id;
  }
}

/**
 * All that goes out with `row`, which is due: the waiting messages of its group that are still `wanted`. One that is left alone before the
 * group was ever sent goes by itself, under its own id; a group that may have been sent keeps its id to the end.
 */
export async function companions(
  tx: StateDb,
  row: OutboxRow,
  wanted: (row: OutboxRow) => Promise<boolean>,
): Promise<OutboxRow[]> {
  if (row.groupId === null) return (await wanted(row)) ? [row] : [];
  const all = await groupRows(tx, row.groupId);
  const { tried } = await groupSize(tx, row.groupId);
  const kept: OutboxRow[] = [];
  for (const member of all) if (member.status === 'waiting' && (await wanted(member))) kept.push(member);
  const [only] = kept;
  if (kept.length !== 1 || tried) return kept;
  await changeMessage(tx, only!.id, { groupId: null });
  return [{ ...only!, groupId: null }];
}

/** As it goes out. */
export function parcelOf(rows: readonly OutboxRow[], directory: SchoolDirectory | undefined): Parcel | undefined {
  const [first] = rows;
  if (!first) return undefined;
  if (first.groupId === null) return { id: first.id, body: first.body, rows };
  const members = rows.map(({ id, body }) => ({ reference: id, message: JSON.parse(body) as AlertMessage }));
  return { id: first.groupId, body: JSON.stringify(groupMessage(members, directory)), rows };
}
