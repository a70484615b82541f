import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logPolling, pollingSummary } from '../../../agent/poll/polling-log.ts';
import type { PollingRow } from '../../../core/polling-api.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { recordingLogger } from '../spool/fixture.ts';

function row(device: string, more: Partial<PollingRow> = {}): PollingRow {
  return {
    ...{ device, verdict: 'ok', cause: '', time: 0, meanMs: 20, maxMs: 20, sharePercent: 0.03, intervalS: 60 },
    ...{ wantedIntervalS: 60, polls: 5, failed: 0, skipped: 0, requests: 60, retries: 0, timeouts: 0 },
    ...more,
  };
}

const slow = row('slow', { verdict: 'slow', cause: '12 requests take 20.0 s', sharePercent: 33, meanMs: 20_000 });
const silent = row('gone', { verdict: 'silent', cause: 'no answer within 2000 ms', sharePercent: 50 });

describe('the summary', () => {
  it('names those that are not well, silent ones last, with the cause', () => {
    expect(pollingSummary([row('a'), silent, slow])).toEqual({
      devices: 3,
      verdicts: { failing: 0, late: 0, lossy: 0, slow: 1, silent: 1, ok: 1 },
      slowest: [
        {
          ...{ device: 'slow', verdict: 'slow', cause: '12 requests take 20.0 s', meanMs: 20_000 },
          ...{ sharePercent: 33, intervalS: 60, timeouts: 0 },
        },
        expect.objectContaining({ device: 'gone' }),
      ],
    });
  });

  it('names ten at most, and counts them all', () => {
    const rows = Array.from({ length: 40 }, (_, i) => row(`d${i}`, { verdict: 'slow', sharePercent: 30 + i }));
    const { slowest, verdicts } = pollingSummary(rows);
    expect(verdicts.slow).toBe(40);
    expect(slowest.map(({ device }) => device)).toEqual(Array.from({ length: 10 }, (_, i) => `d${39 - i}`));
  });
});

describe('in the log', () => {
  let clock: FakeClock;
  let rows: PollingRow[];
  let abort: AbortController;
  let running: Promise<void>;
  let recorder: ReturnType<typeof recordingLogger>;

  beforeEach(() => {
    clock = new FakeClock();
    rows = [row('a')];
    abort = new AbortController();
    recorder = recordingLogger();
    running = logPolling({ clock, log: recorder.log, book: { rows: () => [...rows] } }, abort.signal);
  });
  afterEach(async () => {
    abort.abort();
    await running;
    expect(clock.sleeping).toBe(0);
  });

  const HOUR = 3_600_000;
  const said = (): unknown[] =>
    recorder.entries.splice(0).map(({ msg, slowest }) => [msg, (slowest as { device: string }[]).map((s) => s.device)]);

  it('is one line soon after the start, and silence as long as all goes well', async () => {
    await clock.advance(149_999);
    expect(said()).toEqual([]);
    await clock.advance(1);
    expect(said()).toEqual([['polling goes well', []]]);
    await clock.advance(24 * HOUR);
    expect(said()).toEqual([]);
  });

  it('is a line an hour while some are slow, and one when none is any more', async () => {
    rows = [row('a'), slow];
    await clock.advance(150_000);
    expect(said()).toEqual([['slowest devices', ['slow']]]);
    rows = [slow, silent];
    await clock.advance(2 * HOUR);
    expect(said()).toEqual(Array(2).fill(['slowest devices', ['slow', 'gone']]));
    rows = [row('slow')];
    await clock.advance(3 * HOUR);
    expect(said()).toEqual([['polling goes well', []]]);
  });

  it('is nothing of an agent that polls nothing over SNMP', async () => {
    rows = [];
    await clock.advance(150_000);
    expect(said()).toEqual([]);
  });
});
