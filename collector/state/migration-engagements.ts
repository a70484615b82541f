import type { Migration } from './migrations.ts';

/** What happens to a school's engagements, and to the school by them (hand-overs, facts): one log, which only grows. */
export const engagements: Migration = {
  name: 'the log of engagements',
  async up(db) {
    await db.schema
      .createTable('engagement_event')
      .addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('engagement', 'text')
      .addColumn('version', 'integer')
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('party', 'text')
      .addColumn('actor', 'text', (c) => c.notNull())
      .addColumn('detail', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('engagement_event_by_school')
      .on('engagement_event')
      .columns(['school', 'seq'])
      .execute();
  },
};
