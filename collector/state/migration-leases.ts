import type { Migration } from './migrations.ts';

/** Which collector answers for a school, and which collectors there are. */
export const leases: Migration = {
  name: 'leases of schools, collectors',
  async up(db) {
    await db.schema
      .createTable('school_lease')
      .addColumn('school', 'text', (c) => c.primaryKey())
      .addColumn('holder', 'text')
      .addColumn('url', 'text')
      .addColumn('epoch', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addColumn('wanted_by', 'text')
      .execute();
    await db.schema
      .createTable('collector_member')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('url', 'text')
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .execute();
    // A school that changes hands is taken up from its own rows.
    await db.schema.createIndex('rule_state_by_school').on('rule_state').column('school').execute();
  },
};
