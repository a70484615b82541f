import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openState, type StateDb } from '../../../collector/state/database.ts';
import { migrateState } from '../../../collector/state/migrate.ts';
import { MIGRATIONS, type Migration } from '../../../collector/state/migrations.ts';
import type { PostgresSettings } from '../../../collector/state/postgres-settings.ts';
import type { StateSchema } from '../../../collector/state/schema.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { BACKEND, postgresState } from '../../support/state-backend.ts';
import { temporaryFolder } from './state.ts';

const run = promisify(execFile);
const clock = new FakeClock();
const folder = temporaryFolder();
let db: StateDb;
let count = 0;
let at: string | PostgresSettings;

function step(name: string, table: string, fail = false): Migration {
  return {
    name,
    async up(trx) {
      await trx.schema.createTable(table).addColumn('a', 'integer').execute();
      if (fail) throw new Error('disk on fire');
    },
  };
}

async function tables(): Promise<string[]> {
  return (await db.introspection.getTables()).map((t) => t.name).filter((n) => n !== 'schema_history');
}

beforeEach(async () => {
  if (BACKEND === 'postgres') {
    const made = await postgresState({ empty: true });
    [db, at] = [made.db, made.settings];
    return;
  }
  at = folder.file(`${count++}.db`);
  db = openState(at);
});
afterEach(() => db.destroy());
afterAll(() => folder.remove());

/** The compiler sees to it that this names every column of the schema. */
const COLUMNS: { readonly [T in keyof StateSchema]: { readonly [C in keyof StateSchema[T]]: true } } = {
  meta: { name: true, value: true },
  token: { id: true, hash: true, school: true, site: true, note: true, created_at: true, revoked_at: true },
  session: { hash: true, account: true, created_at: true, expires_at: true },
  agent: { school: true, site: true, token_id: true, first_seen: true, last_seen: true },
  alert: {
    id: true,
    key: true,
    school: true,
    site: true,
    rule: true,
    domain: true,
    severity: true,
    state: true,
    labels: true,
    summary: true,
    condition: true,
    value: true,
    owner: true,
    why: true,
    decision: true,
    decided_at: true,
    round: true,
    claimed_by: true,
    acked_by: true,
    acked_at: true,
    noted_at: true,
    suppression: true,
    held_until: true,
    pending_at: true,
    opened_at: true,
    resolved_at: true,
  },
  alert_event: { seq: true, alert_id: true, school: true, type: true, at: true, decided_at: true, detail: true },
  rule_state: { key: true, school: true, rule: true, state: true },
  outbox: {
    id: true,
    alert_id: true,
    school: true,
    kind: true,
    round: true,
    party: true,
    contact: true,
    channel: true,
    step: true,
    repeat: true,
    repeat_ms: true,
    transfer: true,
    body: true,
    status: true,
    uncertain: true,
    due_at: true,
    attempts: true,
    last_error: true,
    created_at: true,
    sent_at: true,
    interrupted: true,
    group_id: true,
  },
  endpoint: {
    school: true,
    contact: true,
    channel: true,
    type: true,
    fingerprint: true,
    succeeded_at: true,
    failed_at: true,
    error: true,
    failures: true,
    failing_since: true,
    disabled_at: true,
  },
  load_latch: { school: true, grant_id: true, state: true },
  engagement_event: {
    seq: true,
    school: true,
    engagement: true,
    version: true,
    type: true,
    at: true,
    party: true,
    actor: true,
    detail: true,
  },
  calendar: {
    school: true,
    calendar: true,
    location: true,
    etag: true,
    last_modified: true,
    copy: true,
    fetched_at: true,
    checked_at: true,
    error: true,
    failed_since: true,
    pending_copy: true,
    pending_etag: true,
    pending_last_modified: true,
    pending_reasons: true,
    pending_since: true,
  },
  mute: {
    id: true,
    school: true,
    kind: true,
    matchers: true,
    starts_at: true,
    ends_at: true,
    recurring: true,
    party: true,
    author: true,
    comment: true,
    created_at: true,
    ended_at: true,
    ended_by: true,
  },
  pushover_receipt: {
    receipt: true,
    alert_id: true,
    school: true,
    contact: true,
    channel: true,
    round: true,
    superseded: true,
    created_at: true,
    expires_at: true,
    next_at: true,
  },
  imported_alert: { key: true, school: true, site: true, starts_at: true, heard_at: true },
  alert_link: {
    hash: true,
    alert_id: true,
    school: true,
    party: true,
    contact: true,
    created_at: true,
    expires_at: true,
    notes: true,
    used_at: true,
    used_action: true,
  },
  ics_link: { id: true, hash: true, school: true, party: true, created_at: true, revoked_at: true },
  inventory_site: { school: true, site: true, first_at: true, since: true, seen_at: true },
  inventory_device: {
    school: true,
    site: true,
    device: true,
    agent: true,
    digest: true,
    document: true,
    summary: true,
    links: true,
    first_seen: true,
    changed_at: true,
    read_at: true,
    seen_at: true,
    gone_at: true,
  },
  inventory_serial: { school: true, number: true, site: true, device: true, seen_at: true, gone_at: true },
  device_link: { school: true, site: true, a: true, b: true, ports: true, said_by: true, since: true, seen_at: true },
  event: {
    seq: true,
    id: true,
    school: true,
    site: true,
    device: true,
    if_name: true,
    at: true,
    type: true,
    severity: true,
    domain: true,
    message: true,
    detail: true,
  },
  safety_net_round: { school: true, round: true, began_at: true, actor: true },
  safety_net_result: {
    school: true,
    round: true,
    contact: true,
    channel: true,
    result: true,
    reason: true,
    changed_at: true,
  },
  account: {
    login: true,
    name: true,
    role: true,
    party: true,
    schools: true,
    password: true,
    created_at: true,
    disabled_at: true,
    last_login_at: true,
    totp: true,
    totp_step: true,
  },
  api_token: {
    id: true,
    hash: true,
    note: true,
    role: true,
    permissions: true,
    party: true,
    schools: true,
    created_at: true,
    expires_at: true,
    revoked_at: true,
    last_used_at: true,
  },
  audit: {
    chain: true,
    seq: true,
    at: true,
    actor: true,
    via: true,
    action: true,
    detail: true,
    prev: true,
    hash: true,
  },
  audit_head: { chain: true, seq: true, hash: true },
  school_lease: { school: true, holder: true, url: true, epoch: true, expires_at: true, wanted_by: true },
  collector_member: { id: true, url: true, expires_at: true },
};

describe('migrations', () => {
  it('names a database that cannot be used', async () => {
    await sql`create view schema_history as select 1 as a`.execute(db);
    await expect(migrateState(db, clock)).rejects.toMatchObject({
      code: 'BW_STATE',
      message: expect.stringMatching(/^the state database cannot be used: /),
    });
  });

  it('make every table and column of the schema, and no others', async () => {
    await migrateState(db, clock);
    const made = (await db.introspection.getTables()).filter((t) => t.name !== 'schema_history');
    expect(Object.fromEntries(made.map((t) => [t.name, t.columns.map((c) => c.name).sort()]))).toEqual(
      Object.fromEntries(Object.entries(COLUMNS).map(([table, columns]) => [table, Object.keys(columns).sort()])),
    );
  });

  it('run in order, once each, and only the new ones later', async () => {
    expect(await migrateState(db, clock, [step('one', 'a')])).toEqual(['one']);
    expect(await migrateState(db, clock, [step('one', 'a'), step('two', 'b'), step('three', 'c')])).toEqual([
      'two',
      'three',
    ]);
    expect(await migrateState(db, clock, [step('one', 'a'), step('two', 'b'), step('three', 'c')])).toEqual([]);
    expect(await tables()).toEqual(['a', 'b', 'c']);
  });

  it('leave no trace of a step that fails, and run it again next time', async () => {
    await expect(migrateState(db, clock, [step('one', 'a'), step('two', 'b', true)])).rejects.toMatchObject({
      code: 'BW_STATE',
      message: 'migration "two" failed: disk on fire',
    });
    expect(await tables()).toEqual(['a']);
    expect(await migrateState(db, clock, [step('one', 'a'), step('two', 'b')])).toEqual(['two']);
  });

  it('refuse a database that a newer program has used, and leave it alone', async () => {
    await migrateState(db, clock, [step('one', 'a'), step('two', 'b')]);
    await expect(migrateState(db, clock, [step('one', 'a')])).rejects.toMatchObject({
      code: 'BW_STATE',
      message: expect.stringContaining('version 2 ("two"), this program knows versions up to 1'),
    });
  });

  it('run once when several processes start together', async () => {
    const url = (name: string) => JSON.stringify(new URL(`../../../${name}`, import.meta.url).href);
    const program = `
      import { openState } from ${url('collector/state/database.ts')};
      import { migrateState } from ${url('collector/state/migrate.ts')};
      import { systemClock } from ${url('runtime/clock.ts')};
      const db = openState(${JSON.stringify(at)});
      console.log(JSON.stringify(await migrateState(db, systemClock)));
      await db.destroy();`;
    // Four, since two rarely meet.
    const start = () => run(process.execPath, ['--input-type=module', '--eval', program], { timeout: 20_000 });
    const ran = await Promise.all([start(), start(), start(), start()]);
    // One may do the first and another the rest: each is done once, whoever does it.
    const done = ran.flatMap(({ stdout }) => JSON.parse(stdout) as string[]);
    expect(done.sort()).toEqual(MIGRATIONS.map((m) => m.name).sort());
  });
});
