import type { Migration } from './migrations.ts';

/** What is known about deliveries: which were cut off by a crash, which are told together, how each endpoint does. */
export const delivery: Migration = {
  name: 'interrupted deliveries, messages told together, health of endpoints',
  async up(db) {
    await db.schema
      .alterTable('outbox')
      .addColumn('interrupted', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema.alterTable('outbox').addColumn('group_id', 'text').execute();
    await db.schema.createIndex('outbox_by_group').on('outbox').column('group_id').execute();
    await db.schema
      .createIndex('outbox_by_receiver')
      .on('outbox')
      .columns(['school', 'contact', 'channel', 'status'])
      .execute();
    await db.schema
      .createTable('endpoint')
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('contact', 'text', (c) => c.notNull())
      .addColumn('channel', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('fingerprint', 'text', (c) => c.notNull())
      .addColumn('succeeded_at', 'bigint')
      .addColumn('failed_at', 'bigint')
      .addColumn('error', 'text')
      .addColumn('failures', 'integer', (c) => c.notNull())
      .addColumn('failing_since', 'bigint')
      .addColumn('disabled_at', 'bigint')
      .addPrimaryKeyConstraint('endpoint_key', ['school', 'contact', 'channel'])
      .execute();
  },
};
