import { describe, expect, it } from 'vitest';
import { type Body, bare, DAY, HOUR, infra, Ledger, proposal, schoolWithFile, T0, wing } from './partnership.ts';

const school = schoolWithFile([]);
const wifi = bare(infra);

describe('ad hoc', () => {
  it('the provider accepts a request, which is its approval', () => {
    const ledger = new Ledger(school);
    ledger.do(proposal(school, wing));
    ledger.step('approve', 'internal', 'wing');
    expect(ledger.step('accept', 'internal', 'wing')).toBe(
      'expected the party that is to do it (provider), got internal',
    );
    expect(ledger.step('accept', 'provider', 'wing')).toBeUndefined();
    expect(ledger.state('wing')).toBe('approved v1');
    expect(ledger.record('wing').versions[0]!.accepted).toMatchObject({ party: 'provider' });
    expect(ledger.step('accept', 'provider', 'wing')).toBe('expected one acceptance, got a second one');
  });

  it.each<[string, Body, string]>([
    ['without an end', { until: undefined }, 'until: an end: what is agreed ad hoc ends by itself, got nothing'],
    [
      'with an end that has passed',
      { until: '2026-10-04' },
      'until: an end that is still to come, got 2026-10-04T04:00',
    ],
    [
      'for more than 90 days',
      { from: '2026-10-06', until: '2027-01-05' },
      'until: an end at most 90 days ahead (2027-01-04T05:00:00.000Z)',
    ],
  ])('%s is refused', (_what, change, refusal) => {
    const ledger = new Ledger(school);
    const body = Object.fromEntries(Object.entries({ ...wing, ...change }).filter(([, value]) => value !== undefined));
    expect(ledger.try(proposal(school, body))).toContain(refusal);
    expect(ledger.log).toEqual([]);
  });

  it('for 90 days by the calendar is fine, though the clocks change in between', () => {
    const ledger = new Ledger(school);
    expect(ledger.try(proposal(school, { ...wing, from: '2026-10-06', until: '2027-01-04' }))).toBeUndefined();
  });
});

describe('breaking the glass', () => {
  const urgent = { type: 'break_glass', reason: 'the wing is flooded' } as const;

  it('is active at once, and stays when the other side approves within 24 h', () => {
    const ledger = new Ledger(school);
    ledger.do(proposal(school, wing, urgent));
    expect(ledger.state('wing')).toBe('approved v1');
    expect(ledger.record('wing')).toMatchObject({
      proposal: 1,
      versions: [{ breakGlass: { party: 'internal', by: 'kim', deadline: T0 + DAY, reason: 'the wing is flooded' } }],
    });
    ledger.pass(DAY - 1);
    expect(ledger.step('accept', 'provider', 'wing')).toBeUndefined();
    ledger.pass(DAY);
    expect(ledger.state('wing')).toBe('approved v1');
    expect(ledger.record('wing').versions[0]).toMatchObject({ breakGlass: null, stage: 'approved' });
  });

  it('is over after 24 h without it', () => {
    const ledger = new Ledger(school);
    ledger.do(proposal(school, wing, urgent));
    ledger.at += DAY - 1;
    expect(ledger.state('wing')).toBe('approved v1');
    ledger.at += 1;
    expect(ledger.state('wing')).toBe('revoked');
    expect(ledger.pass(HOUR)).toMatchObject([{ type: 'revoked', at: T0 + DAY, party: null }]);
    expect(ledger.step('approve', 'provider', 'wing')).toBe(
      'expected a version that waits for approval, got wing, which is revoked',
    );
    expect(ledger.try(proposal(school, wing, urgent))).toContain('expected an id of its own');
  });

  it.each<[string, Parameters<typeof proposal>[2], Body, string]>([
    [
      'by somebody who has no part in it',
      { ...urgent, party: 'cabler' },
      wing,
      'a side of it (internal and provider), got cabler',
    ],
    ['without a reason', { type: 'break_glass' }, wing, 'a reason why it cannot wait'],
    ['for what is not ad hoc', urgent, wifi, 'an ad-hoc engagement, got domain'],
  ])('%s is refused', (_who, more, body, refusal) => {
    expect(new Ledger(school).try(proposal(school, body, more))).toContain(refusal);
  });

  it('cannot be changed while it hangs on one side, only ended', () => {
    const ledger = new Ledger(school);
    ledger.do(proposal(school, wing, urgent));
    expect(ledger.try(proposal(school, wing, { type: 'change' }))).toContain('what is active on one side alone');
    expect(ledger.step('withdraw', 'internal', 'wing')).toBe('expected end or revoke for what is active, got withdraw');
    expect(ledger.step('end', 'internal', 'wing')).toBeUndefined();
    expect(ledger.state('wing')).toBe('ended');
  });
});
