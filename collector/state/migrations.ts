import { type Kysely, sql } from 'kysely';
import { access } from './migration-access.ts';
import { alertLinks } from './migration-alert-links.ts';
import { calendars } from './migration-calendars.ts';
import { delivery } from './migration-delivery.ts';
import { engagements } from './migration-engagements.ts';
import { importedAlerts } from './migration-imported-alerts.ts';
import { inventory } from './migration-inventory.ts';
import { leases } from './migration-leases.ts';
import { pushoverReceipts } from './migration-pushover-receipts.ts';
import { safetyNet } from './migration-safety-net.ts';
import { suppression } from './migration-suppression.ts';
import { workItems } from './migration-work-items.ts';

/** One step of the state database's history. Never changed once released: a new step is added at the end instead. */
export interface Migration {
  readonly name: string;
  up(db: Kysely<never>): Promise<void>;
}

/**
 * In order; the version of a database is the number of steps it has run.
 * Portable types only: `bigint` for times (ms), `integer` for small numbers and 0/1, `double precision` for values, `text` for the rest.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'first tables',
    async up(db) {
      await tokensAndSessions(db);
      await alerts(db);
      await outbox(db);
    },
  },
  workItems,
  engagements,
  calendars,
  suppression,
  delivery,
  alertLinks,
  importedAlerts,
  pushoverReceipts,
  safetyNet,
  access,
  leases,
  inventory,
];

async function tokensAndSessions(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('meta')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('token')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('school', 'text', (c) => c.notNull())
    .addColumn('site', 'text', (c) => c.notNull())
    .addColumn('note', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('revoked_at', 'bigint')
    .execute();
  await db.schema
    .createTable('session')
    .addColumn('hash', 'text', (c) => c.primaryKey())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('session_by_expiry').on('session').column('expires_at').execute();
  await db.schema
    .createTable('agent')
    .addColumn('school', 'text', (c) => c.notNull())
    .addColumn('site', 'text', (c) => c.notNull())
    .addColumn('token_id', 'text', (c) => c.notNull().references('token.id'))
    .addColumn('first_seen', 'bigint', (c) => c.notNull())
    .addColumn('last_seen', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('agent_key', ['school', 'site', 'token_id'])
    .execute();
}

async function alerts(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('alert')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('school', 'text', (c) => c.notNull())
    .addColumn('site', 'text', (c) => c.notNull())
    .addColumn('rule', 'text', (c) => c.notNull())
    .addColumn('domain', 'text', (c) => c.notNull())
    .addColumn('severity', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('labels', 'text', (c) => c.notNull())
    .addColumn('summary', 'text', (c) => c.notNull())
    .addColumn('condition', 'text', (c) => c.notNull())
    .addColumn('value', 'double precision', (c) => c.notNull())
    .addColumn('owner', 'text')
    .addColumn('why', 'text')
    .addColumn('decision', 'text')
    .addColumn('pending_at', 'bigint', (c) => c.notNull())
    .addColumn('opened_at', 'bigint')
    .addColumn('resolved_at', 'bigint')
    .execute();
  await db.schema.createIndex('alert_by_school').on('alert').columns(['school', 'state']).execute();
  // The database itself refuses a second alert for a fault that already has one.
  await db.schema
    .createIndex('alert_unresolved_key')
    .on('alert')
    .unique()
    .column('key')
    .where(sql.ref('state'), '<>', 'resolved')
    .execute();
  await db.schema
    .createTable('alert_event')
    // Spelled bigserial on PostgreSQL: the one difference between the two (see the dialect in postgres.ts).
    .addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('alert_id', 'text', (c) => c.notNull())
    .addColumn('school', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('decided_at', 'bigint', (c) => c.notNull())
    .addColumn('detail', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('alert_event_by_alert').on('alert_event').columns(['alert_id', 'seq']).execute();
  await db.schema.createIndex('alert_event_by_school').on('alert_event').columns(['school', 'at']).execute();
  await db.schema
    .createTable('rule_state')
    .addColumn('key', 'text', (c) => c.primaryKey())
    .addColumn('school', 'text', (c) => c.notNull())
    .addColumn('rule', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .execute();
}

async function outbox(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('outbox')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('alert_id', 'text', (c) => c.notNull())
    .addColumn('school', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('party', 'text', (c) => c.notNull())
    .addColumn('contact', 'text', (c) => c.notNull())
    .addColumn('channel', 'text', (c) => c.notNull())
    .addColumn('step', 'integer', (c) => c.notNull())
    .addColumn('repeat', 'integer', (c) => c.notNull())
    .addColumn('repeat_ms', 'bigint')
    .addColumn('transfer', 'integer', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('uncertain', 'integer', (c) => c.notNull())
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('last_error', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('sent_at', 'bigint')
    .execute();
  await db.schema.createIndex('outbox_by_due').on('outbox').columns(['status', 'due_at']).execute();
  await db.schema.createIndex('outbox_by_alert').on('outbox').column('alert_id').execute();
}
