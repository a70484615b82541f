import { describe, expect, it } from 'vitest';
import type { LoggedEvent } from '../../../../collector/engagement/sla/interval.ts';
import { slaClocks } from '../../../../collector/engagement/sla/sla.ts';
import { monthSpan, slaReport } from '../../../../collector/engagement/sla/sla-report.ts';
import { acked, MINUTE, moved, opened, paused, resolved, resumed } from './alert-log.ts';

const target = { ackMs: 15 * MINUTE, updateMs: 60 * MINUTE, resolveMs: 120 * MINUTE, calendar: '24x7' } as const;
const MONTH = { start: 0, end: 1000 * MINUTE };

const logs: Record<string, LoggedEvent[]> = {
  quick: [opened(0, 'provider'), acked(4, 'provider'), resolved(30)],
  slow: [opened(10, 'provider'), acked(30, 'provider'), resolved(60)],
  // Silent after its acknowledgement, then away and back.
  back: [
    opened(100, 'provider'),
    acked(110, 'provider'),
    moved(200, 'provider', 'internal'),
    moved(210, 'internal', 'provider'),
    paused(215, 'provider', 'parts'),
    resumed(300, 'provider'),
    resolved(309),
  ],
  other: [opened(500, 'internal'), resolved(700)],
  open: [opened(990, 'provider')],
  nextMonth: [opened(1000, 'provider'), acked(1001, 'provider')],
};
const computed = Object.entries(logs).map(([alertId, log]) => ({
  alertId,
  clocks: slaClocks(
    log,
    (party) => (party === 'provider' ? target : undefined),
    (_c, from, to) => to - from,
    995 * MINUTE,
  ),
}));

describe('the report of a month', () => {
  it('says of each party what it owned and kept, by name', () => {
    expect(slaReport(computed, MONTH)).toEqual([
      {
        party: 'internal',
        alerts: 2,
        timeToAck: null,
        kept: {
          ack: { met: 0, breached: 0, share: null },
          update: { met: 0, breached: 0, share: null },
          resolve: { met: 0, breached: 0, share: null },
        },
        breaches: [],
        pauses: [],
      },
      {
        party: 'provider',
        alerts: 4,
        timeToAck: { medianMs: 10 * MINUTE, maxMs: 20 * MINUTE },
        kept: {
          // Quick, and both of back: the second by its resolution. Open is not decided.
          ack: { met: 3, breached: 1, share: 0.75 },
          update: { met: 3, breached: 1, share: 0.75 },
          // The first of back moved away undecided.
          resolve: { met: 3, breached: 0, share: 1 },
        },
        breaches: [
          { alertId: 'slow', clock: 'ack', at: 25 * MINUTE },
          { alertId: 'back', clock: 'update', at: 170 * MINUTE },
        ],
        pauses: [{ alertId: 'back', from: 215 * MINUTE, to: 300 * MINUTE, reason: 'parts' }],
      },
    ]);
  });

  it('does not hang on the order of the alerts; the median of two lies between them', () => {
    expect(slaReport([...computed].reverse(), MONTH)).toEqual(slaReport(computed, MONTH));
    const two = computed.filter(({ alertId }) => alertId === 'quick' || alertId === 'slow');
    expect(slaReport(two, MONTH)[0]!.timeToAck).toEqual({ medianMs: 12 * MINUTE, maxMs: 20 * MINUTE });
    expect(slaReport([], MONTH)).toEqual([]);
  });

  it.each<[string, string, string, string]>([
    ['America/Chicago', '2026-03', '2026-03-01T00:00:00-06:00', '2026-04-01T00:00:00-05:00'],
    ['America/Chicago', '2026-12', '2026-12-01T00:00:00-06:00', '2027-01-01T00:00:00-06:00'],
    ['Australia/Sydney', '2026-10', '2026-10-01T00:00:00+10:00', '2026-11-01T00:00:00+11:00'],
  ])('a month of %s: %s', (zone, month, start, end) =>
    expect(monthSpan(zone, month)).toEqual({ start: Date.parse(start), end: Date.parse(end) }),
  );

  it.each(['2026-13', '2026-00', '2026', '2026-3', '2026-03-01'])('%s is no month', (month) =>
    expect(monthSpan('UTC', month)).toBeUndefined(),
  );
});
