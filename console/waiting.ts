import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { CalendarView } from '../core/calendar-api.ts';
import type { EngagementVersionView, EngagementView } from '../core/engagement-api.ts';
import type { SchoolView } from '../core/page-api.ts';
import { getCalendars, getEngagements } from './api.ts';
import { html } from './html.ts';
import { usePolled } from './polled.ts';
import { WaitingCalendar } from './waiting-calendar.ts';
import { WaitingEngagement } from './waiting-engagement.ts';

const REFRESH_MS = 30_000;

interface Props {
  readonly school: SchoolView;
  readonly now: number;
}

/** What does not count yet because somebody has to say yes: versions of agreements, and changes of calendars. */
export function Waiting({ school, now }: Props): VNode {
  const [done, setDone] = useState(0);
  const onDone = (): void => setDone(done + 1);
  const { value, problem } = usePolled(school.school, done, REFRESH_MS, async (signal) => {
    const [{ engagements }, { calendars }] = await Promise.all([
      getEngagements(school.school, signal),
      getCalendars(school.school, signal),
    ]);
    return { engagements, calendars };
  });
  const engagements = value?.engagements.flatMap(waitingVersion) ?? [];
  const calendars = value?.calendars.filter((calendar) => calendar.pending !== null) ?? [];
  const nothing = value !== null && engagements.length + calendars.length === 0;
  return html`<div class="panel">
    <h3>Waiting for you</h3>
    ${problem !== null && html`<p class="error-text" role="alert">It cannot be read now: ${problem}</p>`}
    ${value === null && problem === null && html`<p class="muted">Reading…</p>`}
    ${nothing && html`<p class="muted">Nothing.</p>`}
    <ul class="rows">
      ${calendars.map((calendar: CalendarView) => html`<${WaitingCalendar} key=${`calendar ${calendar.calendar}`} calendar=${calendar} school=${school} now=${now} onDone=${onDone} />`)}
      ${engagements.map(({ engagement, version }) => html`<${WaitingEngagement} key=${`engagement ${engagement.id}`} engagement=${engagement} version=${version} school=${school} now=${now} onDone=${onDone} />`)}
    </ul>
  </div>`;
}

/** Pure: a draft is still being written. */
export function waitingVersion(
  engagement: EngagementView,
): { readonly engagement: EngagementView; readonly version: EngagementVersionView }[] {
  const version = engagement.versions.find((candidate) => candidate.version === engagement.proposal);
  return version?.stage === 'proposed' && engagement.missing.length > 0 ? [{ engagement, version }] : [];
}
