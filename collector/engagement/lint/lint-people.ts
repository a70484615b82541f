import { formatDuration } from '../../../core/duration.ts';
import { dateWithYear } from '../date-text.ts';
import { atLeast } from '../decision.ts';
import type { Grant, School } from '../school.ts';
import { DAY_MS, type Finding, type LintContext, liveEngagements } from './lint-finding.ts';

/** Whether everybody who is named can be reached, and in time. */
export function lintPeople(context: LintContext): Finding[] {
  return [
    ...structure(context.plan.school),
    ...safetyNet(context),
    ...longHold(context.plan.school),
    ...unreachable(context),
    ...secondContacts(context.plan.school),
    ...unknownAbsentees(context.plan.school),
  ];
}

/** Leave of somebody who is not of the party changes nothing: a name written wrong, or one who has left. */
function unknownAbsentees({ parties }: School): Finding[] {
  return [...parties.values()].flatMap(({ id, contacts, absences }) =>
    absences.flatMap(({ who }, i) => {
      const unknown = who.filter((name) => !contacts.includes(name));
      return unknown.length === 0
        ? []
        : [
            {
              level: 'W' as const,
              code: 'unknown-absentee' as const,
              path: ['parties', id, 'absences', i, 'who'],
              expected: `contacts of ${id} (${contacts.join(', ') || 'it has none'})`,
              got: unknown.join(', '),
            },
          ];
    }),
  );
}

/** The loader refuses these already; whoever makes a school by other means is held to the same. */
function structure({ base, parties, safetyNet }: School): Finding[] {
  const findings: Finding[] = [];
  if (!parties.has(base.owner))
    findings.push({
      level: 'E',
      code: 'no-base',
      path: ['base', 'owner'],
      expected: `a party (${[...parties.keys()].join(', ')})`,
      got: `"${base.owner}"`,
    });
  if (safetyNet.length === 0)
    findings.push({
      level: 'E',
      code: 'empty-safety-net',
      path: ['safety_net'],
      expected: 'somebody who is told when nobody answers',
      got: 'nobody',
    });
  return findings;
}

/** Two people by two ways: one phone that is off must not be all there is. */
function safetyNet({ plan: { school }, channelTypes }: LintContext): Finding[] {
  const people = [...new Set(school.safetyNet)];
  const types = [
    ...new Set(people.flatMap((id) => (school.contacts.get(id)?.channels ?? []).map(({ type }) => type as string))),
  ];
  const declared = school.contacts.size > 0;
  const findings: Finding[] = [];
  if (people.length === 1)
    findings.push({
      level: declared ? 'E' : 'W',
      code: 'few-safety-net-contacts',
      path: ['safety_net'],
      expected: 'at least two contacts',
      got: `${people.join()} only`,
    });
  // Nobody can be asked for a second kind of channel while there is none.
  if (people.length > 0 && types.length < 2 && channelTypes.length > 1)
    findings.push({
      level: declared ? 'E' : 'W',
      code: 'few-channel-types',
      path: ['safety_net'],
      expected: 'contacts who are reached over at least two types of channel',
      got: !declared ? 'no channels declared' : `${types.join() || 'no channel'} only`,
    });
  return findings;
}

const LONGEST_HOLD_MS = DAY_MS;

/**
 * Cannot happen as things are: `pass_uncovered_at` is a severity, none is above critical, so critical alerts are never held; and whatever a
 * ladder says, they reach somebody at once (reach in ladder.ts). Should either ever change, `max_hold` would be what keeps them waiting.
 */
function longHold({ passUncoveredAt, maxHoldMs }: School): Finding[] {
  if (atLeast('critical', passUncoveredAt) || maxHoldMs <= LONGEST_HOLD_MS) return [];
  const expected = 'at most 24h while critical alerts can be held';
  return [{ level: 'E', code: 'critical-held', path: ['max_hold'], expected, got: formatDuration(maxHoldMs) }];
}

/** Who is given work must be there to do it. The base owner may be nobody who can be reached: others act then. */
function unreachable({ plan, now, until }: LintContext): Finding[] {
  const { school, duties } = plan;
  const why = (party: string): string | undefined => {
    const duty = duties.get(party);
    if (!duty || party === school.base.owner) return undefined;
    const { contacts } = duty.party;
    if (contacts.length === 0) return `${party}, which has no contacts`;
    if (school.contacts.size > 0 && !contacts.some((id) => (school.contacts.get(id)?.channels.length ?? 0) > 0))
      return `${party}, of whose contacts (${contacts.join(', ')}) none has a channel`;
    if (!duty.wasOnDuty(now, until)) return `${party}, of which nobody is on duty until ${dateWithYear(school, until)}`;
    return undefined;
  };
  const reasons = new Map([...school.parties.keys()].map((party) => [party, why(party)]));
  return liveEngagements(school).flatMap(({ engagement, at }) =>
    engagement.grants.flatMap((grant, j): Finding[] => {
      const got = reasons.get(grant.owner);
      if (got === undefined) return [];
      const path = [...at, 'grants', j, 'owner'];
      return [{ level: 'E', code: 'owner-unreachable', path, expected: 'a party that can be reached', got }];
    }),
  );
}

/** The default ladder tells the first contact on duty again; a second one is reached only where a step names it. */
function secondContacts(school: School): Finding[] {
  const grants = liveEngagements(school).flatMap(({ engagement }) =>
    engagement.status === 'approved' ? engagement.grants : [],
  );
  return [...school.parties.values()].flatMap((party): Finding[] => {
    const second = party.contacts[1];
    // Who takes turns is told when it is their turn.
    if (second === undefined || party.onCall?.calendar !== undefined) return [];
    if (party.onCall?.rotation?.contacts.includes(second)) return [];
    const tells = (grant: Grant): boolean => grant.ladder?.some(({ to }) => to === second) ?? false;
    const silent = grants.filter((grant) => grant.owner === party.id && !tells(grant)).map(({ id }) => id);
    // What falls to the base owner has the default ladder; nobody can be asked for more than one ladder that names the second.
    if (party.id === school.base.owner && !grants.some(tells)) silent.push('base');
    if (silent.length === 0) return [];
    return [
      {
        level: 'W',
        code: 'second-contact-never-told',
        path: ['parties', party.id, 'contacts', 1],
        expected: `a step \`to: ${second}\` in the ladder of what ${party.id} owns`,
        got: `none in ${silent.join(', ')}: ${second} is told only while ${party.contacts[0]} is absent`,
      },
    ];
  });
}
