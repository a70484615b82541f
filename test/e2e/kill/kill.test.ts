import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, it } from 'vitest';
import { foldEvents } from '../../../collector/alert/life.ts';
import { listAlerts, listEvents } from '../../../collector/state/alerts.ts';
import { openState } from '../../../collector/state/database.ts';
import { until } from '../../support/process.ts';
import { doubled, faultsOf, together } from './judge.ts';
import { KillWorld } from './world.ts';

/** Two at a time, for two cores. */
const WORLDS = 2;
const KILLS = Math.ceil(Number(process.env['BW_KILLS'] ?? 204) / WORLDS);
const SEED = Number(process.env['BW_SEED'] ?? Date.now() % 1_000_000);

const worlds: KillWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

it('killed (-9) at any moment, nothing is lost and nothing told twice that can be told once', async () => {
  process.stdout.write(`kills: BW_SEED=${SEED} BW_KILLS=${KILLS * WORLDS}\n`);
  await Promise.all(Array.from({ length: WORLDS }, (_, i) => judged(SEED + i)));
}, 900_000);

async function judged(seed: number): Promise<void> {
  const world = new KillWorld(seed);
  worlds.push(world);
  await world.prepare();
  const last = await world.play(KILLS);
  const { receipts, refused } = world.receivers;
  await until('the end of the queue', 10_000, () => waiting(world.database) === 0);
  const metrics = await (
    await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${world.adminToken}` } })
  ).text();
  await last.end('SIGTERM');

  const twice = doubled(receipts);
  const groups = together(receipts);
  const summary = {
    alerts: world.devices.length,
    messages: receipts.length,
    groups: groups.length,
    twice: twice.length,
  };
  process.stdout.write(
    `kills of seed ${seed}: ${JSON.stringify({ ...Object.fromEntries([...world.kills].sort()), ...summary })}\n`,
  );
  expect([...world.kills.values()].reduce((a, b) => a + b, 0)).toBe(KILLS);
  expect(refused).toEqual([]);
  expect(faultsOf(receipts, world.devices, world.underWay)).toEqual([]);
  expect(groups.length).toBeGreaterThan(0);

  // Each repeat was counted by the process that sent it: in its log, and where it still can be asked, in its metric.
  const counted = world.processes.map(({ log }) =>
    log.filter(({ msg }) => msg.startsWith('sent again')).map((line) => String(line['id'])),
  );
  for (const { wire, run, target } of twice) expect(counted[run], `${target} ${wire}`).toContain(wire);
  const again = last.log.filter(({ msg }) => msg.startsWith('sent again'));
  const total = [...metrics.matchAll(/^bellwether_collector_deliveries_repeated_total\{.*\} (\d+)$/gm)];
  expect(again.length).toBeGreaterThan(0);
  expect(total.reduce((sum, [, n]) => sum + Number(n), 0)).toBe(again.flatMap((line) => line['references']).length);
  await eventsAgree(world.database, world.devices.length);
}

function waiting(database: string): number {
  const db = new DatabaseSync(database, { readOnly: true });
  // The safety net's turn never comes: those are withdrawn.
  const row = db.prepare("select count(*) as n from outbox where status in ('waiting', 'sending')").get();
  db.close();
  return Number(row!['n']);
}

/** Each alert began and ended once, and is what its events say. */
async function eventsAgree(database: string, alerts: number): Promise<void> {
  const db = openState(database);
  try {
    const stored = await listAlerts(db, { school: 'hill', limit: 100_000 });
    expect(stored).toHaveLength(alerts);
    for (const alert of stored) {
      const events = await listEvents(db, alert.id);
      expect(foldEvents(events)).toEqual(alert);
      expect(events.filter(({ type }) => type === 'opened' || type === 'resolved').map(({ type }) => type)).toEqual([
        'opened',
        'resolved',
      ]);
      expect(events.filter(({ type }) => type === 'notified').length).toBeGreaterThanOrEqual(14);
    }
  } finally {
    await db.destroy();
  }
}
