import { expect, it } from 'vitest';
import { handoversBetween } from '../../../collector/engagement/handovers.ts';
import { planSchool } from '../../../collector/engagement/plan.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';

const agreed = 'status: approved, approvals: [internal, provider], approved_at: 2026-01-01';
const plan = planSchool(
  parseSchool(
    `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }] }
  provider: { contacts: [noc], coverage: always }
safety_net: [head]
base: { owner: internal }
calendars: { district: [{ start: 2026-03-09, end: 2026-03-21, categories: [TESTING] }] }
engagements:
  - { id: nights, kind: domain, ${agreed}, grants: [{ owner: provider, when: { weekly: { days: [mon, tue], from: "17:00", to: "07:00" } } }] }
  - { id: tests, kind: threshold, ${agreed}, handover: { brief: 48h, accept: required }, grants: [
      { owner: provider, scope: { domain: wireless }, when: { calendar: district, category: TESTING, lead: 3d } },
      { owner: provider, scope: { domain: [wan, switching] }, when: { calendar: district, category: TESTING, lead: 3d } }] }
  - { id: wing, kind: adhoc, ${agreed}, from: 2026-03-02T08:00, until: 2026-03-04T12:00, grants: [{ owner: provider, scope: { zone: "wing/*" } }] }
  - { id: load, kind: threshold, ${agreed}, grants: [{ owner: provider, if: { load: { party: internal, over: 3, clear: 1 } } }] }
`,
    'school.yaml',
  ),
);

it('lists who takes over from whom, when and under what: dates and agreements, not the nights', () => {
  const all = handoversBetween(plan, Date.parse('2026-03-01T00:00-06:00'), Date.parse('2026-05-01T00:00-05:00'));
  expect(all.map((h) => [new Date(h.at).toISOString(), `${h.from} > ${h.to}`, h.why, h.grants.join()])).toEqual([
    ['2026-03-02T14:00:00.000Z', 'internal > provider', 'wing#0', 'wing#0'],
    ['2026-03-04T18:00:00.000Z', 'provider > internal', 'base', 'wing#0'],
    ['2026-03-06T06:00:00.000Z', 'internal > provider', 'tests#0', 'tests#0,tests#1'],
    // Saturday 00:00 lingers until the school is there again.
    ['2026-03-23T12:00:00.000Z', 'provider > internal', 'base', 'tests#0,tests#1'],
  ]);
  expect(all[2]).toMatchObject({
    id: 'tests#0@2026-03-06T06:00:00.000Z',
    terms: { briefMs: 48 * 3_600_000, accept: 'required' },
    domains: ['wireless', 'wan', 'switching'],
  });
});
