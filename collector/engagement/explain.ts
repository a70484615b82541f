import { domainWords } from '../../core/domain.ts';
import { formatDuration } from '../../core/duration.ts';
import type { LadderStep, RouteAlert, Routing } from './decision.ts';
import { nextShift } from './horizon.ts';
import { SAFETY_NET } from './ladder.ts';
import { factsAt, type Plan, type PlannedGrant } from './plan.ts';
import type { Verdict } from './route.ts';
import type { School, Span, WeeklyWindow } from './school.ts';
import { WeeklySchedule } from './weekly.ts';

/** The decision in plain words for a phone: who answers, for what, why, who is told now, and what happens if nobody answers. */
export function decisionText(plan: Plan, alert: RouteAlert, at: number, verdict: Verdict, routing: Routing): string {
  const { school } = plan;
  const owner = partyName(school, routing.owner);
  const sentences = [`${capital(owner)} answers for ${domainWords(alert.domain)} ${reasonText(plan, at, verdict)}.`];
  const [first, ...later] = routing.steps;
  if (routing.held && first)
    sentences.push(
      `Nobody of ${owner} is on duty and it can wait: ${who(school, first)} is told in ${formatDuration(first.after_s * 1000)}.`,
    );
  else if (first && routing.acting !== routing.owner)
    sentences.push(`Nobody of ${owner} is on duty, so ${who(school, first)} is told now; ${owner} stays responsible.`);
  else if (first) sentences.push(`${who(school, first)} is told now${shiftText(plan, first, at)}.`);
  const rest = later.filter((step, i) => i === 0 || step.contact !== later[i - 1]?.contact);
  if (rest.length > 0) sentences.push(`If nobody answers: ${rest.map((step) => laterText(school, step)).join(', ')}.`);
  return sentences.join(' ');
}

/** Why, to follow "answers for wireless": "until Sat 21 Mar, 00:00 (TESTING: State test window), as agreed in busy-seasons". */
function reasonText(plan: Plan, at: number, { reason, owner }: Verdict): string {
  const { school } = plan;
  switch (reason.kind) {
    case 'claimed':
      return `because ${partyName(school, owner)} took this one by hand`;
    case 'base':
      return 'by default, since nothing else is agreed for it';
    case 'linger': {
      const awaited = partyName(school, reason.awaited);
      const ended = dateTime(school, reason.ended);
      return `although the time agreed in ${reason.planned.engagement.id} ended ${ended}, because nobody of ${awaited} has been on duty since`;
    }
    case 'grant': {
      const because = [
        windowText(school, reason.planned, reason.window, at),
        ...conditionTexts(plan, reason.planned, at),
        untilText(school, reason.planned),
      ].filter((text) => text !== undefined);
      const { engagement } = reason.planned;
      return `${because.map((text) => `${text}, `).join('')}as agreed in ${engagement.id}`;
    }
  }
}

function windowText(school: School, { grant }: PlannedGrant, window: Span, at: number): string | undefined {
  if (!grant.when) return undefined;
  const until = `until ${dateTime(school, window.end)}`;
  for (const w of grant.when) {
    if (w.kind === 'weekly' && sameSpan(new WeeklySchedule(school.tz, [w.weekly]).at(at), window))
      return `${until} (${weeklyText(w.weekly)})`;
    if (w.kind !== 'calendar') continue;
    const event = school.calendars
      .get(w.calendar)
      ?.events.find(
        (e) =>
          (w.categories.length === 0 || e.categories.some((c) => w.categories.includes(c))) &&
          e.start - w.leadMs - DAY_MS <= at &&
          at < e.end + w.lagMs + DAY_MS,
      );
    if (event) return `${until} (${[event.categories.join(', '), event.summary].filter((s) => s !== '').join(': ')})`;
  }
  return until;
}

const DAY_MS = 86_400_000;

function sameSpan(a: Span | undefined, b: Span): boolean {
  return a?.start === b.start && a.end === b.end;
}

function conditionTexts({ school }: Plan, { grant }: PlannedGrant, at: number): string[] {
  const { load, facts = [] } = grant.condition ?? {};
  const known = factsAt(school.facts, at);
  return [
    ...(load
      ? [`while ${partyName(school, load.party)} has too much at once (more than ${load.over} open alerts)`]
      : []),
    ...facts.map(({ fact, operator, value }) =>
      operator === '==' ? `because ${fact} is ${value}` : `because ${fact} is ${known[fact]} (${operator} ${value})`,
    ),
  ];
}

function untilText(school: School, { engagement, grant }: PlannedGrant): string | undefined {
  return Number.isFinite(engagement.until) && !grant.when ? `until ${dateTime(school, engagement.until)}` : undefined;
}

const DAY_NAMES = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function weeklyText({ days, from, to }: WeeklyWindow): string {
  const names = days.length === 7 ? 'every day' : days.map((day) => DAY_NAMES[day]).join(', ');
  return `${names} ${clock(from)} to ${clock(to)}`;
}

function clock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

function laterText(school: School, step: LadderStep): string {
  const after = formatDuration(step.after_s * 1000);
  const repeat = step.repeat_s === undefined ? '' : `, then every ${formatDuration(step.repeat_s * 1000)}`;
  return `${who(school, step)} after ${after}${step.transfer ? ' (who then takes it over)' : ''}${repeat}`;
}

function who(school: School, step: LadderStep): string {
  const people = step.contact.split(',').map((contact) => school.contacts.get(contact)?.name ?? contact);
  const group = step.party === SAFETY_NET ? 'safety net' : partyName(school, step.party);
  return `${people.join(' and ')} (${group})`;
}

/** `, on call until Mon 7 Sep, 08:00`, of somebody whose shift it is. */
function shiftText(plan: Plan, { party, contact }: LadderStep, at: number): string {
  const duty = plan.duties.get(party);
  if (duty?.named(at)?.contact !== contact) return '';
  const next = nextShift(plan, party, at, at + SHIFT_TOLD_MS);
  return next ? `, on call until ${dateTime(plan.school, next.at)}` : ', on call';
}

/** The end of a shift that lasts longer is no help to anybody now. */
const SHIFT_TOLD_MS = 32 * 86_400_000;

/** A party as people call it. */
export function partyName(school: School, party: string): string {
  return school.parties.get(party)?.name ?? party;
}

export function capital(text: string): string {
  return text === '' ? text : text[0]!.toUpperCase() + text.slice(1);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** `Sat 21 Mar, 00:00` in the school's zone. */
export function dateTime({ tz }: Pick<School, 'tz'>, at: number): string {
  let format = formats.get(tz);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: tz,
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
    });
    formats.set(tz, format);
  }
  return format.format(at);
}
