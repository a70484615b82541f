import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

/**
 * Loaded into a collector with `--import`: ends it with SIGKILL at a boundary of the outbox, right before or right after a transaction is
 * committed. BW_KILL: what the transaction does (enqueue, claim, settle, recover), before or after, and the how many-th of them.
 */
const [what, when, nth] = (process.env['BW_KILL'] ?? '').split(' ');
let doing: string | undefined;
let count = 0;

const prepare = DatabaseSync.prototype.prepare;
DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
  const statement = prepare.call(this, sql);
  const run = statement.run.bind(statement);
  Object.defineProperty(statement, 'run', {
    value: (...values: SQLInputValue[]) => {
      if (sql.startsWith('begin')) doing = undefined;
      else doing ??= boundary(sql, values);
      if (sql !== 'commit' || doing !== what || ++count < Number(nth)) return run(...values);
      if (when === 'after') run(...values);
      process.kill(process.pid, 'SIGKILL');
      // The signal ends the process before this call returns, or within it.
      for (;;);
    },
  });
  return statement;
};

function boundary(sql: string, values: readonly unknown[]): string | undefined {
  if (sql.startsWith('insert into "outbox"')) return 'enqueue';
  if (!sql.startsWith('update "outbox" set "status"')) return undefined;
  if (values[0] === 'sending') return 'claim';
  if (values[0] === 'waiting' && sql.includes('"interrupted"')) return 'recover';
  return values[0] === 'cancelled' ? undefined : 'settle';
}
