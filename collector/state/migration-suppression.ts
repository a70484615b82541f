import type { Migration } from './migrations.ts';

/** Alerts that nobody is told of for now, and the windows and silences that people ask for. */
export const suppression: Migration = {
  name: 'suppression, holds, maintenance windows and silences',
  async up(db) {
    await db.schema.alterTable('alert').addColumn('suppression', 'text').execute();
    await db.schema.alterTable('alert').addColumn('held_until', 'bigint').execute();
    await db.schema
      .createTable('mute')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('matchers', 'text', (c) => c.notNull())
      .addColumn('starts_at', 'bigint', (c) => c.notNull())
      .addColumn('ends_at', 'bigint', (c) => c.notNull())
      .addColumn('recurring', 'text')
      .addColumn('party', 'text', (c) => c.notNull())
      .addColumn('author', 'text', (c) => c.notNull())
      .addColumn('comment', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('ended_at', 'bigint')
      .addColumn('ended_by', 'text')
      .execute();
    await db.schema.createIndex('mute_by_school').on('mute').columns(['school', 'ends_at']).execute();
  },
};
