import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pushMetrics } from '../../agent/push/push-metrics.ts';
import { type AgentStatus, agentSample, reportItself } from '../../agent/self-report.ts';
import type { SqliteSpool } from '../../agent/spool/sqlite-spool.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';
import { SelfMetrics } from '../../runtime/self-metrics.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { recordingLogger, startedSpool, type TempDir, tempDir } from './spool/fixture.ts';

const NOW = Date.UTC(2026, 9, 5, 14);
const ME = { host: 'mini-pc', version: '1.2.3' };
const STATUS: AgentStatus = {
  time: NOW,
  uptimeMs: 130_500,
  targets: 12,
  polls: { ok: 20, failed: 3 },
  spool: { records: 7, bytes: 28_672, oldestTime: NOW - 90_500, dropped: { full: 40, age: 30, disk: 20, corrupt: 10 } },
  rejectedLines: 5,
  rssBytes: 70_000_000,
};

describe('the sample', () => {
  it('says how the agent is doing, counts since its start and drops since the report before', () => {
    expect(agentSample(ME, STATUS, { uptimeMs: 70_500, droppedLines: 70 })).toEqual({
      measurement: 'agent',
      tags: { host: 'mini-pc' },
      time: NOW,
      fields: {
        uptime_s: 130.5,
        targets: 12n,
        polls_ok: 20n,
        polls_failed: 3n,
        spool_records: 7n,
        spool_bytes: 28_672n,
        spool_oldest_age_s: 90.5,
        dropped_lines: 100n,
        dropped_lines_per_min: 30,
        rejected_lines: 5n,
        rss_bytes: 70_000_000n,
        version: '1.2.3',
      },
    });
  });

  it.each([
    ['an empty spool', undefined, 0],
    ['a wall clock that was set back', NOW + 5_000, 0],
  ])('has no age for %s', (_name, oldestTime, age) => {
    const { fields } = agentSample(
      ME,
      { ...STATUS, spool: { ...STATUS.spool, oldestTime } },
      { uptimeMs: 0, droppedLines: 0 },
    );
    expect(fields['spool_oldest_age_s']).toBe(age);
  });
});

describe('the loop', () => {
  let dir: TempDir;
  let clock: FakeClock;
  let metrics: SelfMetrics;
  let spool: SqliteSpool;
  let abort: AbortController;
  let running: Promise<void>;
  let seen: Sample[];
  let room: boolean;
  let targets: number;
  let polls: { ok: number; failed: number };
  const recorder = recordingLogger();

  beforeEach(() => {
    dir = tempDir();
    clock = new FakeClock(NOW);
    metrics = new SelfMetrics();
    spool = startedSpool(dir, { clock, metrics, maxAgeMs: 3_600_000 });
    abort = new AbortController();
    seen = [];
    room = true;
    targets = 2;
    polls = { ok: 0, failed: 0 };
    const emit = (samples: readonly Sample[]): boolean => {
      if (room) seen.push(...samples);
      return room;
    };
    const read = { polls: () => polls, targets: () => targets, rssBytes: () => 1 };
    running = reportItself({ ...ME, ...read, clock, log: recorder.log, metrics, spool, emit }, abort.signal);
  });

  afterEach(async () => {
    abort.abort();
    await running;
    spool.stop();
    dir.remove();
  });

  const fieldsAt = (i: number): Readonly<Record<string, FieldValue>> => seen.at(i)!.fields;

  /** Loses `lines` for being too old on arrival. */
  function lose(lines: number): void {
    spool.append('m v=1\n'.repeat(lines), { lines, time: clock.now() - 7_200_000 });
  }

  it('reports after 10 s and then every minute, until it is stopped', async () => {
    await clock.advance(9_999);
    expect(seen).toEqual([]);
    await clock.advance(120_001);
    expect(seen.map((s) => s.time - NOW)).toEqual([10_000, 70_000, 130_000]);
    expect(seen.map((s) => s.fields['uptime_s'])).toEqual([10, 70, 130]);
    abort.abort();
    await running;
    expect(clock.sleeping).toBe(0);
  });

  it('takes its numbers from where they are counted', async () => {
    polls = { ok: 4, failed: 2 };
    const { lines } = pushMetrics(metrics, () => true);
    lines.inc({ result: 'stored' }, 100);
    lines.inc({ result: 'rejected' }, 6);
    spool.append('m v=1\n', { lines: 1, time: NOW - 20_000 });
    await clock.advance(10_000);
    expect(fieldsAt(-1)).toMatchObject({
      targets: 2n,
      polls_ok: 4n,
      polls_failed: 2n,
      rejected_lines: 6n,
      spool_records: 1n,
      spool_oldest_age_s: 30,
      dropped_lines: 0n,
      dropped_lines_per_min: 0,
    });
    expect(fieldsAt(-1)['spool_bytes']).toBe(BigInt(spool.stats().bytes));

    targets = 5;
    polls = { ok: 5, failed: 2 };
    await clock.advance(60_000);
    expect(fieldsAt(-1)).toMatchObject({ targets: 5n, polls_ok: 5n, polls_failed: 2n });
  });

  it('tells the drops of the minute before, and none once they are over', async () => {
    await clock.advance(10_000);
    lose(30);
    await clock.advance(60_000);
    spool.peek({ maxBytes: 1 });
    await clock.advance(60_000);
    await clock.advance(60_000);
    expect(seen.map((s) => [s.fields['dropped_lines'], s.fields['dropped_lines_per_min']])).toEqual([
      [0n, 0],
      [0n, 0],
      [30n, 30],
      [30n, 0],
    ]);
  });

  it('tells drops later when the report itself was lost, over the whole time', async () => {
    await clock.advance(10_000);
    lose(30);
    await clock.advance(60_000);
    spool.peek({ maxBytes: 1 });
    room = false;
    await clock.advance(60_000);
    room = true;
    await clock.advance(60_000);
    expect(seen.map((s) => s.fields['dropped_lines_per_min'])).toEqual([0, 0, 15]);
  });

  it('goes on after a spool that cannot be read', async () => {
    spool.stats = () => {
      throw new Error('disk I/O error');
    };
    await clock.advance(10_000);
    expect(seen).toEqual([]);
    expect(recorder.messages()).toContain('the agent could not report on itself');
    spool.stats = () => ({ ...STATUS.spool, lines: 0, lastId: 0 });
    await clock.advance(60_000);
    expect(fieldsAt(-1)['dropped_lines']).toBe(100n);
  });
});
