import type { StateDb } from './database.ts';

/**
 * What became of one test message. `waiting`: under way; `failing`: not delivered for a while, tried further; `skipped`: the channel carries
 * alerts only; `no_channel`: the contact has none.
 */
export type TestResultKind = 'waiting' | 'failing' | 'delivered' | 'failed' | 'skipped' | 'no_channel';

export interface TestResult {
  readonly contact: string;
  /** Empty where the contact has none. */
  readonly channel: string;
  readonly result: TestResultKind;
  readonly reason: string | null;
  /** ms since the epoch. */
  readonly changedAt: number;
}

/** One test of a school's safety net. */
export interface TestRound {
  /** The day that the week's test was meant for, or `asked <instant>`. */
  readonly round: string;
  readonly beganAt: number;
  /** `collector`, or who asked for it; `first seen` stands for the week in which a school was taken up and nobody was told anything. */
  readonly actor: string;
}

export const FIRST_SEEN = 'first seen';

/** Takes a round; false when it has been taken before, by this collector or another. */
export async function beginRound(db: StateDb, school: string, { round, beganAt, actor }: TestRound): Promise<boolean> {
  const taken = await db
    .insertInto('safety_net_round')
    .values({ school, round, began_at: beganAt, actor })
    .onConflict((conflict) => conflict.columns(['school', 'round']).doNothing())
    .executeTakeFirst();
  return Number(taken.numInsertedOrUpdatedRows ?? 0) > 0;
}

/** The newest rounds first. */
export async function listRounds(db: StateDb, school: string, limit: number): Promise<TestRound[]> {
  const rows = await db
    .selectFrom('safety_net_round')
    .select(['round', 'began_at', 'actor'])
    .where('school', '=', school)
    .orderBy('began_at', 'desc')
    .orderBy('round', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ round, began_at, actor }) => ({ round, beganAt: Number(began_at), actor }));
}

export async function listResults(db: StateDb, school: string, round: string): Promise<TestResult[]> {
  const rows = await db
    .selectFrom('safety_net_result')
    .select(['contact', 'channel', 'result', 'reason', 'changed_at'])
    .where('school', '=', school)
    .where('round', '=', round)
    .orderBy('contact')
    .orderBy('channel')
    .execute();
  return rows.map(({ changed_at, result, ...row }) => ({
    ...row,
    result: result as TestResultKind,
    changedAt: Number(changed_at),
  }));
}

export async function saveResult(db: StateDb, school: string, round: string, of: TestResult): Promise<void> {
  const { contact, channel, result, reason } = of;
  const now = { result, reason, changed_at: of.changedAt };
  await db
    .insertInto('safety_net_result')
    .values({ school, round, contact, channel, ...now })
    .onConflict((conflict) => conflict.columns(['school', 'round', 'contact', 'channel']).doUpdateSet(now))
    .execute();
}

/** Forgets tests that began before `before` (ms). */
export async function purgeRounds(db: StateDb, before: number): Promise<void> {
  const old = await db
    .selectFrom('safety_net_round')
    .select(['school', 'round'])
    .where('began_at', '<', before)
    .execute();
  for (const { school, round } of old) {
    await db.deleteFrom('safety_net_result').where('school', '=', school).where('round', '=', round).execute();
    await db.deleteFrom('safety_net_round').where('school', '=', school).where('round', '=', round).execute();
  }
}
