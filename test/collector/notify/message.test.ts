import { describe, expect, it } from 'vitest';
import { type Addressee, openMessage, resolvedMessage } from '../../../collector/notify/message.ts';
import { alert, decision, schoolDirectory, T0 } from './fixtures.ts';

const school = schoolDirectory();
const M = 60_000;

function to(overrides: Partial<Addressee> = {}): Addressee {
  return {
    party: 'provider',
    contact: 'cts.oncall',
    step: 0,
    transfer: false,
    repeat: 0,
    repeatMs: null,
    next: { contacts: ['it.kim'], at: T0 + 20 * M },
    ...overrides,
  };
}

describe('what a phone shows when an alert opens', () => {
  it('the owner: what, since when, why them, which rule, what happens next; times in the school zone', () => {
    expect(openMessage(alert(), decision(), to(), T0, school).data.text).toBe(
      [
        'CRITICAL at Lincoln Charter (main): 5 of 8 access points do not answer',
        'You answer for this: provider answers for wireless as agreed in infra.',
        'Since 10:00: share of access points down above 30% for 4s, last value 62.5.',
        'Rule ap-down-share (wireless); responsibility infra#0.',
        'If nobody acknowledges, Kim is told at 10:20.',
      ].join('\n'),
    );
  });

  const second = (message: ReturnType<typeof openMessage>): string => message.data.text.split('\n')[1]!;
  const last = (message: ReturnType<typeof openMessage>): string => message.data.text.split('\n').at(-1)!;

  it.each([
    [
      'who stands in for an absent owner',
      decision({ owner: 'internal' }),
      to(),
      'You stand in for Lincoln IT, of whom nobody is on duty: provider',
    ],
    [
      'whoever is told beside the owner',
      decision({ owner: 'internal', acting: 'internal' }),
      to(),
      'Lincoln IT answers for this; you are told as well: provider',
    ],
    [
      'the owner again',
      decision(),
      to({ step: 1 }),
      'Nobody has acknowledged this since 10:00; you answer for it: provider answers',
    ],
    [
      'the other side',
      decision(),
      to({ step: 2, party: 'internal', contact: 'it.kim' }),
      'Nobody has acknowledged this since 10:00; Coastal Tech answers for it: provider answers',
    ],
    [
      'the new owner',
      decision(),
      to({ step: 2, party: 'internal', contact: 'it.kim', transfer: true }),
      'Nobody has acknowledged this since 10:00, so it is yours from now on (before: Coastal Tech).',
    ],
    [
      'the new owner again, who is no longer the one that the agreement names',
      decision(),
      to({ step: 3, party: 'internal', contact: 'it.kim' }),
      'Nobody has acknowledged this since 10:00; it is yours.',
    ],
    [
      'the safety net, by then of the new owner',
      decision(),
      to({ step: 3, party: 'safety_net', contact: 'principal.ng' }),
      'Nobody has acknowledged this since 10:00. Lincoln IT should answer; you are the safety net, the last to be asked',
    ],
    [
      'the owner of a held alert',
      decision({ held: 'owner_uncovered' }),
      to(),
      'You answer for this: provider answers for wireless as agreed in infra. It waited until now because nobody of',
    ],
  ])('%s', (_who, decided, addressee, expected) => {
    expect(second(openMessage(alert(), decided, addressee, T0, school))).toContain(expected);
  });

  it.each([
    [
      to({ next: { contacts: ['cts.oncall'], at: T0 + 10 * M } }),
      'If nobody acknowledges, you are told again at 10:10.',
    ],
    [
      to({ next: { contacts: ['principal.ng', 'cts.noc'], at: T0 + 16 * 60 * M } }),
      'If nobody acknowledges, Principal Ng and Coastal NOC are told at Tue 6 Oct, 02:00.',
    ],
    [to({ next: undefined, repeatMs: 30 * M }), 'You are told again every 30m until somebody does or it clears.'],
    [to({ next: undefined }), 'Nobody is told after you.'],
  ])('what happens next %#', (addressee, expected) => {
    expect(last(openMessage(alert(), decision(), addressee, T0, school))).toBe(expected);
  });
});

it('of a decision that tells times, only who answers reaches the phone; the body has all of it', () => {
  const text =
    'The provider answers for wan by default, since nothing else is agreed for it. Kim (it.kim) is told now. If nobody: x.';
  const { data } = openMessage(alert(), decision({ text }), to(), T0, school);
  expect(data.text).toContain(
    'You answer for this: the provider answers for wan by default, since nothing else is agreed for it.\nSince',
  );
  expect(data.responsibility.text).toBe(text);
});

describe('the body', () => {
  it('holds the alert and who is responsible', () => {
    const { type, timestamp, data } = openMessage(alert(), decision(), to(), T0 + 5, school);
    expect({ type, timestamp }).toEqual({ type: 'alert.open', timestamp: '2026-10-05T14:00:00.005Z' });
    expect(data.alert).toEqual({
      id: alert().id,
      school: 'lincoln',
      site: 'main',
      domain: 'wireless',
      severity: 'critical',
      rule: 'ap-down-share',
      summary: '5 of 8 access points do not answer',
      condition: 'share of access points down above 30% for 4s',
      labels: { zone: 'gym' },
      value: 62.5,
      opened_at: '2026-10-05T14:00:00.000Z',
      resolved_at: null,
    });
    expect(data.responsibility).toEqual({
      owner: 'provider',
      acting: 'provider',
      why: 'infra#0',
      text: 'provider answers for wireless as agreed in infra. x is told now.',
      contact: 'cts.oncall',
    });
  });

  it('when it is over: since when, for how long, and that nothing is left to do', () => {
    const over = alert({ state: 'resolved', resolvedAt: T0 + 31 * M });
    const { type, data } = resolvedMessage(over, decision(), 'it.kim', T0 + 31 * M + 20, school);
    expect(type).toBe('alert.resolved');
    expect(data.alert.resolved_at).toBe('2026-10-05T14:31:00.000Z');
    expect(data.responsibility.contact).toBe('it.kim');
    expect(data.text).toBe(
      [
        'RESOLVED at Lincoln Charter (main): 5 of 8 access points do not answer',
        'Over since 10:31, after 31m (it began 10:00). Nothing more to do.',
        'Rule ap-down-share (wireless); Coastal Tech answered for it.',
      ].join('\n'),
    );
  });
});
