import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lintSchool } from '../../../../collector/engagement/lint/lint.ts';
import { commonString } from '../../../../collector/engagement/sample-alert.ts';
import { parseSchool } from '../../../../collector/engagement/school-file.ts';

const NOW = Date.parse('2026-11-24T08:00-06:00');

describe('two globs', () => {
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 6 });
  const matches = (pattern: string, text: string) =>
    new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text);

  it('have the string in common that is found, and none when none is found', () => {
    fc.assert(
      fc.property(glob, glob, fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 5 }), (a, b, text) => {
        const common = commonString(a, b);
        if (common !== undefined) expect([matches(a, common), matches(b, common)]).toEqual([true, true]);
        else expect(matches(a, text) && matches(b, text)).toBe(false);
      }),
    );
  });
});

describe('any school that the loader takes', () => {
  const party = fc.constantFrom('internal', 'provider', 'cabler');
  const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 2 });
  const names = list(fc.constantFrom('*', 'a/*', 'b?', 'x', ''.padEnd(250, 'g')));
  const date = fc
    .integer({ min: 0, max: 900 })
    .map((d) => new Date(Date.UTC(2026, 0, 1) + d * 86_400_000).toISOString().slice(0, 10));
  const duration = fc.constantFrom('0m', '90m', '3d', '30h', '31d');
  const scope = fc.record(
    {
      domain: list(fc.constantFrom('infrastructure', 'wan', 'cabling', 'daily')),
      zone: names,
      vendor: names,
      device: list(fc.constantFrom('sw-1', 'sw-2')),
      grades: list(fc.integer({ min: 1, max: 3 })),
      severity: list(fc.constantFrom('info', '>=warning', 'critical')),
    },
    { requiredKeys: [] },
  );
  const span = fc.tuple(date, date).map(([a, b]) => (a < b ? { from: a, to: b } : { from: b, to: '2029-01-01' }));
  const window = fc.oneof(
    span,
    fc.record({
      weekly: fc.record({
        days: list(fc.constantFrom('mon', 'sat', 'sun')),
        from: fc.constantFrom('00:00', '07:00'),
        to: fc.constantFrom('02:30', '24:00'),
      }),
    }),
    fc.record({
      calendar: fc.constant('c'),
      category: fc.constantFrom('TESTING', 'NONE'),
      lead: duration,
      lag: duration,
    }),
  );
  const grant = fc.record(
    {
      owner: party,
      scope,
      when: fc.array(window, { maxLength: 2 }),
      if: fc.record(
        { size: fc.constantFrom('> 3', 3), load: fc.record({ party, over: fc.nat(3), clear: fc.nat(3) }) },
        { requiredKeys: [] },
      ),
      ladder: list(fc.record({ to: fc.constantFrom('owner', 'other', 'noc', 'safety_net'), after: duration })),
      priority: fc.constantFrom(200, 300),
    },
    { requiredKeys: ['owner'] },
  );
  const engagement = fc.record(
    {
      kind: fc.constantFrom('full', 'domain', 'threshold', 'adhoc', 'override'),
      status: fc.constantFrom('approved', 'draft', 'ended'),
      approvals: fc.array(party, { maxLength: 2 }),
      until: date,
      grants: fc.array(grant, { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ['kind', 'status', 'grants'] },
  );
  const anySchool = fc
    .record({
      engagements: fc.array(engagement, { maxLength: 4 }),
      events: fc.array(fc.tuple(span, fc.constantFrom('TESTING', 'OTHER')), { maxLength: 3 }),
      linger: duration,
      max_hold: duration,
      coverage: fc.constantFrom('always', []),
    })
    .map(({ engagements, events, linger, max_hold, coverage }) => ({
      school: 'any',
      tz: 'America/New_York',
      parties: {
        internal: { contacts: ['kim', 'pat'], coverage },
        provider: { contacts: ['noc'], coverage: 'always' },
        cabler: { contacts: [] },
      },
      safety_net: ['kim'],
      base: { owner: 'internal' },
      linger,
      max_hold,
      facts: [{ from: '2026-01-01', size: 4 }],
      calendars: { c: events.map(([{ from, to }, category]) => ({ start: from, end: to, categories: [category] })) },
      engagements: engagements.map((e, i) => ({ id: `e${i}`, ...e })),
    }));

  it('is looked at to the end', () => {
    fc.assert(
      fc.property(anySchool, (raw) => {
        for (const finding of lintSchool(parseSchool(JSON.stringify(raw), 'any.yaml'), NOW)) {
          expect(finding.code).toMatch(/^[a-z]+(-[a-z]+)*$/);
          expect(finding.got).not.toMatch(/undefined|NaN|Infinity/);
        }
      }),
      { numRuns: 150 },
    );
  });
});
