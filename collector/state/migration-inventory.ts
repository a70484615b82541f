import type { Migration } from './migrations.ts';

/** What devices are and were, who is linked to whom, and what happened to them. */
export const inventory: Migration = {
  name: 'inventory, links between devices, events',
  async up(db) {
    await db.schema
      .createTable('inventory_site')
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('site', 'text', (c) => c.notNull())
      .addColumn('first_at', 'bigint', (c) => c.notNull())
      .addColumn('since', 'bigint', (c) => c.notNull())
      .addColumn('seen_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('inventory_site_key', ['school', 'site'])
      .execute();
    await db.schema
      .createTable('inventory_device')
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('site', 'text', (c) => c.notNull())
      .addColumn('device', 'text', (c) => c.notNull())
      .addColumn('agent', 'text', (c) => c.notNull())
      .addColumn('digest', 'text', (c) => c.notNull())
      .addColumn('document', 'text', (c) => c.notNull())
      .addColumn('summary', 'text', (c) => c.notNull())
      .addColumn('links', 'text', (c) => c.notNull())
      .addColumn('first_seen', 'bigint', (c) => c.notNull())
      .addColumn('changed_at', 'bigint', (c) => c.notNull())
      .addColumn('read_at', 'bigint', (c) => c.notNull())
      .addColumn('seen_at', 'bigint', (c) => c.notNull())
      .addColumn('gone_at', 'bigint')
      .addPrimaryKeyConstraint('inventory_device_key', ['school', 'site', 'device'])
      .execute();
    await db.schema
      .createTable('inventory_serial')
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('number', 'text', (c) => c.notNull())
      .addColumn('site', 'text', (c) => c.notNull())
      .addColumn('device', 'text', (c) => c.notNull())
      .addColumn('seen_at', 'bigint', (c) => c.notNull())
      .addColumn('gone_at', 'bigint')
      .addPrimaryKeyConstraint('inventory_serial_key', ['school', 'number', 'site', 'device'])
      .execute();
    await db.schema
      .createTable('device_link')
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('site', 'text', (c) => c.notNull())
      .addColumn('a', 'text', (c) => c.notNull())
      .addColumn('b', 'text', (c) => c.notNull())
      .addColumn('ports', 'text', (c) => c.notNull())
      .addColumn('said_by', 'text', (c) => c.notNull())
      .addColumn('since', 'bigint', (c) => c.notNull())
      .addColumn('seen_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('device_link_key', ['school', 'site', 'a', 'b'])
      .execute();
    await db.schema
      .createTable('event')
      .addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('id', 'text', (c) => c.notNull().unique())
      .addColumn('school', 'text', (c) => c.notNull())
      .addColumn('site', 'text', (c) => c.notNull())
      .addColumn('device', 'text')
      .addColumn('if_name', 'text')
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('severity', 'text', (c) => c.notNull())
      .addColumn('domain', 'text', (c) => c.notNull())
      .addColumn('message', 'text', (c) => c.notNull())
      .addColumn('detail', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('event_by_school').on('event').columns(['school', 'seq']).execute();
    await db.schema.createIndex('event_by_device').on('event').columns(['school', 'device', 'seq']).execute();
  },
};
