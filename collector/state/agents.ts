import type { Clock } from '../../core/clock.ts';
import type { TenantId } from '../access/access.ts';
import type { StateDb } from './database.ts';
import type { Tenant } from './tokens.ts';

/** Who delivers for a site, and when it was last heard (ms). */
export interface AgentSeen extends Tenant {
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** How far the database may lag behind what was heard: what a crash can lose. */
const FLUSH_MS = 5_000;

/**
 * Remembers when each agent was last heard. `seen` costs nothing and never fails; the database gets all changes in one transaction every few
 * seconds, so a thousand agents make one commit, not a thousand.
 */
export class AgentRegistry {
  readonly #db: StateDb;
  readonly #clock: Clock;
  /** What this process has heard: one entry a token. */
  readonly #heard = new Map<string, AgentSeen>();
  #unwritten = new Set<string>();

  constructor(db: StateDb, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Notes that an authenticated request of `tenant` came at `at` (ms). */
  seen(tenant: Tenant, at: number): void {
    const key = keyOf(tenant);
    const before = this.#heard.get(key);
    this.#heard.set(key, before ? later(before, at) : { ...tenant, firstSeen: at, lastSeen: at });
    this.#unwritten.add(key);
  }

  /** Every agent ever heard, up to this moment. */
  async list(): Promise<AgentSeen[]> {
    const rows = await this.#db
      .selectFrom('agent')
      .select(['school', 'site', 'token_id as tokenId', 'first_seen as firstSeen', 'last_seen as lastSeen'])
      .execute();
    const all = new Map(rows.map((row): [string, AgentSeen] => [keyOf(row), row]));
    for (const [key, heard] of this.#heard) {
      const stored = all.get(key);
      all.set(key, stored ? later(stored, heard.lastSeen) : heard);
    }
    return [...all.values()];
  }

  /** Writes what was heard since the last time. What cannot be written is kept for the next. */
  async flush(): Promise<void> {
    const keys = this.#unwritten;
    if (keys.size === 0) return;
    this.#unwritten = new Set();
    try {
      await this.#db.transaction().execute(async (trx) => {
        // In one order: two collectors that write the same agents must not wait for each other in a circle.
        for (const key of [...keys].sort()) await write(trx, this.#heard.get(key)!);
      });
    } catch (error) {
      for (const key of keys) this.#unwritten.add(key);
      throw error;
    }
  }

  /** Flushes every few seconds, and once more at the end. `onError` hears of writes that failed; they are tried again. */
  async run(signal: AbortSignal, onError: (error: unknown) => void): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(FLUSH_MS, signal);
      await this.flush().catch(onError);
    }
  }
}

/** The sites of one school that were ever heard, by name, and when last. */
export async function lastSeenBySite(db: StateDb, school: TenantId): Promise<{ site: string; lastSeen: number }[]> {
  const rows = await db
    .selectFrom('agent')
    .select((agent) => ['site', agent.fn.max('last_seen').as('last_seen')])
    .where('school', '=', school)
    .groupBy('site')
    .orderBy('site')
    .execute();
  return rows.map((row) => ({ site: row.site, lastSeen: Number(row.last_seen) }));
}

async function write(db: StateDb, agent: AgentSeen): Promise<void> {
  await db
    .insertInto('agent')
    .values({
      school: agent.school,
      site: agent.site,
      token_id: agent.tokenId,
      first_seen: agent.firstSeen,
      last_seen: agent.lastSeen,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['school', 'site', 'token_id'])
        .doUpdateSet({ last_seen: agent.lastSeen })
        .where('agent.last_seen', '<', agent.lastSeen),
    )
    .execute();
}

function keyOf(tenant: Tenant): string {
  return JSON.stringify([tenant.school, tenant.site, tenant.tokenId]);
}

/** The clock may step back; "last heard" never does. */
function later(agent: AgentSeen, at: number): AgentSeen {
  return at > agent.lastSeen ? { ...agent, lastSeen: at } : agent;
}
