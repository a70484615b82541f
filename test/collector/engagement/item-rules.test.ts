import { describe, expect, it } from 'vitest';
import type { Severity } from '../../../collector/engagement/decision.ts';
import {
  ackExpiresAt,
  type BoundaryAlert,
  DECLINE_REASONS,
  type DeclineReason,
  declineOutcome,
  directorOf,
  moveAtBoundary,
  pinnedUntil,
} from '../../../collector/engagement/item-rules.ts';
import { DEFAULT_HANDOVER, type School } from '../../../collector/engagement/school.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function school(parties: string, base: string): School {
  return parseSchool(
    `{ school: hilltop, tz: America/Chicago, parties: { ${parties} }, safety_net: [head], base: { owner: ${base} } }`,
    'school.yaml',
  );
}
const KIM = 'internal: { name: Hilltop IT, contacts: [kim, lee], coverage: always }';
const NOC = 'provider: { name: Coastal Tech, contacts: [noc], coverage: always }';
const CABLER = 'cabler: { contacts: [], coverage: always }';
const hilltop = school(`${KIM}, ${NOC}, ${CABLER}`, 'internal');

describe('an acknowledgement lapses', () => {
  it.each<[Severity, number, number | null, number]>([
    ['critical', 0, null, HOUR],
    ['warning', 0, null, 8 * HOUR],
    ['info', 0, null, 8 * HOUR],
    ['critical', 0, 30 * MINUTE, 90 * MINUTE],
    // A note from before the acknowledgement does not shorten it.
    ['critical', 10 * MINUTE, 5 * MINUTE, 70 * MINUTE],
    ['warning', 0, 7 * HOUR, 15 * HOUR],
  ])('%s, acknowledged at %i, last note %s: at %i', (severity, acked, note, expected) =>
    expect(ackExpiresAt(severity, acked, note)).toBe(expected),
  );
});

describe('an alert is pinned after four owner changes in 24 h', () => {
  const at = (hours: readonly number[]) => hours.map((h) => h * HOUR);
  it.each<[string, readonly number[], number, number | undefined]>([
    ['no changes', [], 5, undefined],
    ['three changes', [1, 2, 3], 4, undefined],
    ['four changes: until the first of them is a day old', [1, 2, 3, 4], 4, 25],
    ['in any order', [3, 1, 4, 2], 24, 25],
    ['free at that very instant', [1, 2, 3, 4], 25, undefined],
    ['four, but over more than a day', [1, 20, 25, 26], 26, undefined],
    ['five: the second counts', [1, 2, 3, 4, 5], 6, 26],
    ['a clock that was set back frees nothing', [1, 2, 3, 4], 0, 25],
  ])('%s', (_name, hours, now, until) =>
    expect(pinnedUntil(at(hours), now * HOUR)).toBe(until === undefined ? undefined : until * HOUR),
  );
});

describe('a decline', () => {
  const decline = (
    owner: string,
    previousOwners: string[],
    declinedBy: string[] = [],
    config = hilltop,
    reason: DeclineReason = 'out_of_scope',
  ) => declineOutcome({ school: config, owner, reason, previousOwners, declinedBy });

  it.each<[string, ReturnType<typeof decline>, string, boolean]>([
    ['goes back to the previous owner', decline('provider', ['cabler']), 'cabler', false],
    ['the last of several', decline('provider', ['internal', 'cabler']), 'cabler', false],
    ['not to the one who declines', decline('provider', ['internal', 'provider']), 'internal', false],
    [
      'not to the safety net or a party that is gone',
      decline('provider', ['cabler', 'x', 'safety_net']),
      'cabler',
      false,
    ],
    ['to the other side when nobody had it before', decline('internal', []), 'provider', false],
    ['to the first in file order', decline('cabler', []), 'internal', false],
    ['the second, by the other party', decline('internal', ['internal', 'provider'], ['provider']), 'safety_net', true],
    ['the second, by the same party', decline('provider', ['provider', 'internal'], ['provider']), 'safety_net', true],
    ['where there is no other party', decline('internal', [], [], school(KIM, 'internal')), 'safety_net', true],
  ])('%s', (_name, outcome, to, toldDirector) => expect(outcome).toMatchObject({ to, toldDirector }));

  it('says who, why and what now', () => {
    expect(decline('provider', ['internal'], [], hilltop, 'needs_hands_on_site').text).toBe(
      'Coastal Tech declines it (needs hands on site): it goes back to Hilltop IT, who had it before.',
    );
    expect(decline('internal', [], [], hilltop, 'duplicate').text).toBe(
      'Hilltop IT declines it (duplicate): it goes to Coastal Tech.',
    );
    expect(decline('internal', ['provider'], ['provider'], hilltop, 'no_access').text).toBe(
      'Hilltop IT declines it (no access), and Coastal Tech declined it before: nobody wants this. The safety net and the director are told.',
    );
    expect(DECLINE_REASONS).toEqual([
      'out_of_scope',
      'needs_hands_on_site',
      'school_decision',
      'duplicate',
      'no_access',
    ]);
  });

  it.each<[string, School, ReturnType<typeof directorOf>]>([
    ['the first contact of internal', school(`${NOC}, ${KIM}`, 'provider'), { party: 'internal', contact: 'kim' }],
    ['else of the base owner', school(`${CABLER}, ${NOC}`, 'provider'), { party: 'provider', contact: 'noc' }],
    ['nobody when that has no contacts', school(`${CABLER}, ${NOC}`, 'cabler'), undefined],
  ])('the director is %s', (_name, config, director) => expect(directorOf(config)).toEqual(director));
});

describe('an open alert at a boundary', () => {
  type Take = 'unacked' | 'all' | 'new';
  type Give = 'unacked' | 'all' | 'none';
  const open = (more: Partial<BoundaryAlert>, take: Take, give: Give): BoundaryAlert => ({
    acked: false,
    held: false,
    suppressed: false,
    takes: { ...DEFAULT_HANDOVER, take },
    gives: { ...DEFAULT_HANDOVER, give },
    ...more,
  });

  it.each<[string, Partial<BoundaryAlert>, Take, Give, string]>([
    // The table of the design, a row of alerts after the other.
    ['not acknowledged', {}, 'unacked', 'unacked', 'move'],
    ['not acknowledged', {}, 'all', 'all', 'move'],
    ['not acknowledged', {}, 'new', 'unacked', 'stay'],
    ['not acknowledged', {}, 'unacked', 'none', 'stay'],
    ['acknowledged', { acked: true }, 'unacked', 'unacked', 'stay'],
    ['acknowledged', { acked: true }, 'all', 'all', 'move_and_clear_ack'],
    ['acknowledged', { acked: true }, 'new', 'all', 'stay'],
    ['acknowledged', { acked: true }, 'all', 'none', 'stay'],
    ['held', { held: true }, 'unacked', 'unacked', 'move'],
    ['held', { held: true }, 'all', 'all', 'move'],
    ['held', { held: true }, 'new', 'all', 'stay'],
    ['suppressed', { suppressed: true }, 'unacked', 'unacked', 'move'],
    ['suppressed', { suppressed: true }, 'all', 'all', 'move'],
    ['suppressed', { suppressed: true }, 'all', 'none', 'stay'],
    // The stricter side wins.
    ['acknowledged', { acked: true }, 'all', 'unacked', 'stay'],
    ['acknowledged', { acked: true }, 'unacked', 'all', 'stay'],
    ['not acknowledged', {}, 'all', 'unacked', 'move'],
    // A load takeover leaves what is acknowledged where it is, whatever was agreed.
    ['acknowledged, load', { acked: true, load: true }, 'all', 'all', 'stay'],
    ['not acknowledged, load', { load: true }, 'all', 'all', 'move'],
  ])('%s %o, take %s, give %s: %s', (_name, more, take, give, action) => {
    const move = moveAtBoundary(open(more, take, give));
    expect(move).toEqual({ action, reason: expect.stringMatching(/\S{3,}/) });
  });
});
