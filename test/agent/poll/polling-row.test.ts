import { describe, expect, it } from 'vitest';
import type { DeviceStats } from '../../../agent/poll/device-stats.ts';
import { pollingRow } from '../../../agent/poll/polling-row.ts';
import { pass, poll, polled, START, silence, statsOf } from './poll-fixture.ts';

const NOW = START + 180_000;
const lossy = { durationMs: 2020, stats: { sent: 13, answers: 12, retries: 1, timeouts: 1 } };
const wrongSource = {
  outcome: 'BW_SNMP_SOURCE',
  detail: 'reply from another address: asked 192.0.2.1 port 161, the answer came from 192.0.2.9 port 161',
  evidence: 'failing',
  durationMs: 4000,
} as const;
const cut = { outcome: 'BW_SNMP_BUDGET', detail: 'the time budget of this poll is spent', durationMs: 48_000 } as const;

const twice = <T>(one: T): T[] => [one, one];
const once = (stats: DeviceStats, happens: (stats: DeviceStats) => void): DeviceStats => {
  happens(stats);
  return stats;
};

describe('what a device is said to be, and why', () => {
  it.each<[string, DeviceStats, string, string]>([
    ['well', polled([{}, {}]), 'ok', ''],
    ['not yet polled', statsOf('sw'), 'ok', ''],
    ['one lost packet', polled([{}, {}, lossy]), 'ok', '1 of 37 requests without an answer in time'],
    ['lost packets', polled([lossy, lossy]), 'lossy', '2 of 26 requests without an answer in time'],
    [
      'lost packets, few of many',
      polled([lossy, lossy, ...Array(20).fill({})]),
      'ok',
      // The first stretches are over.
      '',
    ],
    ['slow', polled(twice({ durationMs: 15_000 })), 'slow', '12 requests take 15.0 s'],
    ['just not slow', polled(twice({ durationMs: 14_900 })), 'ok', ''],
    [
      'slow for its facts',
      once(polled([{}]), (s) =>
        s.readFacts(pass('full'), 30_000, { sent: 300, answers: 300, retries: 0, timeouts: 0 }),
      ),
      'slow',
      'facts take 30.0 s a poll; 312 requests take 30.0 s',
    ],
    [
      'well, but for its facts',
      once(polled([{}]), (s) => s.readFacts(pass('vitals', 'BW_SNMP_BUDGET'), 5_000, undefined)),
      'ok',
      'its facts: why',
    ],
    ['answers from elsewhere', polled(twice(wrongSource)), 'failing', wrongSource.detail],
    [
      'answers from elsewhere beside good ones',
      once(polled([{}]), (s) => s.fault('wrong_source', '192.0.2.9 port 161', NOW)),
      'ok',
      'reply from another address: 192.0.2.9 port 161',
    ],
    [
      'asked for less, and still cut',
      once(polled([cut, cut]), (s) => s.askedAnew('max-repetitions reduced to 10', NOW)),
      'failing',
      'the time budget of this poll is spent; max-repetitions reduced to 10',
    ],
    [
      'asked for less, and well',
      once(polled([lossy, lossy]), (s) => s.askedAnew('max-repetitions reduced to 10', NOW)),
      'lossy',
      'max-repetitions reduced to 10; 2 of 26 requests without an answer in time',
    ],
    ['cut short', polled([cut, cut]), 'failing', 'the time budget of this poll is spent; 12 requests take 48.0 s'],
    [
      'failing every other time',
      polled([cut, {}, cut, {}]),
      'failing',
      '2 of 4 polls failed, the last by: the time budget of this poll is spent',
    ],
    [
      'failing now and then',
      polled([{}, cut, {}]),
      'slow',
      '1 of 3 polls failed, the last by: the time budget of this poll is spent; 12 requests take 16.0 s',
    ],
    [
      'answers too late',
      once(polled([lossy, lossy]), (s) => twice('').map(() => s.fault('late', '', NOW))),
      'lossy',
      '2 answers after the timeout; 2 of 26 requests without an answer in time',
    ],
    [
      'misses ticks',
      once(polled([{}]), (s) => s.tickSkipped(1)),
      'late',
      '1 poll left out: the one before still went on',
    ],
    [
      'silent',
      polled([silence(0), silence(0)].map(({ time: _time, ...rest }) => rest)),
      'silent',
      'no answer within 2000 ms',
    ],
    [
      'without an address',
      polled([
        {
          outcome: 'BW_HOST_UNKNOWN',
          detail: 'no address for sw',
          evidence: 'unknown',
          stats: { sent: 0, answers: 0, retries: 0, timeouts: 0 },
        },
      ]),
      'failing',
      'no address for sw',
    ],
  ])('%s', (_name, stats, verdict, cause) => {
    const row = pollingRow(stats, NOW);
    expect([row.verdict, row.cause]).toEqual([verdict, cause]);
  });

  it('late is who is asked less often than wanted, whoever is to blame', () => {
    const stats = statsOf('sw');
    for (const at of [0, 60_000, 124_000, 190_000]) {
      const one = poll(START + at);
      stats.polled(one, one.time + one.durationMs);
    }
    expect(pollingRow(stats, NOW)).toMatchObject({ verdict: 'late', cause: 'polls begin too late', intervalS: 63.333 });
  });

  it('what happened an hour ago explains nothing any more', () => {
    const stats = once(polled([{}]), (s) => s.askedAnew('the interface table has changed', START));
    expect(pollingRow(stats, START + 3_599_999).cause).toBe('the interface table has changed');
    expect(pollingRow(stats, START + 3_600_000).cause).toBe('');
  });

  it('after a reload nothing is held against a device: it may be mended', () => {
    const { time: _time, ...silent } = silence(0);
    const stats = once(polled([silent, silent]), (s) => {
      s.fault('wrong_source', '192.0.2.9 port 161', NOW);
      s.askedAnew('max-repetitions reduced to 10', NOW);
      s.readFacts(pass('vitals', 'BW_SNMP_BUDGET'), 5_000, undefined);
    });
    expect(pollingRow(stats, NOW).verdict).toBe('silent');
    stats.begin(60_000);
    expect(pollingRow(stats, NOW)).toMatchObject({ verdict: 'ok', cause: '', polls: 0 });
    expect(stats.failed?.get('BW_SNMP_TIMEOUT')).toBe(2);
  });

  it('a cause is never long', () => {
    const stats = polled([{ outcome: 'BW_SNMP_MALFORMED', detail: 'x'.repeat(5_000), evidence: 'failing' }]);
    expect(pollingRow(stats, NOW).cause).toHaveLength(200);
  });
});

describe('the figures', () => {
  it('are over the last two stretches', () => {
    const stats = polled([lossy, ...Array(6).fill({}), { durationMs: 45.1234 }, {}]);
    expect(pollingRow(stats, NOW)).toEqual({
      device: 'sw',
      verdict: 'ok',
      cause: '',
      time: START + 8 * 60_000,
      meanMs: 23.14,
      maxMs: 45.123,
      sharePercent: 0.039,
      intervalS: expect.closeTo(60, 1),
      wantedIntervalS: 60,
      polls: 8,
      failed: 0,
      skipped: 0,
      requests: 96,
      retries: 0,
      timeouts: 0,
    });
  });

  it('of a device that was never asked are not there', () => {
    expect(pollingRow(statsOf('sw'), NOW)).toMatchObject({
      time: null,
      meanMs: null,
      maxMs: null,
      intervalS: null,
      sharePercent: 0,
    });
  });

  it('polls that sent nothing do not make a silent device fast', () => {
    const { time: _time, ...silent } = silence(0);
    const spared = { ...silent, durationMs: 0, stats: { sent: 0, answers: 0, retries: 0, timeouts: 0 } };
    expect(pollingRow(polled([silent, silent, spared, spared]), NOW)).toMatchObject({
      meanMs: 4000,
      polls: 4,
      failed: 4,
    });
  });
});
