import { type ColumnDefinitionNode, PostgresDialect, PostgresQueryCompiler, type QueryCompiler } from 'kysely';
import { DatabaseError, Pool, type PoolClient, types } from 'pg';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import { toParameter } from './parameter.ts';
import { type PostgresSettings, postgresName } from './postgres-settings.ts';

/** For a connection, or for a free one of the pool. */
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** For a server that says nothing any more; longer than the server takes to give up by itself. */
const ANSWER_TIMEOUT_MS = 15_000;
const LOCK_TIMEOUT_MS = 5_000;
/** A process that stands still in the middle of a transaction holds its school's lock: the server ends it, well before its lease is over. */
const IDLE_TRANSACTION_TIMEOUT_MS = 3_000;

const INT8 = 20;
const NUMERIC = 1700;

/** What `pg` calls each: it says so in the configuration it is made with. */
export function postgresDialect(settings: PostgresSettings): PostgresDialect {
  return new BellwetherPostgres({ pool: new StatePool(settings) as never });
}

/** PostgreSQL's spelling of a column that counts by itself is the one thing in which migrations differ. */
class BellwetherPostgres extends PostgresDialect {
  override createQueryCompiler(): QueryCompiler {
    return new Compiler();
  }
}

class Compiler extends PostgresQueryCompiler {
  protected override visitColumnDefinition(node: ColumnDefinitionNode): void {
    if (!node.autoIncrement) {
      super.visitColumnDefinition(node);
      return;
    }
    this.visitNode(node.column);
    this.append(' bigserial primary key');
  }
}

/** The pool as Kysely's dialect uses one; what goes wrong comes out as an error of ours where trying again may help. */
class StatePool {
  readonly #pool: Pool;
  readonly #name: string;
  readonly #clients = new WeakMap<PoolClient, StateClient>();

  constructor(settings: PostgresSettings) {
    this.#name = postgresName(settings);
    this.#pool = new Pool(poolOptions(settings));
    // Of a connection that breaks while nobody uses it: the next one that is asked for is a new one.
    this.#pool.on('error', () => {});
    // Of one that breaks between two statements of a transaction: the next statement fails and says so.
    this.#pool.on('connect', (client) => void client.on('error', () => {}));
  }

  async connect(): Promise<StateClient> {
    try {
      const client = await this.#pool.connect();
      const known = this.#clients.get(client) ?? new StateClient(client, this.#name);
      this.#clients.set(client, known);
      return known;
    } catch (error) {
      throw away(this.#name, error);
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}

class StateClient {
  readonly #client: PoolClient;
  readonly #name: string;
  #broken = false;

  constructor(client: PoolClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  async query(sql: string, parameters: readonly unknown[] = []): Promise<unknown> {
    // With the connection the transaction has ended; the rollback must not hide why.
    if (this.#broken && sql === 'rollback') return { command: 'ROLLBACK', rowCount: 0, rows: [] };
    try {
      return await this.#client.query(sql, parameters.map(toParameter));
    } catch (error) {
      if (error instanceof DatabaseError && !endsSession(error)) throw mayPass(error) ? away(this.#name, error) : error;
      this.#broken = true;
      throw away(this.#name, error);
    }
  }

  release(discard?: boolean): void {
    this.#client.release(discard === true || this.#broken);
  }
}

function poolOptions(settings: PostgresSettings) {
  const { host, port, database, user, password, pool, tls } = settings;
  return {
    ...{ host, port, database, user, password, max: pool },
    ssl: tls ? { rejectUnauthorized: true, ...(tls.ca !== undefined && { ca: tls.ca }) } : false,
    types: { getTypeParser },
    application_name: 'bellwether-collector',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
  };
}

/** The one place where numbers of 64 bits become numbers: times, counts and sums read the same as from SQLite. */
const getTypeParser: typeof types.getTypeParser = ((oid: number, format?: 'text' | 'binary') =>
  oid === INT8 || oid === NUMERIC ? toNumber : types.getTypeParser(oid, format as 'text')) as never;

function toNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new RangeError(`the state database holds ${text}, more than a number can hold exactly`);
  return value;
}

/** Errors after which the server closes the connection (PostgreSQL, appendix A). */
function endsSession({ severity, code = '' }: DatabaseError): boolean {
  return severity === 'FATAL' || severity === 'PANIC' || code.startsWith('08') || code.startsWith('57P');
}

/** Conditions of the moment: locks, deadlocks, resources, timeouts. */
function mayPass({ code = '' }: DatabaseError): boolean {
  return /^(40|53|55P03|57014)/.test(code);
}

function away(name: string, error: unknown): BellwetherError {
  return new BellwetherError('BW_STATE', `the state database ${name} cannot be used now: ${reason(error)}`, {
    cause: error,
    retryable: true,
  });
}

/** Node gathers the failures of several addresses under an error without a message. */
function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(errorMessage).join('; ');
  return errorMessage(error);
}
