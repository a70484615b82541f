import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Evaluator } from '../../collector/alert/evaluator.ts';
import type { ThresholdRule } from '../../collector/alert/rule.ts';
import { Intake } from '../../collector/intake.ts';
import { AlertPipeline } from '../../collector/notify/pipeline.ts';
import { AgentRegistry } from '../../collector/state/agents.ts';
import { listAlerts } from '../../collector/state/alerts.ts';
import type { StateDb } from '../../collector/state/database.ts';
import { lost, type SchoolTransaction, schoolTransactions } from '../../collector/state/school-transaction.ts';
import type { MetricStore } from '../../collector/storage/storage.ts';
import type { Sample } from '../../core/sample.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { freshState } from '../support/state-backend.ts';
import { decision, deps, directory, responsibility } from './notify/fixtures.ts';

/** What is decided of a batch, where schools go from one collector to another and the database may be away. */
const RULE: ThresholdRule = {
  kind: 'threshold',
  name: 'door-open',
  domain: 'infrastructure',
  severity: 'critical',
  summary: 'open',
  measurement: 'door',
  field: 'open',
  scope: {},
  direction: 'above',
  threshold: 0,
  clear: 0,
  forMs: 5_000,
  clearForMs: 0,
};
const store = {
  write: async (samples: readonly Sample[]) => ({ written: samples.length, rejected: [] }),
} as unknown as MetricStore;

let clock: FakeClock;
let db: StateDb;
beforeEach(async () => {
  clock = new FakeClock();
  db = await freshState(clock);
});
afterEach(() => db.destroy());

/** A collector as far as its intake goes. `away`: schools whose transactions fail, and how. */
class Collector {
  readonly away = new Map<string, Error>();
  readonly intake: Intake;
  static ids = 0;

  constructor() {
    const inSchool: SchoolTransaction = async (school, work) => {
      const error = this.away.get(school);
      if (error) throw error;
      return schoolTransactions(db)(school, work);
    };
    const basic = { db, ...deps(clock), inSchool };
    const outbox = { notify: () => {} };
    const pipeline = new AlertPipeline({
      ...basic,
      outbox,
      directory: directory(),
      responsibility: responsibility(decision()),
    });
    const evaluator = new Evaluator({ rules: [RULE], newId: () => `alert-${++Collector.ids}` });
    this.intake = new Intake({ ...basic, store, evaluator, pipeline, agents: new AgentRegistry(db, clock) });
  }

  async door(school: string, open: 0 | 1): Promise<void> {
    const time = clock.now();
    const sample: Sample = {
      measurement: 'door',
      tags: { school, site: 'main', door: 'gate' },
      fields: { open },
      time,
    };
    const batch = { school, site: 'main', samples: [sample], receivedAt: time };
    await this.intake.take(batch, new AbortController().signal);
  }
}

const states = async () => (await listAlerts(db)).map(({ school, state }) => `${school} ${state}`).sort();

it('what one collector has begun, the next ends: a wait goes on, and an alert resolves', async () => {
  const [a, b] = [new Collector(), new Collector()];
  await a.intake.takeUp('north');
  await a.door('north', 1);
  expect(await states()).toEqual(['north pending']);
  a.intake.giveUp('north');
  await b.intake.takeUp('north');
  await clock.advance(6_000);
  await b.door('north', 1);
  expect(await states()).toEqual(['north open']);
  b.intake.giveUp('north');
  await a.intake.takeUp('north');
  await clock.advance(1_000);
  await a.door('north', 0);
  expect(await states()).toEqual(['north resolved']);
  expect(await db.selectFrom('rule_state').select('key').where('state', 'like', '%"phase":"open"%').execute()).toEqual(
    [],
  );
});

describe('a batch of a school that this one does not answer for', () => {
  it('is refused, so that its sender keeps it', async () => {
    const a = new Collector();
    await expect(a.door('north', 1)).rejects.toMatchObject({ code: 'BW_LEASE' });
    expect(await states()).toEqual([]);
  });

  it('is refused when that shows as it is written down, and nothing is left here of what was decided', async () => {
    const a = new Collector();
    await a.intake.takeUp('north');
    a.away.set('north', lost('north'));
    await expect(a.door('north', 1)).rejects.toMatchObject({ code: 'BW_LEASE' });
    a.intake.giveUp('north');
    a.away.clear();
    await a.intake.takeUp('north');
    await a.intake.observe([]);
    await clock.advance(10_000);
    await a.door('north', 0);
    expect(await states()).toEqual([]);
  });
});

it('what cannot be written down comes again with the next, and holds no other school up', async () => {
  const a = new Collector();
  for (const school of ['north', 'south']) await a.intake.takeUp(school);
  a.away.set('north', new Error('disk on fire'));
  await expect(a.door('north', 1)).rejects.toMatchObject({ code: 'BW_STATE', retryable: true });
  await a.door('south', 1);
  expect(await states()).toEqual(['south pending']);
  a.away.clear();
  await clock.advance(6_000);
  await a.door('north', 1);
  expect(await states()).toEqual(['north open', 'south pending']);
});
