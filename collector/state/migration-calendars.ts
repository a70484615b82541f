import type { Migration } from './migrations.ts';

/** Copies of school calendars that come from elsewhere, and the links under which responsibility is published. */
export const calendars: Migration = {
  name: 'school calendars, published responsibility',
  async up(db) {
    await db.schema
      .createTable('calendar')
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('calendar', 'text', (c) => c.notNull())
      .addColumn('location', 'text', (c) => c.notNull())
      .addColumn('etag', 'text')
      .addColumn('last_modified', 'text')
      .addColumn('copy', 'text')
      .addColumn('fetched_at', 'bigint')
      .addColumn('checked_at', 'bigint')
      .addColumn('error', 'text')
      .addColumn('failed_since', 'bigint')
      .addColumn('pending_copy', 'text')
      .addColumn('pending_etag', 'text')
      .addColumn('pending_last_modified', 'text')
      .addColumn('pending_reasons', 'text')
      .addColumn('pending_since', 'bigint')
      .addPrimaryKeyConstraint('calendar_key', ['school', 'calendar'])
      .execute();
    await db.schema
      .createTable('ics_link')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('hash', 'text', (c) => c.notNull().unique())
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('party', 'text')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('revoked_at', 'bigint')
      .execute();
    await db.schema.createIndex('ics_link_by_school').on('ics_link').column('school').execute();
  },
};
