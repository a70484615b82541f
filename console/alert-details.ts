import type { VNode } from 'preact';
import type { AlertDetail, AlertView, ClockView, IntervalView, SchoolView, TimelineEntry } from '../core/page-api.ts';
import { getAlert } from './api.ts';
import { formatSpan } from './format.ts';
import { html } from './html.ts';
import { capital, partyName } from './parties.ts';
import { usePolled } from './polled.ts';
import { At, SchoolTime } from './time-element.ts';
import { timelineText } from './timeline.ts';

const REFRESH_MS = 3_000;

interface Props {
  readonly id: string;
  readonly alert: AlertView;
  readonly school: SchoolView;
  /** Grows with each action: then it is read at once. */
  readonly acted: number;
  readonly now: number;
}

/** One alert whole: who had it when and by which clocks, who gets it next, what happened. */
export function AlertDetails({ id, alert, school, acted, now }: Props): VNode {
  const version = [acted, alert.owner, alert.ackedAt].join();
  const { value, problem } = usePolled(alert.id, version, REFRESH_MS, (signal) =>
    getAlert(alert.school, alert.id, signal),
  );
  return html`<div class="alert-details" id=${id}>
    ${problem !== null && html`<p class="error-text" role="alert">The details cannot be read now: ${problem}</p>`}
    ${
      value === null
        ? problem === null && html`<p class="muted">Reading…</p>`
        : html`<${Whole} detail=${value} school=${school} now=${now} />`
    }
  </div>`;
}

function Whole({ detail, school, now }: { detail: AlertDetail; school: SchoolView; now: number }): VNode {
  return html`<div>
      <h4>Who had it</h4>
      <ul class="intervals">
        ${detail.intervals.map((interval, i) => html`<${Interval} key=${i} interval=${interval} school=${school} now=${now} />`)}
        ${detail.intervals.length === 0 && html`<li class="muted">Nobody yet.</li>`}
      </ul>
      <h4>Who gets it next</h4>
      <${Next} detail=${detail} school=${school} now=${now} />
    </div>
    <div>
      <h4>What happened</h4>
      <ol class="timeline" tabindex="0" aria-label="What happened">
        ${detail.timeline.map((entry, i) => html`<${Entry} key=${i} entry=${entry} school=${school} now=${now} />`)}
      </ol>
    </div>`;
}

const CLOCKS = { ack: 'Acknowledge', update: 'Word on how it goes', resolve: 'Resolve' } as const;

function Interval({ interval, school, now }: { interval: IntervalView; school: SchoolView; now: number }): VNode {
  const { party, from, to, why } = interval;
  const clocks = (Object.keys(CLOCKS) as (keyof typeof CLOCKS)[]).filter((name) => interval[name].targetMs !== null);
  return html`<li>
    <strong>${capital(partyName(school, party))}</strong>${' '}
    <span class="muted">from <${At} time=${from} now=${now} /> ${to === null ? 'until now' : html`to <${At} time=${to} now=${now} />`}, ${whyText(why)}</span>
    ${
      clocks.length > 0 &&
      html`<ul class="clocks">
        ${clocks.map((name) => html`<li key=${name}>${CLOCKS[name]} within ${formatSpan(interval[name].targetMs!)}: <${ClockState} clock=${interval[name]} now=${now} /></li>`)}
      </ul>`
    }
  </li>`;
}

function whyText(why: string): string {
  return why === 'base' ? 'by default' : why;
}

function ClockState({ clock, now }: { clock: ClockView; now: number }): VNode {
  const { state, dueAt, breachedAt } = clock;
  if (state === 'breached')
    return html`<strong class="bad-value">breached${breachedAt !== null && html` at <${At} time=${breachedAt} now=${now} />`}</strong>`;
  if (state === 'running' && dueAt !== null) return html`<strong>due at <${At} time=${dueAt} now=${now} /></strong>`;
  if (state === 'stopped') return html`<span>handed over in time</span>`;
  return html`<span>${state}</span>`;
}

function Next({ detail, school, now }: { detail: AlertDetail; school: SchoolView; now: number }): VNode {
  const { alert, explanation } = detail;
  if (explanation === null) return html`<p class="muted">Nothing is agreed for this school any more.</p>`;
  const { owner, next_change: next } = explanation;
  return html`<p>
    ${owner !== alert.owner && html`By what is agreed it would be ${partyName(school, owner)} now. `}
    ${
      next
        ? html`Changes <${SchoolTime} time=${Date.parse(next.at)} now=${now} tz=${school.tz} />: <strong>${partyName(school, next.owner)}</strong>`
        : 'No change is ahead.'
    }
  </p>`;
}

function Entry({ entry, school, now }: { entry: TimelineEntry; school: SchoolView; now: number }): VNode {
  return html`<li><${At} time=${entry.at} now=${now} /> <span>${timelineText(entry, school)}</span></li>`;
}
