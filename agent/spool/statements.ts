import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Most records in one peek or one step of dropping: bounds the transaction, and with it the log. */
export const CHUNK = 256;

/** What `peek` gives. */
export interface Row {
  readonly id: number;
  readonly lines: number;
  readonly raw_bytes: number;
  readonly frame: Uint8Array;
}

export type Statements = ReturnType<typeof prepare>;

/** Every statement the spool runs, prepared once. */
export function prepare(db: DatabaseSync) {
  return {
    insert: db.prepare('INSERT INTO record (id, time, event, lines, raw_bytes, frame) VALUES (?, ?, ?, ?, ?, ?)'),
    peek: db.prepare('SELECT id, lines, raw_bytes, frame FROM record WHERE id > ? AND id <= ? ORDER BY id LIMIT ?'),
    ack: db.prepare('DELETE FROM record WHERE id BETWEEN ? AND ? RETURNING lines'),
    dropOldest: db.prepare(
      'DELETE FROM record WHERE id IN (SELECT id FROM record WHERE event = ? ORDER BY id LIMIT ?) RETURNING lines',
    ),
    // By id, as there is no index on time: one record from a clock that ran ahead does not shield the chunk behind it.
    expire: db.prepare(
      `DELETE FROM record WHERE id IN (SELECT id FROM record ORDER BY id LIMIT ${CHUNK}) AND time < ? RETURNING lines`,
    ),
    totals: db.prepare(
      'SELECT count(*) AS records, coalesce(sum(lines), 0) AS lines, coalesce(max(id), 0) AS last FROM record',
    ),
    oldest: db.prepare('SELECT time FROM record ORDER BY id LIMIT 1'),
    pages: db.prepare('PRAGMA page_count'),
    free: db.prepare('PRAGMA freelist_count'),
  } satisfies Record<string, StatementSync>;
}

/** Pages of the file as it will be once the log is folded in. */
export function pageCount(sql: Statements): number {
  return (sql.pages.get() as { page_count: number }).page_count;
}

/** Pages that hold something: those on the free list are used again before the file grows. */
export function livePages(sql: Statements): number {
  return pageCount(sql) - (sql.free.get() as { freelist_count: number }).freelist_count;
}
