import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, expect, it, vi } from 'vitest';
import { channelRegistry } from '../../../collector/notify/channels/channel.ts';
import { WebhookChannel } from '../../../collector/notify/channels/webhook.ts';
import { Outbox } from '../../../collector/notify/outbox.ts';
import { AlertPipeline } from '../../../collector/notify/pipeline.ts';
import { listEvents } from '../../../collector/state/alerts.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { accept, startReceiver } from './channels/receiver.ts';
import {
  alert,
  change,
  decision,
  deps,
  directory,
  responsibility,
  schoolDirectory,
  step,
  testState,
} from './fixtures.ts';

/** Real sockets, the real clock, a database on disk. */
const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const fn of undo.splice(0).reverse()) await fn();
});

async function receiver(...args: Parameters<typeof startReceiver>) {
  const started = await startReceiver(...args);
  undo.push(started.close);
  return started;
}

async function stateFile(): Promise<{ db: StateDb; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'bellwether-outbox-'));
  const file = join(folder, 'state.db');
  const db = await testState(systemClock, file);
  undo.push(
    () => rm(folder, { recursive: true, force: true }),
    () => db.destroy(),
  );
  return { db, file };
}

const at = (contact: string, address: string) => ({
  type: 'webhook',
  id: 'phone',
  address,
  secrets: [SECRET],
  contact,
});

/** Of the well-known ports: one that was free a moment ago may be another test's by now. */
const NOBODY = 'http://127.0.0.1:9/hook';

it('a receiver that hangs, one that is not there and one that fails at first: the fourth has its message at once', async () => {
  const { db } = await stateFile();
  const hangs = await receiver(() => {});
  let failures = 0;
  const flaky = await receiver((res) => {
    res.writeHead(failures++ === 0 ? 500 : 204).end();
  });
  const well = await receiver(accept);
  const urls: Record<string, string> = { a: hangs.url, b: NOBODY, c: flaky.url, d: well.url };
  const school = schoolDirectory((contact) => [at(contact, urls[contact]!)]);
  const parts = { db, ...deps(systemClock), directory: directory(school) };
  const webhook = new WebhookChannel({ ...parts, policy: () => ({ allow: ['127.0.0.0/8'], ports: [] }) });
  const outbox = new Outbox({ ...parts, channels: channelRegistry([webhook]), graceMs: 0 });
  const pipeline = new AlertPipeline({
    ...parts,
    outbox,
    responsibility: responsibility(decision({ steps: [step('provider', 'a,b,c,d', 0)] })),
  });
  const stop = new AbortController();
  const running = outbox.run(stop.signal);
  undo.push(
    () => running,
    () => stop.abort(),
  );
  const began = systemClock.monotonic();
  await pipeline.apply([change('opened')]);
  await vi.waitFor(() => expect(well.got).toHaveLength(1), { timeout: 5_000, interval: 5 });
  expect(systemClock.monotonic() - began).toBeLessThan(2_000);
  expect(new Webhook(SECRET).verify(well.got[0]!.body, well.got[0]!.headers as Record<string, string>)).toMatchObject({
    type: 'alert.open',
    data: { responsibility: { contact: 'd' } },
  });
  // 5 s after its failure the other one has it too, by the same id, while the first still hangs.
  await vi.waitFor(() => expect(flaky.got).toHaveLength(2), { timeout: 10_000, interval: 50 });
  expect(new Set(flaky.got.map((g) => g.id)).size).toBe(1);
  expect(hangs.got).toHaveLength(1);
  const notified = async () =>
    (await listEvents(db, alert().id)).filter((e) => e.type === 'notified').map((e) => e.detail['contact']);
  await vi.waitFor(async () => expect((await notified()).sort()).toEqual(['c', 'd']), { timeout: 5_000, interval: 20 });
});

it('killed (-9) again and again in the middle of sending: every message arrives, always with the same id and body', async () => {
  const MESSAGES = 120;
  const CONTACTS = 6;
  const KILLS = 4;
  const EACH = 20;
  const { db, file } = await stateFile();
  const bodies = new Map<string, string>();
  let changed = 0;
  let left = EACH;
  const phone = await receiver((res, got) => {
    if (bodies.has(got.id) && bodies.get(got.id) !== got.body) changed++;
    bodies.set(got.id, got.body);
    // From then on it takes messages and does not answer: they are under way when the sender is killed.
    if (left-- > 0) accept(res);
  });
  await fill(db, MESSAGES, CONTACTS);
  for (let kill = 0; kill < KILLS; kill++) {
    left = EACH;
    const child = run(file, `http://127.0.0.1:${phone.port}`);
    await vi.waitFor(() => expect(left).toBe(-CONTACTS), { timeout: 30_000, interval: 2 });
    await ended(child);
  }
  left = Number.POSITIVE_INFINITY;
  const last = run(file, `http://127.0.0.1:${phone.port}`);
  await vi.waitFor(async () => expect(await unsent(db)).toBe(0), { timeout: 30_000, interval: 20 });
  await ended(last);
  expect(bodies.size).toBe(MESSAGES);
  expect(changed).toBe(0);
  // At least once: what was under way at a kill came again. Two more per kill where an answer was lost on its way.
  expect(phone.got.length).toBeGreaterThanOrEqual(MESSAGES + CONTACTS * KILLS);
  expect(phone.got.length).toBeLessThanOrEqual(MESSAGES + 2 * CONTACTS * KILLS);
}, 120_000);

async function ended(child: ChildProcess): Promise<void> {
  await new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGKILL');
  });
}

async function fill(db: StateDb, messages: number, contacts: number): Promise<void> {
  const school = schoolDirectory((contact) => [at(contact, 'unused')]);
  const parts = { db, ...deps(systemClock), directory: directory(school), outbox: { notify: () => {} } };
  const pipelines = Array.from(
    { length: contacts },
    (_, c) =>
      new AlertPipeline({
        ...parts,
        metrics: deps(systemClock).metrics,
        responsibility: responsibility(decision({ steps: [step('provider', `contact-${c}`, 0)] })),
      }),
  );
  for (let n = 0; n < messages; n++) {
    const of = alert({ id: `a${n}`, key: `a${n}`, summary: `number ${n}` });
    await pipelines[n % contacts]!.apply([change('opened', of)]);
  }
}

async function unsent(db: StateDb): Promise<number> {
  const row = await db
    .selectFrom('outbox')
    .select((o) => o.fn.countAll().as('n'))
    .where('status', '<>', 'sent')
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

function run(file: string, address: string): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'outbox-child.ts'), file, address, SECRET], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  undo.push(() => child.exitCode === null && child.signalCode === null && child.kill('SIGKILL'));
  return child;
}
