import { GrantWindows } from '../engagement/grant-window.ts';
import type { GrantWindow, School, Span } from '../engagement/school.ts';
import type { Alert } from './alert.ts';
import { safePattern } from './safe-pattern.ts';

/** Alertmanager's form of a test on one label (formats.md 3.2: names as in its API). */
export interface LabelMatcher {
  readonly name: string;
  readonly value: string;
  /** `value` is a pattern over the whole label (safe-pattern.ts). */
  readonly isRegex: boolean;
  /** False: the label must not be so. */
  readonly isEqual: boolean;
}

export type MuteKind = 'maintenance' | 'silence';

/** Alerts that all matchers fit are not told of while it runs. Times in ms. */
export interface Mute {
  readonly id: string;
  readonly school: string;
  readonly kind: MuteKind;
  readonly matchers: readonly LabelMatcher[];
  readonly startsAt: number;
  readonly endsAt: number;
  /** Runs only in these hours of the week or calendar events, within [startsAt, endsAt); undefined: all of it. */
  readonly recurring?: GrantWindow;
  readonly party: string;
  readonly author: string;
  readonly comment: string;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly endedBy: string | null;
}

/** What an alert is matched by: its labels, and what it has fields for. A label it does not have is empty. */
export function labelsToMatch(alert: Alert): Readonly<Record<string, string>> {
  const { labels, school, site, domain, rule, severity } = alert;
  return { ...labels, school, site, domain, rule, severity, alertname: rule };
}

export function matchesAll(matchers: readonly LabelMatcher[], labels: Readonly<Record<string, string>>): boolean {
  return matchers.every(({ name, value, isRegex, isEqual }) => {
    const label = Object.hasOwn(labels, name) ? labels[name]! : '';
    return (isRegex ? patternOf(value)(label.slice(0, VALUE_LENGTH)) : label === value) === isEqual;
  });
}

/** Of a label, as much as a pattern looks at. */
const VALUE_LENGTH = 1_000;
const COMPILED_LIMIT = 1_000;
const compiled = new Map<string, (value: string) => boolean>();

function patternOf(text: string): (value: string) => boolean {
  let pattern = compiled.get(text);
  if (!pattern) {
    pattern = safePattern(text);
    if (compiled.size >= COMPILED_LIMIT) compiled.clear();
    compiled.set(text, pattern);
  }
  return pattern;
}

type Zoned = Pick<School, 'tz' | 'calendars'>;

/** The whole span of a mute, cut where it was ended by hand. */
export function spanOf({ startsAt, endsAt, endedAt }: Mute): Span {
  return { start: startsAt, end: endedAt === null ? endsAt : Math.min(endsAt, endedAt) };
}

/** When the mute that runs at `at` stops running (ms); undefined: it does not run. Recurring ones go by the wall clock of the school. */
export function runsUntil(mute: Mute, at: number, school: Zoned): number | undefined {
  const { start, end } = spanOf(mute);
  if (at < start || end <= at) return undefined;
  if (!mute.recurring) return end;
  const window = new GrantWindows([mute.recurring], school.calendars, school.tz).at(at);
  return window && Math.min(end, window.end);
}

/** The next instant in (from, to] at which it begins or ends to run; undefined: none. */
export function nextMuteEdge(mute: Mute, from: number, to: number, school: Zoned): number | undefined {
  const { start, end } = spanOf(mute);
  const recurring = mute.recurring
    ? new GrantWindows([mute.recurring], school.calendars, school.tz).edges(from + 1, to + 1)
    : [];
  const edges = [start, end, ...recurring.filter((t) => start <= t && t <= end)];
  const ahead = edges.filter((t) => from < t && t <= to);
  return ahead.length > 0 ? Math.min(...ahead) : undefined;
}
