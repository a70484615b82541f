import type { Migration } from './migrations.ts';

/** Emergency notifications of Pushover that nobody has acknowledged yet: one row for each alert one tells of. */
export const pushoverReceipts: Migration = {
  name: 'receipts of Pushover',
  async up(db) {
    await db.schema
      .createTable('pushover_receipt')
      .addColumn('receipt', 'text', (c) => c.notNull())
      .addColumn('alert_id', 'text', (c) => c.notNull())
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('contact', 'text', (c) => c.notNull())
      .addColumn('channel', 'text', (c) => c.notNull())
      .addColumn('round', 'integer', (c) => c.notNull())
      .addColumn('superseded', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addColumn('next_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('pushover_receipt_key', ['receipt', 'alert_id'])
      .execute();
    await db.schema.createIndex('pushover_receipt_by_next').on('pushover_receipt').column('next_at').execute();
    await db.schema.createIndex('pushover_receipt_by_alert').on('pushover_receipt').column('alert_id').execute();
  },
};
