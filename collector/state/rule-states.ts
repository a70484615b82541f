import type { RuleStateChange, RuleStateRow } from '../alert/rule-state.ts';
import type { StateDb } from './database.ts';

/** Everything the evaluator wrote down before. */
export function loadRuleStates(db: StateDb): Promise<RuleStateRow[]> {
  return db.selectFrom('rule_state').select(['key', 'school', 'rule', 'state']).execute();
}

/** Writes and removes rows, in one transaction. */
export async function saveRuleStates(db: StateDb, change: RuleStateChange): Promise<void> {
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
