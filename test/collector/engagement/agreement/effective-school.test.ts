import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  effectiveSchool,
  schoolWith,
  unreadable,
} from '../../../../collector/engagement/agreement/effective-school.ts';
import { createResponsibility } from '../../../../collector/engagement/responsibility.ts';
import { loadSchools, parseSchool } from '../../../../collector/engagement/school-file.ts';
import { type Body, bare, DAY, HOUR, infra, Ledger, proposal, schoolWithFile, wing } from './partnership.ts';

const alert = { id: 1, domain: 'cabling', severity: 'warning', zone: 'wing-b/1' } as const;
const owner = (ledger: Ledger): string =>
  createResponsibility(effectiveSchool(ledger.school, ledger.stored)).route(alert, ledger.at).owner;

describe('the school as it works', () => {
  it('is what its file says where that is agreed', () => {
    const file = [
      infra,
      { ...infra, id: 'b', status: 'suspended' },
      { ...infra, id: 'c', from: '2026-08-01', until: '2027-01-01' },
    ];
    const ledger = new Ledger(schoolWithFile(file));
    ledger.import();
    expect(effectiveSchool(ledger.school, ledger.stored)).toEqual(ledger.school);
  });

  it('has only versions in force, those of the API after those of the file', () => {
    const ledger = new Ledger(schoolWithFile([{ ...infra, status: 'draft', id: 'd' }, infra]));
    ledger.do(proposal(ledger.school, wing));
    ledger.import();
    const ids = () => effectiveSchool(ledger.school, ledger.stored).engagements.map((e) => e.id);
    expect(ids()).toEqual(['infra']);
    ledger.step('approve', 'internal', 'wing');
    ledger.step('approve', 'provider', 'wing');
    expect(ids()).toEqual(['infra', 'wing']);
    ledger.step('end', 'internal', 'wing');
    expect(ids()).toEqual(['infra']);
  });

  it('routes by the old text until the change is approved', () => {
    const wide = { ...infra, grants: [{ owner: 'provider', scope: { domain: ['wireless', 'cabling'] } }] };
    const ledger = new Ledger(schoolWithFile([infra]));
    ledger.import();
    ledger.import(schoolWithFile([wide]));
    expect(owner(ledger)).toBe('internal');
    ledger.import(schoolWithFile([{ ...wide, approved_at: '2026-10-05' }]));
    expect(owner(ledger)).toBe('provider');
    ledger.import(schoolWithFile([{ ...wide, approved_at: '2026-10-05', status: 'suspended' }]));
    expect(owner(ledger)).toBe('internal');
  });

  it('a broken glass counts at once and no longer than 24 h, though nobody writes that down', () => {
    const ledger = new Ledger(schoolWithFile([]));
    expect(owner(ledger)).toBe('internal');
    ledger.do(proposal(ledger.school, wing, { type: 'break_glass', reason: 'flood' }));
    expect(owner(ledger)).toBe('provider');
    ledger.at += DAY - 1;
    expect(owner(ledger)).toBe('provider');
    ledger.at += 1;
    expect(owner(ledger)).toBe('internal');
  });

  it('the newest approval decides between equals, the date of the file and that of the API alike', () => {
    const rival: Body = { ...infra, id: 'aaa', grants: [{ owner: 'cabler', scope: { domain: 'cabling' } }] };
    const ledger = new Ledger(
      schoolWithFile([{ ...infra, grants: [{ owner: 'provider', scope: { domain: 'cabling' } }] }]),
    );
    ledger.import();
    ledger.pass(HOUR);
    ledger.do(proposal(ledger.school, bare(rival)));
    ledger.step('approve', 'internal', 'aaa');
    ledger.step('approve', 'cabler', 'aaa');
    expect(owner(ledger)).toBe('cabler');
  });

  it('leaves out and names what the file took the ground from', () => {
    const cables: Body = { ...infra, id: 'cables', grants: [{ owner: 'cabler' }] };
    const ledger = new Ledger(schoolWithFile([]));
    ledger.do(proposal(ledger.school, bare(cables)));
    ledger.step('approve', 'internal', 'cables');
    ledger.step('approve', 'cabler', 'cables');
    const parties = { internal: { contacts: ['kim'] }, provider: { contacts: ['noc'] } };
    const smaller = schoolWithFile([], { parties });
    expect(effectiveSchool(smaller, ledger.stored).engagements).toEqual([]);
    expect(unreadable(smaller, ledger.stored)).toEqual([
      {
        engagement: 'cables',
        text: expect.stringMatching(
          /^version 1 of engagement cables is in force, but .* left out: .*grants\[0\]\.owner: expected a party \(internal, provider\), got "cabler"/,
        ),
      },
    ]);
    expect(unreadable(ledger.school, ledger.stored)).toEqual([]);
  });

  it('as it would be with a version approved', () => {
    const ledger = new Ledger(schoolWithFile([infra]));
    ledger.import();
    ledger.do(proposal(ledger.school, wing));
    const candidate = schoolWith(ledger.school, ledger.records, 'wing', ledger.record('wing').versions[0]!);
    expect(candidate.engagements.map((e) => [e.id, e.status, e.approvals])).toEqual([
      ['infra', 'approved', ['internal', 'provider']],
      ['wing', 'approved', ['internal', 'provider']],
    ]);
  });

  it('from text keeps the engagements of the text', () => {
    const school = parseSchool(
      JSON.stringify({
        ...{},
        school: 'x',
        tz: 'UTC',
        parties: { a: {} },
        safety_net: ['k'],
        base: { owner: 'a' },
        engagements: [{ ...infra, approvals: [], grants: [{ owner: 'a' }] }],
      }),
      'x',
    );
    expect(effectiveSchool(school, new Map())).toEqual(school);
  });
});

const shipped = resolve(import.meta.dirname, '../../../../config/engagements');
describe('the shipped schools', () => {
  const files = readdirSync(shipped).map((name) => `${shipped}/${name}`);
  it.each(loadSchools(files).map((school) => [school.school, school] as const))(
    '%s: all of it takes effect',
    (_name, school) => {
      expect(school.source!.engagements).toHaveLength(school.engagements.length);
      const ledger = new Ledger(school);
      expect(ledger.import()).toEqual([]);
      const { engagements } = effectiveSchool(school, ledger.stored);
      const agreed = school.engagements.filter(
        (e) => ['approved', 'suspended'].includes(e.status) && e.until > ledger.at,
      );
      expect(engagements).toEqual(agreed);
    },
  );
});

const examples = resolve(import.meta.dirname, '../../../../../shared/engagement/examples.yaml');
describe.skipIf(!existsSync(examples))('the worked examples (../shared)', () => {
  const schools = existsSync(examples)
    ? (parse(readFileSync(examples, 'utf8')) as Record<string, { engagements: Body[] }>)
    : {};
  it.each(Object.entries(schools))('%s works as its file says', (_name, raw) => {
    const text = parseSchool(JSON.stringify(raw), 'x.yaml');
    const ledger = new Ledger(
      { ...text, source: { file: 'x.yaml', engagements: raw.engagements } },
      Date.parse('2026-04-10T00:00Z'),
    );
    expect(ledger.import()).toEqual([]);
    expect(effectiveSchool(ledger.school, ledger.stored)).toEqual(ledger.school);
  });
});
