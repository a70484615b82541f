import type { StateDb } from './database.ts';

/** One row of the table rule_state; `state` is JSON. */
export interface RuleState {
  readonly key: string;
  readonly school: string;
  readonly rule: string;
  readonly state: string;
}

/** Everything the evaluator wrote down before. */
export function loadRuleStates(db: StateDb): Promise<RuleState[]> {
  return db.selectFrom('rule_state').select(['key', 'school', 'rule', 'state']).execute();
}

/** Writes and removes rows, in one transaction. */
export async function saveRuleStates(
  db: StateDb,
  change: { readonly saved: readonly RuleState[]; readonly removed: readonly string[] },
): Promise<void> {
  if (change.saved.length === 0 && change.removed.length === 0) return;
  await db.transaction().execute(async (trx) => {
    for (const row of change.saved) {
      await trx
        .insertInto('rule_state')
        .values(row)
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ state: row.state, rule: row.rule }))
        .execute();
    }
    for (const key of change.removed) await trx.deleteFrom('rule_state').where('key', '=', key).execute();
  });
}
