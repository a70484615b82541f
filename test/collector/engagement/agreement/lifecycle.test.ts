import { describe, expect, it } from 'vitest';
import { missingApprovals } from '../../../../collector/engagement/agreement/engagement-record.ts';
import { foldEngagements } from '../../../../collector/engagement/agreement/lifecycle.ts';
import { type Body, bare, DAY, HOUR, infra, Ledger, proposal, schoolWithFile, T0, wing } from './partnership.ts';

const school = schoolWithFile([]);
const wifi = bare(infra);
const wifiAndCables = { ...wifi, grants: [{ owner: 'provider', scope: { domain: ['wireless', 'cabling'] } }] };

/** Agreed by both sides. */
function agreed(body: Body = wifi): Ledger {
  const ledger = new Ledger(school);
  ledger.do(proposal(school, body));
  const id = String(body['id']);
  expect([ledger.step('approve', 'internal', id), ledger.step('approve', 'provider', id)]).toEqual([
    undefined,
    undefined,
  ]);
  return ledger;
}

describe('a new engagement', () => {
  it('is in force once both sides approved it', () => {
    const ledger = new Ledger(school);
    ledger.do(proposal(school, wifi));
    expect(ledger.state('infra')).toBe('proposed, waiting v1');
    ledger.step('approve', 'provider', 'infra');
    const [version] = ledger.record('infra').versions;
    expect([ledger.state('infra'), missingApprovals(version!)]).toEqual(['proposed, waiting v1', [['internal']]]);
    ledger.pass(HOUR);
    ledger.step('approve', 'internal', 'infra', { reason: 'signed on paper' });
    expect(ledger.state('infra')).toBe('approved v1');
    expect(ledger.record('infra').versions[0]).toMatchObject({
      approvedAt: T0 + HOUR,
      proposed: { party: 'internal', by: 'kim', at: T0 },
      approvals: [
        { party: 'provider', by: "provider's person", at: T0, reason: null },
        { party: 'internal', by: "internal's person", at: T0 + HOUR, reason: 'signed on paper' },
      ],
    });
  });

  it.each<[string, Body, string[][]]>([
    ['its own side and the owner', wifi, [['internal'], ['provider']]],
    [
      'every owner',
      { ...wifi, grants: [{ owner: 'cabler', scope: { domain: 'cabling' } }, { owner: 'provider' }] },
      [['internal'], ['cabler'], ['provider']],
    ],
    [
      'somebody else, when the school keeps it to itself',
      { ...wifi, grants: [{ owner: 'internal' }] },
      [['internal'], ['provider', 'cabler']],
    ],
  ])('needs %s', (_who, body, needs) => {
    expect(proposal(school, body).terms.needs).toEqual(needs);
  });

  it('of a school without a party `internal` needs its first party', () => {
    const other = schoolWithFile([], {
      parties: { it: { contacts: ['kim'] }, provider: { contacts: ['noc'] } },
      base: { owner: 'it' },
    });
    expect(proposal(other, wifi).terms.needs).toEqual([['it'], ['provider']]);
  });

  it('that is a draft waits until it is proposed', () => {
    const ledger = new Ledger(school);
    ledger.do(proposal(school, wifi, { stage: 'draft' }));
    expect(ledger.state('infra')).toBe('draft, waiting v1');
    expect(ledger.step('approve', 'internal', 'infra')).toBe('expected a version that is proposed, got a draft');
    ledger.do(proposal(school, wifi, { type: 'change' }));
    expect(ledger.state('infra')).toBe('proposed, waiting v2');
  });
});

describe('a change', () => {
  it('is a new version that needs all approvals again; the old one stays in force until then', () => {
    const ledger = agreed();
    ledger.do(proposal(school, wifiAndCables, { type: 'change', party: 'provider', by: 'lee' }));
    expect(ledger.state('infra')).toBe('approved v1, waiting v2');
    ledger.step('approve', 'provider', 'infra');
    expect(ledger.state('infra')).toBe('approved v1, waiting v2');
    ledger.step('approve', 'internal', 'infra');
    expect(ledger.state('infra')).toBe('approved v2');
    expect(ledger.record('infra').versions.map((v) => [v.version, v.stage, v.approvals.length])).toEqual([
      [1, 'approved', 2],
      [2, 'approved', 2],
    ]);
  });

  it('that is withdrawn or replaced leaves the old one in force', () => {
    const ledger = agreed();
    ledger.do(proposal(school, wifiAndCables, { type: 'change' }));
    expect(ledger.step('withdraw', 'provider', 'infra')).toBeUndefined();
    expect(ledger.state('infra')).toBe('approved v1');
    ledger.do(proposal(school, wifiAndCables, { type: 'change' }));
    ledger.do(proposal(school, { ...wifi, priority: 250 }, { type: 'change' }));
    expect(ledger.state('infra')).toBe('approved v1, waiting v4');
    expect(ledger.step('approve', 'internal', 'infra', { version: 3 })).toBe(
      'expected version 4, which is the present one, got version 3',
    );
  });

  it('does not end a suspension', () => {
    const ledger = agreed();
    ledger.step('suspend', 'internal', 'infra');
    ledger.do(proposal(school, wifiAndCables, { type: 'change' }));
    ledger.step('approve', 'internal', 'infra');
    ledger.step('approve', 'provider', 'infra');
    expect(ledger.state('infra')).toBe('suspended v2');
  });

  it('of what has ended begins it anew', () => {
    const ledger = agreed();
    ledger.step('end', 'provider', 'infra');
    ledger.do(proposal(school, wifi, { type: 'change' }));
    expect(ledger.state('infra')).toBe('proposed, waiting v2');
    ledger.step('withdraw', 'internal', 'infra');
    expect(ledger.state('infra')).toBe('ended');
    ledger.do(proposal(school, wifi, { type: 'change' }));
    ledger.step('approve', 'internal', 'infra');
    ledger.step('approve', 'provider', 'infra');
    expect(ledger.state('infra')).toBe('approved v3');
  });
});

describe('the status', () => {
  it.each<[string, readonly (readonly ['suspend' | 'resume' | 'end' | 'revoke', string])[], string]>([
    ['suspended', [['suspend', 'internal']], 'suspended v1'],
    [
      'resumed',
      [
        ['suspend', 'internal'],
        ['resume', 'internal'],
      ],
      'approved v1',
    ],
    ['ended', [['end', 'provider']], 'ended'],
    [
      'ended while suspended',
      [
        ['suspend', 'internal'],
        ['end', 'provider'],
      ],
      'ended',
    ],
    ['revoked', [['revoke', 'internal']], 'revoked'],
  ])('%s', (_name, steps, state) => {
    const ledger = agreed();
    for (const [type, party] of steps) expect(ledger.step(type, party, 'infra')).toBeUndefined();
    expect(ledger.state('infra')).toBe(state);
  });

  it('expires at its end, reminded of three days before, also when nobody writes it down', () => {
    const ledger = agreed(wing);
    const until = Date.parse('2026-10-15T00:00-04:00');
    expect(ledger.pass(until - 3 * DAY - 1 - ledger.at)).toEqual([]);
    expect(ledger.pass(1)).toMatchObject([{ type: 'reminded', version: 1, party: null, actor: 'collector' }]);
    expect(ledger.pass(HOUR)).toEqual([]);
    ledger.at = until - 1;
    expect(ledger.state('wing')).toBe('approved v1');
    ledger.at = until;
    expect(ledger.state('wing')).toBe('expired');
    expect(ledger.pass(5)).toMatchObject([{ type: 'expired', at: until }]);
    expect(ledger.pass(5)).toEqual([]);
    expect(ledger.state('wing')).toBe('expired');
  });

  it('is not reminded of when it was agreed within these three days', () => {
    const ledger = new Ledger(school, Date.parse('2026-10-13T00:00-04:00'));
    ledger.do(proposal(school, wing));
    ledger.step('approve', 'internal', 'wing');
    ledger.step('accept', 'provider', 'wing');
    expect([ledger.state('wing'), ledger.pass(HOUR)]).toEqual(['approved v1', []]);
  });

  it('of a proposal that nobody approved before its end is expired', () => {
    const ledger = new Ledger(school);
    ledger.do(proposal(school, wing));
    expect(ledger.pass(11 * DAY)).toMatchObject([{ type: 'expired' }]);
    expect(ledger.state('wing')).toBe('expired');
  });

  it('an extension takes over where the old version ends, and may come later', () => {
    const ledger = agreed(wing);
    ledger.do(proposal(school, { ...wing, until: '2026-11-15' }, { type: 'change' }));
    ledger.step('approve', 'internal', 'wing');
    ledger.pass(11 * DAY);
    expect(ledger.state('wing')).toBe('proposed, waiting v2');
    ledger.step('approve', 'provider', 'wing');
    expect(ledger.state('wing')).toBe('approved v2');
  });
});

describe('who may not', () => {
  it.each<[string, Parameters<Ledger['step']>, string]>([
    [
      'approve: a stranger',
      ['approve', 'vendor', 'infra'],
      'a party of the school (internal, provider, cabler), got vendor',
    ],
    [
      'approve: what waits for nothing',
      ['approve', 'provider', 'infra'],
      'a version that waits for approval, got infra, which is approved',
    ],
    [
      'suspend: a party that has no part in it',
      ['suspend', 'cabler', 'infra'],
      'a side of it (internal, provider), got cabler',
    ],
    ['end: the same', ['end', 'cabler', 'infra'], 'a side of it (internal, provider), got cabler'],
    ['resume: what runs', ['resume', 'internal', 'infra'], 'an engagement that is suspended, got one that runs'],
    ['accept: what is no request', ['accept', 'provider', 'infra'], 'an ad-hoc request, got a domain engagement'],
  ])('%s', (_what, step, refusal) => {
    expect(agreed().step(...step)).toBe(`expected ${refusal}`);
  });

  it('approve twice, or for somebody else', () => {
    const ledger = new Ledger(school);
    ledger.do(proposal(school, wifi));
    ledger.step('approve', 'provider', 'infra');
    expect(ledger.step('approve', 'provider', 'infra')).toBe(
      'expected one approval of each side, got a second one of provider',
    );
    expect(ledger.step('approve', 'cabler', 'infra')).toBe('expected the approval of internal, got cabler');
  });

  it('resume what the other side suspended', () => {
    const ledger = agreed();
    ledger.step('suspend', 'internal', 'infra');
    expect(ledger.step('resume', 'provider', 'infra')).toBe('expected internal, who suspended it, got provider');
  });

  it('change over the API what stands in a file', () => {
    const ledger = new Ledger(schoolWithFile([infra]));
    ledger.import();
    const refusal = 'expected the change in hilltop.yaml, where infra is written, got a change over the API';
    expect(ledger.step('end', 'internal', 'infra')).toBe(refusal);
    expect(ledger.try(proposal(school, wifi, { type: 'change' }))).toBe(refusal);
  });
});

it('an event of an engagement that was never proposed changes nothing', () => {
  const event = {
    engagement: 'x',
    version: 1,
    type: 'ended',
    at: T0,
    party: 'internal',
    actor: 'kim',
    detail: {},
  } as const;
  expect(foldEngagements([event], T0).size).toBe(0);
});
