import type { Migration } from './migrations.ts';

/** What alerts and messages need so that people can take, acknowledge and hand over: who did, and which ladder a message belongs to. */
export const workItems: Migration = {
  name: 'acknowledgement, claims, ladders begun anew, load thresholds',
  async up(db) {
    for (const column of ['decided_at', 'acked_at', 'noted_at'] as const)
      await db.schema.alterTable('alert').addColumn(column, 'bigint').execute();
    for (const column of ['claimed_by', 'acked_by'] as const)
      await db.schema.alterTable('alert').addColumn(column, 'text').execute();
    for (const table of ['alert', 'outbox'] as const)
      await db.schema
        .alterTable(table)
        .addColumn('round', 'integer', (c) => c.notNull().defaultTo(0))
        .execute();
    await db.schema
      .createTable('load_latch')
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('grant_id', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('load_latch_key', ['school', 'grant_id'])
      .execute();
  },
};
