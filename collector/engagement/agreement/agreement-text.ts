import { dateWithYear } from '../date-text.ts';
import { SEVERITIES } from '../decision.ts';
import { capital, partyName } from '../explain.ts';
import { DEFAULT_LADDER, otherParty, REPEAT_S, SAFETY_NET } from '../ladder.ts';
import type { Engagement, EngagementKind, Grant, Rung, School, SlaTarget } from '../school.ts';
import { durationWords } from './duration-words.ts';
import { and, conditionTexts, scopeText, whenText } from './scope-text.ts';

/**
 * An engagement in the words that both sides sign: who answers for what, when and under which condition, who is told and how, what is owed,
 * and what happens at a hand-over. One sentence or item a line. Says all that the YAML says, and nothing that it does not.
 */
export function agreementText(engagement: Engagement, school: School): string {
  const { grants } = engagement;
  const alike = grants.every((grant) => same(termLines(grant, school), termLines(grants[0]!, school)));
  return [
    headText(engagement, school),
    ...termText(engagement, school),
    '',
    ...grants.flatMap((grant, i) => [
      `${i + 1}. ${grantText(grant, school)}`,
      ...(alike ? [] : termLines(grant, school).map((line) => `   ${line}`)),
    ]),
    '',
    ...(alike ? termLines(grants[0]!, school) : []),
    closingText(school),
  ].join('\n');
}

const KIND_WORDS: Readonly<Record<EngagementKind, string>> = {
  full: 'the whole network',
  domain: 'a part of the network',
  threshold: 'help from a certain point on',
  adhoc: 'a piece of work for a limited time',
  override: 'an exception that goes before everything else',
};

function headText({ id, kind, grants }: Engagement, school: School): string {
  const owners = [...new Set(grants.map((grant) => partyName(school, grant.owner)))];
  return `Agreement ${id} for ${school.school}: ${KIND_WORDS[kind]}, answered for by ${and(owners)}.`;
}

function termText({ from, until, kind }: Engagement, school: School): string[] {
  const begin = from === -Infinity ? 'from its approval' : `from ${dateWithYear(school, from)}`;
  const end = until === Infinity ? 'until one side ends it' : `until ${dateWithYear(school, until)}`;
  const extension = kind === 'adhoc' ? ' It ends by itself; extending it takes the approval of both sides again.' : '';
  return [`It holds ${begin} ${end} (times in ${school.tz}).${extension}`];
}

function grantText(grant: Grant, school: School): string {
  const when = capital(whenText(grant, school));
  const conditions = conditionTexts(grant, school);
  const under = conditions.length > 0 ? `, ${and(conditions)}` : '';
  return `${when}${under}, ${partyName(school, grant.owner)} answers for ${scopeText(grant.scope)}.`;
}

/** Who is told, what is owed, what happens at a hand-over, and what goes first. */
function termLines(grant: Grant, school: School): string[] {
  return [
    informedText(grant, school),
    ladderText(grant, school),
    ...slaLines(grant, school),
    ...handoverLines(grant, school),
    `Where several agreements cover the same alert, the one with the higher priority decides (this one has ${grant.priority}), then the narrower one.`,
  ];
}

function informedText({ owner, informed }: Grant, school: School): string {
  const others = [...school.parties.keys()].filter((party) => party !== owner);
  const seeing = informed ?? others;
  const blind = others.filter((party) => !seeing.includes(party));
  const name = (parties: readonly string[]) => and(parties.map((party) => partyName(school, party)));
  return [
    ...(seeing.length > 0 ? [`${capital(name(seeing))} can see every alert, without being called for it.`] : []),
    ...(blind.length > 0 ? [`${capital(name(blind))} can see only that there is something, not what.`] : []),
  ].join(' ');
}

function ladderText({ owner, ladder }: Grant, school: School): string {
  const steps = (ladder ?? DEFAULT_LADDER).map((rung) => rungText(rung, owner, school));
  const net = and(school.safetyNet.map((contact) => school.contacts.get(contact)?.name ?? contact));
  const every = durationWords(REPEAT_S * 1000);
  return `For each alert, as long as nobody answers: ${steps.join('; ')}; last the safety net (${net}), again every ${every}.`;
}

function rungText({ to, afterMs, transfer }: Rung, owner: string, school: School): string {
  const who = whoText(to, owner, school);
  const when = afterMs === 0 ? 'at once' : `after ${durationWords(afterMs)}`;
  return `${when} ${who}${transfer ? ', who takes it over' : ''}`;
}

function whoText(to: string, owner: string, school: School): string {
  if (to === SAFETY_NET) return 'the safety net';
  if (to === 'owner') return partyName(school, owner);
  if (to === 'other') return partyName(school, otherParty(school, owner) ?? owner);
  return school.parties.has(to) ? partyName(school, to) : (school.contacts.get(to)?.name ?? to);
}

function slaLines({ owner, sla }: Grant, school: School): string[] {
  if (!sla) return [];
  const lines = SEVERITIES.toReversed().flatMap((severity) => {
    const target = sla[severity];
    const owed = target ? owedTexts(target) : [];
    const hours = target?.calendar === 'school-hours' ? 'counted in school hours' : 'day and night';
    return owed.length > 0 ? [`for ${severity} alerts ${and(owed)}, ${hours}`] : [];
  });
  return lines.length > 0 ? [`${capital(partyName(school, owner))} owes ${lines.join('; ')}.`] : [];
}

function owedTexts({ ackMs, updateMs, resolveMs }: SlaTarget): string[] {
  return [
    ...(ackMs === undefined ? [] : [`an answer within ${durationWords(ackMs)}`]),
    ...(updateMs === undefined ? [] : [`word on how it goes every ${durationWords(updateMs)}`]),
    ...(resolveMs === undefined ? [] : [`the repair within ${durationWords(resolveMs)}`]),
  ];
}

const TAKE_WORDS = {
  unacked: 'takes over the open alerts that nobody has taken on yet',
  all: 'takes over all open alerts',
  new: 'takes over new alerts only',
} as const;
const GIVE_WORDS = {
  unacked: 'hands on the open alerts that it has not taken on yet',
  all: 'hands on all open alerts',
  none: 'keeps the open alerts until they are done',
} as const;

function handoverLines({ owner, handover }: Grant, school: School): string[] {
  const { take, give, briefMs, overlapMs, accept } = handover;
  const name = partyName(school, owner);
  return [
    `When this begins, ${name} ${TAKE_WORDS[take]}; when it ends, ${name} ${GIVE_WORDS[give]}.`,
    ...(briefMs > 0
      ? [`Whoever takes over is briefed ${durationWords(briefMs)} before, where the time is known.`]
      : []),
    ...(overlapMs > 0 ? [`Whoever hands on is still told second for ${durationWords(overlapMs)}.`] : []),
    ...(accept === 'required'
      ? ['A hand-over is to be accepted; until it is, whoever hands on is told as well. Nobody waits for it.']
      : []),
  ];
}

function closingText(school: School): string {
  return `Whatever no agreement covers is answered for by ${partyName(school, school.base.owner)}. A change of this text takes the approval of both sides again; until then this text holds.`;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}
