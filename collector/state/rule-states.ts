import type { RuleStateChange, RuleStateRow } from '../alert/rule-state.ts';
import type { StateDb } from './database.ts';

/** Everything the evaluator wrote down of a school before. */
export function loadRuleStates(db: StateDb, school: string): Promise<RuleStateRow[]> {
  return db.selectFrom('rule_state').select(['key', 'school', 'rule', 'state']).where('school', '=', school).execute();
}

/** Writes and removes rows, in the caller's transaction. */
export async function saveRuleStates(tx: StateDb, change: RuleStateChange): Promise<void> {
  for (const row of change.saved) {
    await tx
      .insertInto('rule_state')
      .values(row)
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ state: row.state, rule: row.rule }))
      .execute();
  }
  for (const key of change.removed) await tx.deleteFrom('rule_state').where('key', '=', key).execute();
}
