import { describe, expect, it } from 'vitest';
import { type Body, DAY, HOUR, infra, Ledger, proposal, schoolWithFile, wing } from './partnership.ts';

const changed: Body = { ...infra, grants: [{ owner: 'provider', scope: { domain: ['wireless', 'cabling'] } }] };

/** What the file of the school says, one reading after another. */
function read(...readings: readonly (readonly Body[])[]): { ledger: Ledger; findings: string[] } {
  const ledger = new Ledger(schoolWithFile([]));
  let findings: string[] = [];
  for (const engagements of readings) {
    ledger.at += HOUR;
    findings = ledger.import(schoolWithFile(engagements));
    const written = ledger.log.length;
    expect(ledger.import(), 'read again, the same findings').toEqual(findings);
    expect(ledger.log.slice(written), 'read again, nothing new').toEqual([]);
  }
  return { ledger, findings };
}

describe('the file at first', () => {
  it('is a version with its approvals', () => {
    const { ledger, findings } = read([infra]);
    expect([ledger.state('infra'), findings]).toEqual(['approved v1', []]);
    expect(ledger.record('infra')).toMatchObject({
      file: 'hilltop.yaml',
      versions: [
        {
          approvedAt: Date.parse('2026-07-01T00:00-04:00'),
          approvals: [{ party: 'internal', by: 'file hilltop.yaml' }, { party: 'provider' }],
          proposed: { party: null, by: 'file hilltop.yaml' },
          body: { id: 'infra', kind: 'domain', grants: infra['grants'] },
        },
      ],
    });
    expect(ledger.log.map((event) => event.type)).toEqual(['proposed', 'approved', 'approved']);
  });

  it.each<[string, Body, string, string[]]>([
    ['draft', { status: 'draft' }, 'draft, waiting v1', []],
    ['proposed, although all approved', { status: 'proposed' }, 'proposed, waiting v1', []],
    ['suspended', { status: 'suspended' }, 'suspended v1', []],
    ['ended', { status: 'ended' }, 'ended', []],
    ['expired', { status: 'expired' }, 'expired', []],
    ['ended, never approved', { status: 'ended', approvals: [] }, 'ended', []],
    ['expired, never approved', { status: 'expired', approvals: [] }, 'expired', []],
    ['over by its end', { until: '2026-10-01' }, 'expired', []],
    ['approved by more than it needs', { approvals: ['internal', 'provider', 'cabler'] }, 'approved v1', []],
    ['approved, without a date', { approved_at: undefined }, 'approved v1', []],
    [
      'approved by one side only',
      { approvals: ['internal'] },
      'proposed, waiting v1',
      ['engagement infra says approved, but the approval of provider is missing: it is not in force'],
    ],
    [
      'ad hoc without an end',
      { kind: 'adhoc' },
      'proposed, waiting v1',
      ['engagement infra is ad hoc and has no until: it is not in force'],
    ],
  ])('%s', (_what, change, state, findings) => {
    const body = Object.fromEntries(Object.entries({ ...infra, ...change }).filter(([, value]) => value !== undefined));
    const result = read([body]);
    expect([result.ledger.state('infra'), result.findings]).toEqual([state, findings]);
  });
});

describe('the file later', () => {
  it.each<[string, Body[], string, string[]]>([
    [
      'the same with keys in another order',
      [infra, Object.fromEntries(Object.entries(infra).reverse())],
      'approved v1',
      [],
    ],
    ['changed, the date of approval too', [infra, { ...changed, approved_at: '2026-10-05' }], 'approved v2', []],
    [
      'changed, the date still the old one',
      [infra, changed],
      'approved v1, waiting v2',
      [
        'engagement infra was changed, but approved_at is still 2026-07-01: version 1 stays in force; set approved_at to the day both sides approved the change',
      ],
    ],
    [
      'changed, with an older date',
      [infra, { ...changed, approved_at: '2026-06-01' }],
      'approved v1, waiting v2',
      [
        'engagement infra was changed, but approved_at is 2026-06-01: version 1 stays in force; set approved_at to the day both sides approved the change',
      ],
    ],
    ['changed, the date follows', [infra, changed, { ...changed, approved_at: '2026-10-05' }], 'approved v2', []],
    ['changed, and back', [infra, changed, infra], 'approved v1', []],
    [
      'changed, and back, and again',
      [infra, changed, infra, { ...changed, approved_at: '2026-10-05' }],
      'approved v3',
      [],
    ],
    [
      'changed, approved by one side',
      [infra, { ...changed, approved_at: '2026-10-05', approvals: ['provider'] }],
      'approved v1, waiting v2',
      ['engagement infra says approved, but the approval of internal is missing: version 1 stays in force'],
    ],
    [
      'a change that is only proposed',
      [infra, { ...changed, status: 'proposed', approvals: ['internal'] }],
      'approved v1, waiting v2',
      [],
    ],
    [
      'a change that was proposed with a date, then approved',
      [infra, { ...changed, status: 'proposed', approved_at: '2026-10-05' }, { ...changed, approved_at: '2026-10-05' }],
      'approved v2',
      [],
    ],
    ['approved at last', [{ ...infra, status: 'proposed', approvals: ['internal'] }, infra], 'approved v1', []],
    ['the missing approval follows', [{ ...infra, approvals: ['internal'] }, infra], 'approved v1', []],
    ['suspended', [infra, { ...infra, status: 'suspended' }], 'suspended v1', []],
    ['suspended and resumed', [infra, { ...infra, status: 'suspended' }, infra], 'approved v1', []],
    [
      'suspended, and not resumed by a change that nobody approved',
      [infra, { ...infra, status: 'suspended' }, changed],
      'suspended v1, waiting v2',
      [
        'engagement infra was changed, but approved_at is still 2026-07-01: version 1 stays in force; set approved_at to the day both sides approved the change',
      ],
    ],
    ['ended', [infra, { ...infra, status: 'ended' }], 'ended', []],
    ['ended, with a change', [infra, { ...changed, status: 'ended' }], 'ended', []],
    ['revoked', [infra, { ...infra, status: 'revoked' }], 'revoked', []],
    [
      'ended, and approved again without a new date',
      [infra, { ...infra, status: 'ended' }, infra],
      'ended',
      [
        'engagement infra was ended, but approved_at is still 2026-07-01: it stays ended; set approved_at to the day both sides approved it anew',
      ],
    ],
    [
      'ended, and approved anew',
      [infra, { ...infra, status: 'ended' }, { ...infra, approved_at: '2026-10-05' }],
      'approved v2',
      [],
    ],
    ['no longer approved', [infra, { ...infra, status: 'proposed' }], 'proposed, waiting v2', []],
    [
      'no longer approved, then with a new date',
      [infra, { ...infra, status: 'draft' }, { ...infra, approved_at: '2026-10-05' }],
      'approved v2',
      [],
    ],
    [
      'an approval taken out',
      [infra, { ...infra, approvals: ['internal'] }],
      'approved v1',
      [
        'engagement infra no longer shows the approval of provider: version 1 stays in force; to end it, set its status to revoked',
      ],
    ],
  ])('%s', (_what, readings, state, findings) => {
    const result = read(...readings.map((body) => [body]));
    expect([result.ledger.state('infra'), result.findings]).toEqual([state, findings]);
  });

  it('removed is ended, and stays so when it comes back with the old date', () => {
    const { ledger } = read([infra], []);
    expect(ledger.state('infra')).toBe('ended');
    expect(ledger.record('infra').closed).toMatchObject({
      by: 'file hilltop.yaml',
      reason: 'taken out of hilltop.yaml',
    });
    expect(read([infra], [], [infra]).findings).toEqual([expect.stringContaining('it stays ended')]);
  });

  it('the date alone renews the approval of the same text', () => {
    const { ledger } = read([infra], [{ ...infra, approved_at: '2026-10-05' }]);
    expect([ledger.state('infra'), ledger.record('infra').versions[0]!.approvedAt]).toEqual([
      'approved v1',
      Date.parse('2026-10-05T00:00-04:00'),
    ]);
  });

  it('an earlier date does not make room for a change under the date in between', () => {
    const { ledger } = read(
      [infra],
      [{ ...infra, approved_at: '2026-05-01' }],
      [{ ...changed, approved_at: '2026-06-01' }],
    );
    expect(ledger.state('infra')).toBe('approved v1, waiting v2');
  });

  it('an ad-hoc engagement expires although the file keeps it, and may be extended there', () => {
    const file = { ...wing, status: 'approved', approvals: ['internal', 'provider'], approved_at: '2026-09-28' };
    const { ledger } = read([file]);
    ledger.pass(20 * DAY);
    expect([ledger.state('wing'), ledger.import()]).toEqual(['expired', []]);
    expect(ledger.import(schoolWithFile([{ ...file, until: '2026-11-15', approved_at: '2026-10-24' }]))).toEqual([]);
    expect(ledger.state('wing')).toBe('approved v2');
  });
});

describe('the file and the API', () => {
  it('an id of the API is left alone by the file', () => {
    const ledger = new Ledger(schoolWithFile([]));
    ledger.do(proposal(ledger.school, { ...infra, approvals: [], status: 'proposed' }));
    expect(ledger.import(schoolWithFile([infra]))).toEqual([
      'engagement infra was made over the API: what hilltop.yaml says of it is left out; give it another id there',
    ]);
    expect(ledger.state('infra')).toBe('proposed, waiting v1');
  });

  it('what the API made does not end because the file has nothing of it', () => {
    const ledger = new Ledger(schoolWithFile([]));
    ledger.do(proposal(ledger.school, wing));
    ledger.import();
    expect(ledger.state('wing')).toBe('proposed, waiting v1');
  });
});
