import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countVerdicts, POLL_VERDICTS, type PollingRow, slowestFirst } from '../../core/polling-api.ts';

const row: fc.Arbitrary<PollingRow> = fc.record({
  device: fc.string(),
  verdict: fc.constantFrom(...POLL_VERDICTS),
  cause: fc.string(),
  time: fc.constant(0),
  meanMs: fc.constant(null),
  maxMs: fc.constant(null),
  sharePercent: fc.nat(3),
  intervalS: fc.constant(null),
  wantedIntervalS: fc.constant(60),
  polls: fc.nat(),
  failed: fc.nat(),
  skipped: fc.nat(),
  requests: fc.nat(),
  retries: fc.nat(),
  timeouts: fc.nat(2),
});
const rows = fc.uniqueArray(row, { selector: ({ device }) => device });

it('the order is one, however the rows come', () => {
  fc.assert(
    fc.property(
      rows.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
      ([list, shuffled]) => {
        expect([...shuffled].sort(slowestFirst)).toEqual([...list].sort(slowestFirst));
      },
    ),
  );
});

it('those that are not well stand before silent ones, these before well ones, and each group begins with the slowest', () => {
  const group = ({ verdict }: PollingRow): number => ['silent', 'ok'].indexOf(verdict);
  fc.assert(
    fc.property(rows, (list) => {
      const sorted = [...list].sort(slowestFirst);
      for (const [i, now] of sorted.slice(1).entries()) {
        const before = sorted[i]!;
        expect(group(before)).toBeLessThanOrEqual(group(now));
        if (group(before) === group(now)) expect(before.sharePercent).toBeGreaterThanOrEqual(now.sharePercent);
      }
    }),
  );
});

it('each row is counted once', () => {
  fc.assert(
    fc.property(rows, (list) => {
      const counts = countVerdicts(list);
      expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(list.length);
      for (const verdict of POLL_VERDICTS)
        expect(counts[verdict]).toBe(list.filter((one) => one.verdict === verdict).length);
    }),
  );
});
