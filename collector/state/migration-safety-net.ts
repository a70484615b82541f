import type { Migration } from './migrations.ts';

/** Tests of the safety net, and what came of each message. */
export const safetyNet: Migration = {
  name: 'tests of the safety net',
  async up(db) {
    await db.schema
      .createTable('safety_net_round')
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('round', 'text', (c) => c.notNull())
      .addColumn('began_at', 'bigint', (c) => c.notNull())
      .addColumn('actor', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('safety_net_round_key', ['school', 'round'])
      .execute();
    await db.schema
      .createTable('safety_net_result')
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('round', 'text', (c) => c.notNull())
      .addColumn('contact', 'text', (c) => c.notNull())
      .addColumn('channel', 'text', (c) => c.notNull())
      .addColumn('result', 'text', (c) => c.notNull())
      .addColumn('reason', 'text')
      .addColumn('changed_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('safety_net_result_key', ['school', 'round', 'contact', 'channel'])
      .execute();
  },
};
