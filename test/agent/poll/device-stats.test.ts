import { describe, expect, it } from 'vitest';
import type { Stretch } from '../../../agent/poll/device-stats.ts';
import { pass, poll, polled, START, silence, statsOf } from './poll-fixture.ts';

describe('counts since the start', () => {
  it('add up what polls say', () => {
    const stats = statsOf('sw');
    const polls = [poll(START), silence(START + 60_000), silence(START + 120_000)];
    for (const one of polls) stats.polled(one, one.time + one.durationMs);
    stats.tickSkipped(2);
    stats.withoutRate({ renumbered: 3 });
    stats.withoutRate({ renumbered: 1 });
    stats.withoutRate({});
    stats.fault('late', 'x', START);
    stats.fault('wrong_source', '192.0.2.9 port 161', START + 5);
    stats.askedAnew('max-repetitions reduced to 10', START + 7);
    expect(stats).toMatchObject({
      ok: 1,
      requests: 16,
      retries: 2,
      timeouts: 4,
      skipped: 2,
      adapted: 1,
      faults: { malformed: 0, wrong_source: 1, late: 1 },
      lastOutcome: 'BW_SNMP_TIMEOUT',
      lastMs: 4000,
      lastTime: START + 120_000,
      stranger: { text: '192.0.2.9 port 161', at: START + 5 },
      adaptation: { text: 'max-repetitions reduced to 10', at: START + 7 },
    });
    expect([...stats.failed!]).toEqual([['BW_SNMP_TIMEOUT', 2]]);
    expect([...stats.ratesMissing!]).toEqual([['renumbered', 4]]);
    expect(stats.lastGapMs).toBe(60_000);
  });

  it('keep the readings of facts by kind and outcome', () => {
    const stats = statsOf('sw');
    stats.readFacts(pass('full'), 900, { sent: 40, answers: 40, retries: 1, timeouts: 1 });
    stats.readFacts(pass('vitals'), 40, { sent: 3, answers: 3, retries: 0, timeouts: 0 });
    stats.readFacts(pass('vitals', 'BW_SNMP_BUDGET', 7), 50, undefined);
    stats.readFacts(pass('full', 'BW_SNMP_ERROR'), 800, { sent: 41, answers: 41, retries: 0, timeouts: 0 });
    expect(stats).toMatchObject({ requests: 84, retries: 1, timeouts: 1, now: { requests: 84, timeouts: 1 } });
    const seen = [...stats.facts!].map(([kind, { lastMs, outcomes, fault }]) => [kind, lastMs, fault, ...outcomes]);
    // An error status concerns single objects, and is no reason to name the device.
    expect(seen).toEqual([
      ['full', 800, undefined, ['ok', 1], ['BW_SNMP_ERROR', 1]],
      ['vitals', 50, 'why', ['ok', 1], ['BW_SNMP_BUDGET', 1]],
    ]);
    expect([stats.factsDropped, stats.now.factsMs]).toEqual([7, 1790]);
  });
});

describe('stretches', () => {
  /** Minutes after the first poll at which a stretch is over, with the polls in it. */
  function closings(intervalMs: number, polls: number, jitter: (i: number) => number = () => 0): [number, number][] {
    const stats = statsOf('sw', intervalMs);
    const found: [number, number][] = [];
    for (let i = 0; i < polls; i++) {
      const one = poll(START + i * intervalMs + jitter(i));
      const closed: Stretch | undefined = stats.polled(one, one.time + one.durationMs);
      if (closed) found.push([Math.round((one.time - START) / 60_000), closed.polls]);
    }
    return found;
  }

  it.each([
    [
      'every minute',
      60_000,
      12,
      [
        [1, 1],
        [6, 5],
        [11, 5],
      ],
    ],
    [
      'every second',
      1_000,
      700,
      [
        [1, 60],
        [6, 300],
        [11, 300],
      ],
    ],
    [
      'every half hour',
      1_800_000,
      4,
      [
        [30, 1],
        [60, 1],
        [90, 1],
      ],
    ],
  ] as const)(
    'end soon after the start, then every 5 minutes or interval: polled %s',
    (_name, interval, polls, ends) => {
      expect(closings(interval, polls)).toEqual(ends);
      expect(closings(interval, polls, (i) => (i % 2 === 0 ? 0 : 40))).toEqual(ends);
    },
  );

  it('the longest poll, the gaps and what was spared are of the stretch', () => {
    const spared = {
      outcome: 'BW_SNMP_TIMEOUT',
      evidence: 'silent',
      durationMs: 1,
      stats: { sent: 0, answers: 0, retries: 0, timeouts: 0 },
    } as const;
    const { before, now } = polled([{}, { durationMs: 90 }, spared, {}]);
    expect(before).toMatchObject({ polls: 1, longestMs: 20, gaps: 0 });
    expect(now).toMatchObject({
      polls: 3,
      spared: 1,
      failed: 1,
      longestMs: 90,
      pollMs: 110,
      gaps: 3,
      gapMs: 180_000,
      requests: 24,
    });
  });

  it('begin anew with a poller, while the counts go on: the time without polls is no gap', () => {
    const stats = polled([{}, {}]);
    stats.begin(30_000);
    const one = poll(START + 3_600_000);
    stats.polled(one, one.time + one.durationMs);
    expect(stats).toMatchObject({ ok: 3, intervalMs: 30_000, before: undefined });
    expect(stats.now).toMatchObject({ polls: 1, gaps: 0 });
  });
});
