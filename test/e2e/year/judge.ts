import { isDeepStrictEqual } from 'node:util';
import type { AlertEvent } from '../../../collector/alert/alert.ts';
import { applyEvent, foldEvents, type StoredAlert } from '../../../collector/alert/life.ts';
import { responsibilityIntervals } from '../../../collector/engagement/sla/interval.ts';
import { findAlert, listEvents } from '../../../collector/state/alerts.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import type { Page } from './run.ts';

export interface Verdict {
  readonly alerts: number;
  readonly opened: number;
  /** Opened, and kept from everybody's phone because something else explained it or somebody had asked for quiet. */
  readonly suppressed: number;
  readonly pages: number;
  readonly closings: number;
  readonly ownerChanges: number;
  readonly events: Readonly<Record<string, number>>;
  /** What must not be; empty when all is well. */
  readonly faults: readonly string[];
}

/** Holds what the phones got against the event log, and the log against itself. */
export async function judgeYear(db: StateDb, schools: readonly string[], pages: readonly Page[]): Promise<Verdict> {
  const faults: string[] = [];
  const events: Record<string, number> = {};
  const byAlert = Map.groupBy(pages, ({ alert }) => alert);
  const known = new Set<string>();
  let opened = 0;
  let suppressed = 0;
  for (const school of schools) {
    const rows = await db.selectFrom('alert').select('id').where('school', '=', school).execute();
    for (const { id } of rows) {
      known.add(id);
      const log = await listEvents(db, id);
      for (const { type } of log) events[type] = (events[type] ?? 0) + 1;
      if (log.some(({ type }) => type === 'opened')) opened++;
      if (log.some(({ type }) => type === 'suppressed')) suppressed++;
      const row = (await findAlert(db, id))!;
      for (const fault of judgeAlert(row, log, byAlert.get(id) ?? []))
        faults.push(`${school} ${row.rule} ${id}: ${fault}`);
    }
  }
  for (const page of pages) {
    if (!known.has(page.alert)) faults.push(`a page about ${page.alert}, which no school knows`);
    if (!page.address.includes(`//${page.school}.`))
      faults.push(`${page.alert} of ${page.school} rang at ${page.address}`);
  }
  return {
    alerts: known.size,
    opened,
    suppressed,
    pages: pages.filter(({ type }) => type === 'alert.open').length,
    closings: pages.filter(({ type }) => type === 'alert.resolved').length,
    ownerChanges: events['owner_changed'] ?? 0,
    events,
    faults,
  };
}

function judgeAlert(row: StoredAlert, log: readonly AlertEvent[], pages: readonly Page[]): string[] {
  const faults = [...ownerFaults(log), ...notifyFaults(log), ...closingFaults(row, pages), ...logFaults(log, pages)];
  if (!isDeepStrictEqual(foldEvents(log), row)) faults.push('the log does not add up to the row');
  return faults;
}

/** Somebody answers for it from its opening to its end, without a break. */
function ownerFaults(log: readonly AlertEvent[]): string[] {
  const faults: string[] = [];
  let alert: StoredAlert | undefined;
  for (const event of log) {
    alert = applyEvent(alert, event);
    if (alert?.state === 'open' && alert.owner === null) faults.push(`nobody answers after ${event.type}`);
  }
  const intervals = responsibilityIntervals(log);
  // Of what is suppressed nobody is told, and nobody's clock runs.
  const quiet = log.filter(({ type }) => type === 'suppressed').map(({ at }) => at);
  for (const [i, { to }] of intervals.entries())
    if (intervals[i + 1] && intervals[i + 1]!.from !== to && !quiet.includes(to!))
      faults.push('a gap between two owners');
  return faults;
}

/** Whoever was told stood on the ladder in force, at their time, and the alert was open and nobody's work yet. */
function notifyFaults(log: readonly AlertEvent[]): string[] {
  const faults: string[] = [];
  let alert: StoredAlert | undefined;
  for (const event of log) {
    if (event.type === 'notified' && event.detail['kind'] === 'open') {
      // What somebody did in the very moment in which it was on its way came too late for it.
      const earlier = foldEvents(log.filter(({ decidedAt }) => decidedAt < event.decidedAt));
      const fault = toldWrongly(alert, event);
      if (fault && toldWrongly(earlier, event)) faults.push(fault);
    }
    alert = applyEvent(alert, event);
  }
  return faults;
}

function toldWrongly(alert: StoredAlert | undefined, { detail, decidedAt }: AlertEvent): string | undefined {
  const { party, contact, step } = detail as { party: string; contact: string; step: number };
  const who = `${contact} of ${party}`;
  if (alert?.state !== 'open') return `${who} was paged while it was ${alert?.state}`;
  if (alert.ackedBy !== null) return `${who} was paged though ${alert.ackedBy} had acknowledged it`;
  const rung = alert.decision?.steps[step];
  if (!rung) return `${who} was paged by no step of the ladder in force`;
  const contacts = rung.contact.split(',').map((name) => name.trim());
  if (rung.party !== party || !contacts.includes(contact)) return `${who} was paged instead of ${rung.contact}`;
  const due = alert.decidedAt! + rung.after_s * 1000;
  if (decidedAt < due) return `${who} was paged ${(due - decidedAt) / 1000} s early`;
  return undefined;
}

/** Everybody who was told of it hears once that it is over, and nobody else. */
function closingFaults(row: StoredAlert, pages: readonly Page[]): string[] {
  const of = (type: string) => pages.filter((page) => page.type === type).map(({ address }) => address);
  const told = [...new Set(of('alert.open'))].sort();
  const closed = of('alert.resolved').sort();
  if (row.state !== 'resolved') return closed.length > 0 ? ['a closing of what is not over'] : [];
  return JSON.stringify(told) === JSON.stringify(closed) ? [] : [`told ${told.length}, closed ${closed.length}`];
}

/** What the phones got is what the log says they got. */
function logFaults(log: readonly AlertEvent[], pages: readonly Page[]): string[] {
  const said = log.filter(({ type, detail }) => type === 'notified' && detail['kind'] === 'open').length;
  const rang = pages.filter(({ type }) => type === 'alert.open').length;
  return said === rang ? [] : [`the log tells of ${said} pages, phones of ${rang}`];
}
