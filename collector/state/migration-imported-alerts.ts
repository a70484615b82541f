import type { Migration } from './migrations.ts';

/** When an alert of an Alertmanager was last heard of: it says nothing more of those it has forgotten. */
export const importedAlerts: Migration = {
  name: 'alerts of an Alertmanager',
  async up(db) {
    await db.schema
      .createTable('imported_alert')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('site', 'text', (c) => c.notNull())
      .addColumn('starts_at', 'bigint', (c) => c.notNull())
      .addColumn('heard_at', 'bigint', (c) => c.notNull())
      .execute();
  },
};
