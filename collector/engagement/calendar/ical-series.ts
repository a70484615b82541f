import { errorMessage } from '../../../core/errors.ts';
import { endOf, type Instance, InstanceSet, instancesOf, type WrittenEvent } from './ical-event.ts';
import type { DayBudget, TimeRange } from './ical-recur.ts';
import type { CalendarZone } from './ical-zone.ts';

/** An instance with the words that go with it. */
export interface Occurrence extends Instance {
  readonly summary: string;
  /** Its own, as the file writes them. */
  readonly categories: readonly string[];
  readonly attendees: readonly string[];
}

export interface ExpandOptions {
  /** Instants, ms. */
  readonly range: TimeRange;
  readonly school: CalendarZone;
  readonly budget: DayBudget;
  /** No more than this is looked for: one more says that it was too much. */
  readonly limit: number;
  readonly problem: (text: string) => void;
}

/** Every instance that lies in `range` in part, in order of start; at most a little more than `limit`. */
export function occurrencesOf(written: readonly WrittenEvent[], options: ExpandOptions): Occurrence[] {
  const { range, limit, budget } = options;
  const byUid = new Map<unknown, WrittenEvent[]>();
  for (const event of written) {
    // One without a UID stands for itself.
    const key = event.uid ?? event;
    const group = byUid.get(key);
    if (group) group.push(event);
    else byUid.set(key, [event]);
  }
  const found: Occurrence[] = [];
  for (const group of byUid.values()) {
    for (const occurrence of groupOccurrences(group, options)) if (lies(occurrence, range)) found.push(occurrence);
    if (found.length > limit || budget.spent) break;
  }
  return found.sort(inOrder);
}

function inOrder(a: Occurrence, b: Occurrence): number {
  if (a.start.instant !== b.start.instant) return a.start.instant - b.start.instant;
  if (a.end !== b.end) return a.end - b.end;
  return a.summary < b.summary ? -1 : Number(a.summary > b.summary);
}

/** What has no length counts where it stands. */
function lies({ start, end }: Instance, { from, until }: TimeRange): boolean {
  return start.instant < until && (end > from || start.instant === from);
}

/** The events of one UID: series, and other forms of single instances of them. */
function groupOccurrences(group: readonly WrittenEvent[], options: ExpandOptions): Occurrence[] {
  const { range, school, budget, problem } = options;
  for (const event of group) for (const text of event.ignored) problem(`${nameOf(event)}: ${text}`);
  const changed = newestChanges(group.filter((event) => event.instead));
  const series = newestSeries(group.filter((event) => !event.instead));
  const elsewhere = new InstanceSet(changed.map((event) => event.instead!));
  const found: Occurrence[] = [];
  for (const event of series) {
    if (event.cancelled) continue;
    try {
      for (const instance of instancesOf(event, range, school, budget))
        if (!elsewhere.has(instance.start, school)) found.push(occurrence(event, instance));
    } catch (error) {
      problem(`${nameOf(event)}: ${errorMessage(error)}`);
    }
  }
  // A series that is gone takes with it what had been moved.
  if (series.length > 0 && series.every((event) => event.cancelled)) return found;
  for (const event of changed) {
    if (event.cancelled) continue;
    const end = endOf(event.start, event.length ?? series[0]?.length);
    found.push(occurrence(event, { start: event.start, end }, series[0]));
  }
  return found;
}

function nameOf({ summary, uid }: WrittenEvent): string {
  return `"${(summary ?? uid ?? '').slice(0, 60)}"`;
}

function occurrence(event: WrittenEvent, instance: Instance, series?: WrittenEvent): Occurrence {
  return {
    ...instance,
    summary: event.summary ?? series?.summary ?? '',
    categories: event.categories.length > 0 ? event.categories : (series?.categories ?? []),
    // Another form of one instance that names nobody has nobody: it is what was swapped away.
    attendees: event.attendees,
  };
}

/** The newest state (highest SEQUENCE, then last in the file). Careless programs give one UID to several things, which all stay. */
function newestSeries(events: readonly WrittenEvent[]): WrittenEvent[] {
  const newest = events.reduce((max, event) => Math.max(max, event.sequence), 0);
  const current = events.filter((event) => event.sequence === newest);
  return [...new Map(current.map((event) => [event.start.instant, event])).values()];
}

/** The newest state of each instance that has a form of its own. */
function newestChanges(events: readonly WrittenEvent[]): WrittenEvent[] {
  const kept = new Map<number, WrittenEvent>();
  for (const event of events) {
    const other = kept.get(event.instead!.instant);
    if (!other || event.sequence >= other.sequence) kept.set(event.instead!.instant, event);
  }
  return [...kept.values()];
}
