import type { Migration } from './migrations.ts';

/** One-time links by which one contact answers one alert without a login. */
export const alertLinks: Migration = {
  name: 'one-time links to alerts',
  async up(db) {
    await db.schema
      .createTable('alert_link')
      .addColumn('hash', 'text', (c) => c.primaryKey())
      .addColumn('alert_id', 'text', (c) => c.notNull())
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('party', 'text', (c) => c.notNull())
      .addColumn('contact', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addColumn('notes', 'integer', (c) => c.notNull())
      .addColumn('used_at', 'bigint')
      .addColumn('used_action', 'text')
      .execute();
    await db.schema.createIndex('alert_link_by_expiry').on('alert_link').column('expires_at').execute();
  },
};
