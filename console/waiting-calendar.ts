import type { VNode } from 'preact';
import type { CalendarContents, CalendarView } from '../core/calendar-api.ts';
import type { SchoolView } from '../core/page-api.ts';
import { confirmCalendar } from './api.ts';
import { html } from './html.ts';
import { useOnce } from './once.ts';
import { At } from './time-element.ts';

interface Props {
  readonly calendar: CalendarView;
  readonly school: SchoolView;
  readonly now: number;
  readonly onDone: () => void;
}

/** A change of a calendar that moves who answers: why it is asked about, what becomes how many, and a yes. */
export function WaitingCalendar({ calendar, school, now, onDone }: Props): VNode {
  const once = useOnce();
  const { pending, contents } = calendar;
  const confirm = (): void =>
    void once.run(async () => {
      await confirmCalendar(school.school, calendar.calendar, pending!.id);
      onDone();
    });
  return html`<li>
    <div>
      <strong>Calendar ${calendar.calendar} has changed</strong>
      <p class="muted">Seen <${At} time=${pending!.seenAt} now=${now} />; it does not count before somebody confirms it.</p>
      <ul class="reasons">${pending!.reasons.map((reason) => html`<li>${reason}</li>`)}</ul>
      ${changedCounts(contents, pending!.contents).map((line) => html`<p class="muted">${line}</p>`)}
      <p class="error-text" role="alert">${once.problem}</p>
    </div>
    <button type="button" class="small" aria-disabled=${once.busy ? 'true' : 'false'} onClick=${confirm}>Confirm</button>
  </li>`;
}

/** Pure: `TESTING: 14 events ahead now, 12 with the change`. */
export function changedCounts(now: CalendarContents, then: CalendarContents): string[] {
  const counts = (contents: CalendarContents) => new Map(contents.categories.map((c) => [c.category, c.count]));
  const [before, after] = [counts(now), counts(then)];
  return [...new Set([...before.keys(), ...after.keys()])].map((category) => {
    const ahead = before.get(category) ?? 0;
    return `${category}: ${ahead} ${ahead === 1 ? 'event' : 'events'} ahead now, ${after.get(category) ?? 0} with the change`;
  });
}
