import { domainWords } from '../../../core/domain.ts';
import { dateWithYear } from '../date-text.ts';
import { partyName } from '../explain.ts';
import type { FactCondition, Grant, GrantScope, GrantWindow, LoadCondition, School, WeeklyWindow } from '../school.ts';
import { durationWords } from './duration-words.ts';

/** What a grant covers, to follow "answers for": `Wi-Fi and the wired network at site main, critical alerts only`. */
export function scopeText(scope: GrantScope): string {
  const { not, ...rest } = scope;
  const what = scope.domain ? and(scope.domain.map(domainWords)) : 'everything';
  const narrowed = [what, ...narrowings(rest)].join(', ');
  return not ? `${narrowed}, except ${[...exceptions(not)].join(', ')}` : narrowed;
}

function exceptions(not: GrantScope): string[] {
  return [...(not.domain ? [or(not.domain.map(domainWords))] : []), ...narrowings(not)];
}

function narrowings(scope: GrantScope): string[] {
  const some = (values: readonly string[] | undefined, text: (list: string) => string) =>
    values ? [text(or(values))] : [];
  return [
    ...some(scope.site, (list) => `at site ${list}`),
    ...some(scope.zone, (list) => `in ${list}`),
    ...some(scope.vendor, (list) => `on devices made by ${list}`),
    ...some(scope.model, (list) => `on devices of model ${list}`),
    ...some(scope.device, (list) => `on device ${list}`),
    ...some(scope.rule, (list) => `when rule ${list} raises it`),
    ...some(scope.severity, (list) => `${list} alerts only`),
    ...gradesText(scope.grades),
  ];
}

function gradesText(grades: GrantScope['grades']): string[] {
  if (!grades) return [];
  const word = grades.list.length === 1 ? 'grade' : 'grades';
  const only = grades.match === 'only' ? 'nobody but' : 'among others';
  return [`where it serves ${only} ${word} ${and(grades.list)}`];
}

/** When a grant holds, to stand at the start of a sentence. */
export function whenText({ when }: Pick<Grant, 'when'>, school: School): string {
  return when ? or(when.map((window) => windowText(window, school))) : 'at all times';
}

function windowText(window: GrantWindow, school: School): string {
  switch (window.kind) {
    case 'dates':
      return `from ${dateWithYear(school, window.start)} until ${dateWithYear(school, window.end)}`;
    case 'weekly':
      return weeklyText(window.weekly);
    case 'calendar': {
      const what = window.categories.length > 0 ? or(window.categories) : 'any event';
      const around = [
        ...(window.leadMs > 0 ? [`from ${durationWords(window.leadMs)} before`] : []),
        ...(window.lagMs > 0 ? [`until ${durationWords(window.lagMs)} after`] : []),
      ];
      const span = around.length > 0 ? ` (${around.join(' ')} it)` : '';
      return `during ${what} in the calendar ${window.calendar}${span}`;
    }
  }
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

function weeklyText({ days, from, to }: WeeklyWindow): string {
  const names = days.length === 7 ? 'every day' : `on ${and(days.map((day) => DAYS[day]!))}`;
  const next = to <= from ? ' of the next day' : '';
  return `${names} from ${clock(from)} to ${clock(to)}${next}`;
}

function clock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** What else must be true, to follow what is covered and when. */
export function conditionTexts({ condition }: Pick<Grant, 'condition'>, school: School): string[] {
  if (!condition) return [];
  return [...(condition.load ? [loadText(condition.load, school)] : []), ...condition.facts.map(factText)];
}

function loadText(load: LoadCondition, school: School): string {
  const party = partyName(school, load.party);
  const counted = load.severity === 'info' ? 'open alerts' : `open alerts (${load.severity} or worse)`;
  return (
    `once ${party} has had more than ${load.over} ${counted} for ${durationWords(load.forMs)}, ` +
    `and until there are ${load.clear} or fewer, but for ${durationWords(load.holdMs)} at least`
  );
}

const OPERATOR_WORDS: Readonly<Record<FactCondition['operator'], string>> = {
  '>=': 'is at least',
  '<=': 'is at most',
  '>': 'is more than',
  '<': 'is less than',
  '==': 'is',
  '!=': 'is not',
};

function factText({ fact, operator, value }: FactCondition): string {
  return `as long as ${fact.replaceAll('_', ' ')} ${OPERATOR_WORDS[operator]} ${value}`;
}

/** `a`, `a and b`, `a, b and c` */
export function and(items: readonly string[]): string {
  return joined(items, 'and');
}

export function or(items: readonly string[]): string {
  return joined(items, 'or');
}

function joined(items: readonly string[], word: string): string {
  if (items.length < 2) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`;
}
