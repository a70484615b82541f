import { afterAll, beforeAll, expect, it } from 'vitest';
import { foldEvents } from '../../collector/alert/life.ts';
import { listAlerts, listEvents } from '../../collector/state/alerts.ts';
import { systemClock } from '../../runtime/clock.ts';
import { until } from '../support/process.ts';
import { random } from '../support/random.ts';
import { Cluster, type Member, SECRET } from './cluster.ts';
import { Door } from './doors.ts';
import { StrictReceiver } from './strict-receiver.ts';

/**
 * Two collectors on one PostgreSQL while doors are opened and shut: each is killed, stopped for a while and started again at random moments, and
 * the database restarted. Whatever happens, everybody is told once of each alert and once of its end.
 */
const SEED = Number(process.env['FAILOVER_SEED'] ?? 20261124);
const KILLS = Number(process.env['FAILOVER_KILLS'] ?? 40);
const SCHOOLS = ['north', 'south', 'east', 'west', 'hill', 'lake'];
const DOORS = 3;
/** What issue and users are promised. */
const TAKEN_WITHIN_MS = 10_000;
/** Kills after which nothing else happens until the other has taken over. */
const MEASURED = 4;
const IN_A_ROW = 9;

const chance = random(SEED);
const receiver = new StrictReceiver(SECRET, random(SEED + 1));
let cluster: Cluster;
const takeovers: number[] = [];
beforeAll(async () => {
  cluster = await Cluster.start({ schools: SCHOOLS, receiver: await receiver.start() });
}, 90_000);
afterAll(async () => {
  await cluster?.stop();
  await receiver.stop();
}, 30_000);

const pause = (upToMs: number): Promise<void> => systemClock.sleep(chance() * upToMs);
const pick = (): [Member, Member] =>
  (chance() < 0.5 ? [...cluster.members] : [...cluster.members].reverse()) as [Member, Member];

/** In the middle of their work, and of their start. */
async function killInARow(times: number): Promise<void> {
  const launches = new Map<Member, Promise<void>>();
  for (let n = 0; n < times; n++) {
    const [victim] = pick();
    await pause(1_000);
    await victim.process!.end('SIGKILL');
    await launches.get(victim)?.catch(() => {});
    launches.set(victim, victim.launch());
  }
  await Promise.all(launches.values());
  await pause(2_500);
}

async function killAndWatch(): Promise<void> {
  const [victim, other] = pick();
  await victim.process!.end('SIGKILL');
  takeovers.push(await cluster.heldBy(other, 3 * TAKEN_WITHIN_MS));
  await victim.launch();
}

/** Long enough for the other to take over; then it wakes up in the middle of whatever it was doing. */
async function stopForAWhile(): Promise<void> {
  const [victim, other] = pick();
  victim.process!.child.kill('SIGSTOP');
  takeovers.push(await cluster.heldBy(other, 3 * TAKEN_WITHIN_MS));
  await pause(1_000);
  victim.process!.child.kill('SIGCONT');
}

/** The alerts of a door for which two were told of, or under two ids, or of what was not so. */
async function check(doors: readonly Door[]): Promise<void> {
  expect(receiver.faults).toEqual([]);
  const ids = Map.groupBy(receiver.got, ({ type, contact, alert }) => `${type} ${contact} ${alert.id}`);
  expect([...ids].filter(([, messages]) => messages.length > 1)).toEqual([]);
  const told = new Set(receiver.got.map(({ alert }) => alert.id));
  const expected = new Set(doors.flatMap((door) => door.alerts));
  expect(told).toEqual(expected);
  expect(receiver.got).toHaveLength(2 * expected.size);
  const alerts = await listAlerts(cluster.db, { limit: 100_000 });
  expect(new Set(alerts.map((alert) => alert.id))).toEqual(expected);
  for (const alert of alerts) expect(foldEvents(await listEvents(cluster.db, alert.id))).toEqual(alert);
  // Those whose answer was lost come once more, in their own time; nothing stays half done.
  await until('every message to be settled', 30_000, async () => (await halfDone()).length === 0).catch(tellHalfDone);
}

async function halfDone() {
  const known = new Set(receiver.got.map(({ id }) => id));
  const rows = cluster.db
    .selectFrom('outbox')
    .select(['id', 'alert_id', 'kind', 'channel', 'status', 'attempts', 'last_error']);
  const open = await rows.where('status', 'in', ['waiting', 'sending', 'failed']).execute();
  return open.filter(({ id, status }) => status !== 'waiting' || !known.has(id));
}

async function tellHalfDone(cause: unknown): Promise<never> {
  throw new Error(`${String(cause)}; half done: ${JSON.stringify(await halfDone())}`, { cause });
}

it('either of two collectors may die at any moment', { timeout: 240_000 }, async () => {
  let over = false;
  const doors = SCHOOLS.flatMap((school, s) =>
    Array.from({ length: DOORS }, (_, d) => new Door(school, `${d}`, { cluster, receiver, turn: s + d })),
  );
  const used = Promise.all(doors.map((door) => door.use(() => over)));
  const chaos = async (): Promise<void> => {
    for (let left = KILLS - MEASURED; left > 0; left -= IN_A_ROW) {
      await killInARow(Math.min(left, IN_A_ROW));
      if (left > KILLS / 2 && left - IN_A_ROW <= KILLS / 2) await cluster.postgres.restart('immediate');
    }
    await stopForAWhile();
    for (let n = 0; n < MEASURED; n++) await killAndWatch();
    await stopForAWhile();
  };
  await Promise.race([chaos(), used])
    .catch(tellHalfDone)
    .finally(() => {
      over = true;
    });
  await used.catch(tellHalfDone);
  await check(doors);
  expect(takeovers.filter((ms) => ms > TAKEN_WITHIN_MS)).toEqual([]);
  const cycles = doors.map((door) => door.alerts.length);
  process.stdout.write(
    `${KILLS} kills: ${cycles.reduce((a, b) => a + b)} alerts, ${receiver.repeats} repeated messages, taken over within ${Math.round(Math.max(...takeovers))} ms\n`,
  );
  expect(Math.min(...cycles)).toBeGreaterThan(0);
  for (const member of cluster.members) expect(await member.process!.end('SIGTERM')).toBe(0);
  expect(await cluster.holders()).toEqual(new Map());
});
