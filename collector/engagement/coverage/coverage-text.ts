import { formatDuration } from '../../../core/duration.ts';
import { dateOnly, dateWithYear, timeOnly } from '../date-text.ts';
import { atLeast, SEVERITIES, type Severity } from '../decision.ts';
import { otherParty, SAFETY_NET } from '../ladder.ts';
import type { Plan, PlannedGrant } from '../plan.ts';
import type { GrantScope, School } from '../school.ts';
import { instantOfDay } from '../zoned-time.ts';
import { type Coverage, type Gap, type Lane, type OwnerHandover, sameSpans } from './coverage.ts';
import { type DayRun, dayRuns, weekdaysText } from './coverage-days.ts';
import { onCallLines } from './on-call-text.ts';

const WIDTH = 100;

/** Coverage for a terminal of 100 columns: who answers when, the hand-overs, the gaps, and what is not in it. */
export function coverageText({ school }: Plan, coverage: Coverage): string {
  const { lanes, start, end } = coverage;
  const lines = [
    ...wrapped(`${school.school}, ${dateWithYear(school, start)} to ${dateWithYear(school, end)} (${school.tz})`, ''),
    '',
    'Who answers',
    ...alike(lanes).flatMap((group) => laneLines(school, group)),
    '',
    'Hand-overs',
    ...handoverLines(school, coverage),
    '',
    'Nobody of the owner on duty',
    ...gapLines(school, lanes),
  ];
  const notes = noteLines(school, coverage);
  const shifts = onCallLines(school, coverage);
  return [
    ...lines,
    ...(shifts.length > 0 ? ['', 'On call', ...shifts] : []),
    ...(notes.length > 0 ? ['', 'Not shown', ...notes] : []),
  ].join('\n');
}

/** Domains that fare alike are told of once. */
function alike(lanes: readonly Lane[]): Lane[][] {
  const groups: Lane[][] = [];
  for (const lane of lanes) {
    const group = groups.find(
      ([first]) =>
        severityText(first!.severities) === severityText(lane.severities) && sameSpans(first!.spans, lane.spans),
    );
    if (group) group.push(lane);
    else groups.push([lane]);
  }
  return groups;
}

function laneLines(school: School, group: readonly Lane[]): string[] {
  const [lane] = group;
  const runs = dayRuns(lane!.spans, school.tz);
  return [...wrapped(lanesText(group), '  '), ...runs.flatMap((run) => runLines(school, run))];
}

function lanesText(lanes: readonly Pick<Lane, 'domain' | 'severities'>[]): string {
  return `${lanes.map(({ domain }) => domain).join(', ')}${severityText(lanes[0]!.severities)}`;
}

function severityText(severities: readonly Severity[]): string {
  return severities.length === SEVERITIES.length ? '' : ` (${severities.join(', ')})`;
}

function runLines(school: School, { first, last, patterns }: DayRun): string[] {
  const date = (day: number): string => dateOnly(school, instantOfDay(school.tz, day, 0));
  const dates = first === last ? date(first) : `${date(first)} to ${date(last)}`;
  const lines = patterns.flatMap(({ weekdays, parts }) =>
    parts.map(({ hours, owner, why }, i) => {
      const days = patterns.length > 1 && i === 0 ? weekdaysText(weekdays) : '';
      return `${days.padEnd(patterns.length > 1 ? 14 : 0)}${hours.padEnd(12)} ${owner} (${why})`;
    }),
  );
  if (patterns.length > 1) return [`    ${dates}`, ...lines.map((line) => `      ${line}`)];
  return lines.map((line, i) => `    ${(i === 0 ? dates : '').padEnd(38)} ${line}`);
}

function handoverLines(school: School, { handovers }: Coverage): string[] {
  const groups = new Map<string, OwnerHandover[]>();
  for (const handover of handovers) {
    const { at, from, to, why, lanes } = handover;
    const key = [timeOnly(school, at), from, to, why, ...lanes.map((lane) => lanesText([lane]))].join();
    groups.set(key, [...(groups.get(key) ?? []), handover]);
  }
  if (groups.size === 0) return ['  none'];
  return [...groups.values()].flatMap((group) => {
    const { from, to, why, lanes } = group[0]!;
    const [first, last] = [group[0]!.at, group.at(-1)!.at];
    const when =
      group.length <= 3
        ? group.map(({ at }) => dateWithYear(school, at)).join('; ')
        : `${group.length} times at ${timeOnly(school, first)}, from ${dateOnly(school, first)} to ${dateOnly(school, last)}`;
    return [...wrapped(when, '  '), ...wrapped(`${from} to ${to} (${why}): ${bySeverity(lanes)}`, '    ')];
  });
}

/** Domains by the severities that pass, each domain once. */
function bySeverity(lanes: OwnerHandover['lanes']): string {
  const whole = [...new Set(lanes.map(({ domain }) => domain))].map((domain) => ({
    domain,
    severities: SEVERITIES.filter((s) => lanes.some((lane) => lane.domain === domain && lane.severities.includes(s))),
  }));
  const groups = [...new Set(whole.map(({ severities }) => severityText(severities)))];
  return groups
    .map((text) => lanesText(whole.filter(({ severities }) => severityText(severities) === text)))
    .join('; ');
}

/** How many gaps without anybody on duty are listed one by one. */
const LISTED = 5;

function gapLines(school: School, lanes: readonly Lane[]): string[] {
  const groups = new Map<string, { lanes: Lane[]; gaps: readonly Gap[] }>();
  for (const lane of lanes) {
    const all = lane.severities.some((severity) => atLeast(severity, school.passUncoveredAt))
      ? lane.gaps
      : whole(lane.gaps);
    for (const acting of new Set(all.map((gap) => gap.acting)))
      for (const owner of new Set(all.map((gap) => gap.owner))) {
        const gaps = all.filter((gap) => gap.acting === acting && gap.owner === owner);
        if (gaps.length === 0) continue;
        const key = [
          owner,
          acting,
          severityText(lane.severities),
          ...gaps.flatMap(({ start, end }) => [start, end]),
        ].join();
        const group = groups.get(key) ?? { lanes: [], gaps };
        group.lanes.push(lane);
        groups.set(key, group);
      }
  }
  if (groups.size === 0) return ['  never'];
  return [...groups.values()].flatMap(({ lanes, gaps }) => gapText(school, lanes, gaps));
}

/** What waits for its owner does not mind who acts meanwhile: gaps side by side are one. */
function whole(gaps: readonly Gap[]): Gap[] {
  const joined: Gap[] = [];
  for (const gap of gaps) {
    const last = joined.at(-1);
    if (last?.end === gap.start && last.owner === gap.owner) joined[joined.length - 1] = { ...last, end: gap.end };
    else joined.push({ ...gap, acting: gap.owner });
  }
  return joined;
}

function gapText(school: School, lanes: readonly Lane[], gaps: readonly Gap[]): string[] {
  const { owner, acting } = gaps[0]!;
  const total = gaps.reduce((sum, { start, end }) => sum + end - start, 0);
  const byLength = [...gaps].sort((a, b) => b.end - b.start - (a.end - a.start));
  const span = ({ start, end }: Gap): string => `${dateWithYear(school, start)} to ${dateWithYear(school, end)}`;
  const often =
    gaps.length === 1
      ? span(gaps[0]!)
      : `${gaps.length} times, ${formatDuration(total)} in all; the longest ${span(byLength[0]!)}`;
  const lines = [
    ...wrapped(`${owner}, for ${lanesText(lanes)}`, '  '),
    ...wrapped(often, '    '),
    ...wrapped(whatHappens(school, lanes[0]!.severities, byLength[0]!), '    '),
  ];
  if (acting !== SAFETY_NET || gaps.length === 1) return lines;
  const more = gaps.length > LISTED ? [`    and ${gaps.length - LISTED} more`] : [];
  return [...lines, ...gaps.slice(0, LISTED).map((gap) => `    ${span(gap)}`), ...more];
}

function whatHappens(school: School, severities: readonly Severity[], { owner, acting, start, end }: Gap): string {
  const urgent = severities.filter((severity) => atLeast(severity, school.passUncoveredAt));
  const others = severities.filter((severity) => !urgent.includes(severity));
  const texts: string[] = [];
  if (urgent.length > 0)
    texts.push(
      acting === SAFETY_NET
        ? `${urgent.join(', ')}: nobody else is on duty either, the safety net is told (${school.safetyNet.join(', ')})`
        : `${urgent.join(', ')}: ${acting} is told at once`,
    );
  if (others.length > 0) {
    const other = otherParty(school, owner) ?? 'the safety net';
    const longest =
      end - start > school.maxHoldMs ? `, at most ${formatDuration(school.maxHoldMs)}, then ${other}` : '';
    texts.push(`${others.join(', ')}: held for ${owner}${longest}`);
  }
  return texts.join('; ');
}

function noteLines(school: School, { unforeseeable, partial }: Coverage): string[] {
  const loads = unforeseeable.map(({ grant }) => {
    const { party, over } = grant.condition!.load!;
    return `${grant.id}: ${grant.owner} takes over while ${party} has more than ${over} open alerts; when cannot be foreseen`;
  });
  const parts = partial.map(
    (planned) => `${planned.grant.id}: ${planned.grant.owner} has ${partText(school, planned)}`,
  );
  return [...loads, ...parts].flatMap((note) => wrapped(note, '  '));
}

function partText(school: School, { grant, engagement }: PlannedGrant): string {
  const { not, ...scope } = grant.scope;
  const from = Number.isFinite(engagement.from) ? ` from ${dateWithYear(school, engagement.from)}` : '';
  const until = Number.isFinite(engagement.until) ? ` until ${dateWithYear(school, engagement.until)}` : '';
  return `${scopeText(scope) || 'everything'}${not ? `, not ${scopeText(not)}` : ''}${grant.when ? ', at times' : ''}${from}${until}`;
}

function scopeText(scope: GrantScope): string {
  const { grades, not: _not, ...lists } = scope;
  const texts = Object.entries(lists).map(([key, values]) => `${key} ${(values as readonly string[]).join(' or ')}`);
  if (grades) texts.push(`grades ${grades.list.join(', ')} (${grades.match})`);
  return texts.join(' and ');
}

function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + word.length > WIDTH) {
      lines.push(line.trimEnd());
      line = `${indent}  `;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
