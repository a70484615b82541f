import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { toParameter } from './parameter.ts';

/** How long a statement waits for another process (`token create` beside a running collector) before it fails. */
const BUSY_TIMEOUT_MS = 5_000;
/** Statements with lists of values come in many lengths. */
const MAX_PREPARED = 200;

/**
 * Opens `file` (`:memory:` for a database of this connection only) the way Kysely's SQLite dialect expects a driver to look.
 * Durable: WAL, and every commit is on disk before it returns.
 */
export function openSqlite(file: string): SqliteDatabase {
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: BUSY_TIMEOUT_MS });
  db.exec('pragma journal_mode = wal; pragma synchronous = full');
  // A disk that is full ends the transaction by itself; the rollback that follows must not hide why.
  const isOver = (sql: string): boolean => sql === 'rollback' && !db.isTransaction;
  const prepared = new Map<string, SqliteStatement>();
  return {
    // A transaction that reads first and writes later would fail at once, without waiting, when another process wrote in between;
    // taking the write lock at the start makes it wait its turn.
    prepare: (sql) =>
      isOver(sql) ? NOTHING : remembered(prepared, sql, () => asStatement(db.prepare(statementOf(sql)))),
    close: () => db.close(),
  };
}

function statementOf(sql: string): string {
  return sql === 'begin' ? 'begin immediate' : sql;
}

/** The same statements come again and again; preparing one costs as much as running it. The one used longest ago goes first. */
function remembered(
  prepared: Map<string, SqliteStatement>,
  sql: string,
  prepare: () => SqliteStatement,
): SqliteStatement {
  const statement = prepared.get(sql) ?? prepare();
  prepared.delete(sql);
  prepared.set(sql, statement);
  if (prepared.size > MAX_PREPARED) prepared.delete(prepared.keys().next().value!);
  return statement;
}

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};

function asStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(toParameter)),
    run: (parameters) => statement.run(...parameters.map(toParameter)),
    iterate: (parameters) => statement.iterate(...parameters.map(toParameter)),
  };
}
