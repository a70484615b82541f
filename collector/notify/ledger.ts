import { createHash } from 'node:crypto';
import type { MessageKind, OutboxRow } from '../state/outbox.ts';

/** Pure rules over the messages of one alert: who is owed the news that it is over, and who is told early when a page fails. */

/** One contact over one channel. */
export interface Target {
  readonly party: string;
  readonly contact: string;
  readonly channel: string;
}

/**
 * The id of a message, from what it is: making the same message twice gives the same id, and the database keeps one. Names nobody, since
 * it travels to the receiver.
 */
export function messageId(
  about: string,
  kind: MessageKind,
  round: number,
  step: number,
  repeat: number,
  to: Target,
): string {
  const identity = JSON.stringify([about, kind, round, step, repeat, to.contact, to.channel]);
  return `msg_${createHash('sha256').update(identity).digest('base64url').slice(0, 27)}`;
}

/**
 * Who must hear that a resolved alert is over: each contact and channel once that was told of it, or may have been (no answer came).
 * One whose page is under way right now waits: its outcome decides, and the news must not overtake the page.
 */
export function owedClosings(rows: readonly OutboxRow[]): Target[] {
  const owed = new Map<string, Target>();
  const underWay = new Set<string>();
  for (const row of rows) {
    if (row.kind !== 'open') continue;
    const key = JSON.stringify([row.contact, row.channel]);
    if (row.status === 'sending') underWay.add(key);
    else if ((row.status === 'sent' || row.uncertain) && !owed.has(key)) owed.set(key, row);
  }
  return [...owed]
    .filter(([key]) => !underWay.has(key))
    .map(([, { party, contact, channel }]) => ({ party, contact, channel }));
}

/** Failed attempts of one page after which it counts as not getting through. */
export const ATTEMPTS_BEFORE_ADVANCE = 3;
/** A page that is tried again only later than this counts so as well: as long as those three attempts take. Ms. */
const PATIENCE_MS = 30_000;

/** Whether nobody is reached by a page any time soon. `down`: whether its endpoint is dead or disabled. */
export function hopelessAt(now: number, down: (to: Target) => boolean): (row: OutboxRow) => boolean {
  return (row) => {
    if (row.status === 'failed' || row.status === 'cancelled') return true;
    if (row.status === 'sent') return false;
    if (down(row)) return true;
    if (row.status !== 'waiting' || row.attempts === 0) return false;
    return row.attempts >= ATTEMPTS_BEFORE_ADVANCE || row.dueAt - now > PATIENCE_MS;
  };
}

/**
 * The messages of the next rung, when nobody on this one could be reached: the first later step with a contact who is not on it, as far
 * as it still waits for its time. Empty while another channel or contact of the same step was reached or is still being tried.
 */
export function nextRung(
  rows: readonly OutboxRow[],
  failed: OutboxRow,
  hopeless: (row: OutboxRow) => boolean,
): OutboxRow[] {
  const open = rows.filter((row) => row.kind === 'open' && row.round === failed.round);
  const same = open.filter((row) => row.step === failed.step && row.repeat === failed.repeat);
  if (!same.every((row) => row.id === failed.id || hopeless(row))) return [];
  const tried = new Set(same.map((row) => row.contact));
  const later = open.filter((row) => row.step > failed.step && !tried.has(row.contact));
  const step = Math.min(...later.map((row) => row.step));
  return later.filter((row) => row.step === step && row.status === 'waiting' && row.attempts === 0);
}

/** As `nextRung`; where nobody of that rung can be reached either, the one after it too, and so on. */
export function earlyPages(
  rows: readonly OutboxRow[],
  failed: OutboxRow,
  hopeless: (row: OutboxRow) => boolean,
): OutboxRow[] {
  const early: OutboxRow[] = [];
  for (let next = nextRung(rows, failed, hopeless); next.length > 0; next = nextRung(rows, next[0]!, hopeless)) {
    early.push(...next);
    if (!next.every(hopeless)) break;
  }
  return early;
}
