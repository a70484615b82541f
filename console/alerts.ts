import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { AlertView, SchoolView, Severity, SuppressedCount, ToldView } from '../core/page-api.ts';
import { AlertActions } from './alert-actions.ts';
import { AlertDetails } from './alert-details.ts';
import { formatSpan } from './format.ts';
import { html } from './html.ts';
import { Icon, type IconName } from './icons.ts';
import { capital, partyName, words } from './parties.ts';
import { routeTo } from './route.ts';
import { At } from './time-element.ts';

interface ListProps {
  readonly alerts: readonly AlertView[];
  readonly schools: readonly SchoolView[];
  /** What is suppressed by them. */
  readonly suppressed?: readonly SuppressedCount[];
  readonly now: number;
}

const SEVERITY_WORD: Readonly<Record<Severity, string>> = { critical: 'Critical', warning: 'Warning', info: 'Info' };

interface AlertProps {
  readonly alert: AlertView;
  readonly school: SchoolView;
  /** So many alerts are suppressed because of it. */
  readonly behind?: number;
  readonly now: number;
}

/** What is wrong now, worst first: what, since when, who answers and why, who was told. */
export function OpenAlerts({ alerts, schools, suppressed = [], now }: ListProps): VNode {
  return html`<section aria-labelledby="open-heading">
    <h2 id="open-heading">Open alerts <span class="count">${alerts.length}</span></h2>
    ${
      alerts.length === 0
        ? html`<p class="empty calm"><${Icon} name="ok" /> Nothing open.</p>`
        : html`<ul class="alerts">
          ${alerts.map((alert) => html`<${AlertCard} key=${alert.id} alert=${alert} school=${schoolOf(alert, schools)} behind=${behind(alert, suppressed)} now=${now} />`)}
        </ul>`
    }
  </section>`;
}

function behind({ id }: AlertView, suppressed: readonly SuppressedCount[]): number {
  return suppressed.reduce((sum, group) => (group.of === id ? sum + group.alerts : sum), 0);
}

/** The overview names the school of each of its alerts. */
function schoolOf(alert: AlertView, schools: readonly SchoolView[]): SchoolView {
  return schools.find(({ school }) => school === alert.school)!;
}

function AlertCard({ alert, school, behind = 0, now }: AlertProps): VNode {
  return alert.kept
    ? html`<${KeptCard} alert=${alert} school=${school} now=${now} />`
    : html`<${OpenCard} alert=${alert} school=${school} behind=${behind} now=${now} />`;
}

/** That there is something: its owner keeps the rest private, by agreement. */
function KeptCard({ alert, school, now }: AlertProps): VNode {
  return html`<li class="alert ${alert.severity}" data-alert=${alert.id}>
    <div class="alert-head">
      <span class="badge ${alert.severity}"><${Icon} name=${alert.severity} />${SEVERITY_WORD[alert.severity]}</span>
      <span class="since">for <strong>${formatSpan(now - alert.openedAt)}</strong>, since <${At} time=${alert.openedAt} now=${now} /></span>
    </div>
    <h3>${alert.summary}</h3>
    <p class="where">${alert.school}${alert.owner !== null && html`<span class="muted"> · ${partyName(school, alert.owner)} has it</span>`}</p>
  </li>`;
}

function OpenCard({ alert, school, behind = 0, now }: AlertProps): VNode {
  const [open, setOpen] = useState(false);
  const [acted, setActed] = useState(0);
  const details = `details-${alert.id}`;
  return html`<li class="alert ${alert.severity}" data-alert=${alert.id}>
    <div class="alert-head">
      <span class="badge ${alert.severity}"><${Icon} name=${alert.severity} />${SEVERITY_WORD[alert.severity]}</span>
      <span class="chip">${words(alert.domain)}</span>
      <span class="since">
        for <strong>${formatSpan(now - alert.openedAt)}</strong>, since <${At} time=${alert.openedAt} now=${now} />
      </span>
    </div>
    <h3>${alert.summary}</h3>
    <p class="where">
      <a href=${routeTo(alert.school, alert.device ?? undefined)}>${place(alert)}</a>
      <span class="muted"> · rule ${alert.rule}: ${alert.condition}</span>
    </p>
    ${behind > 0 && html`<p class="where"><strong>${behind} ${behind === 1 ? 'alert' : 'alerts'} behind it</strong> <span class="muted">of which nobody is told</span></p>`}
    <dl class="who">
      <div>
        <dt>Who answers</dt>
        <dd><${Owner} alert=${alert} school=${school} now=${now} /></dd>
      </div>
      <div>
        <dt>Who was told</dt>
        <dd><${Told} told=${alert.told} school=${school} now=${now} /></dd>
      </div>
    </dl>
    <${AlertActions} alert=${alert} school=${school} detailsId=${details} detailsOpen=${open} onDetails=${() => setOpen(!open)} onActed=${() => setActed(acted + 1)} now=${now} />
    ${open && html`<${AlertDetails} id=${details} alert=${alert} school=${school} acted=${acted} now=${now} />`}
  </li>`;
}

function Owner({ alert, school, now }: Pick<AlertProps, 'alert' | 'school' | 'now'>): VNode {
  if (alert.owner === null) return html`<span class="muted">being decided</span>`;
  return html`<strong class="owner">${capital(partyName(school, alert.owner))}</strong>
    ${alert.heldUntil !== null && html`<span class="reason">Nobody of them is on duty: it waits until <${At} time=${alert.heldUntil} now=${now} />.</span>`}
    ${alert.reason && html`<span class="reason">${alert.reason}</span>`}
    ${alert.why !== null && !alert.reason?.includes(alert.why) && html`<span class="reason muted">decided by ${alert.why}</span>`}`;
}

const TOLD_ICON: Readonly<Record<ToldView['status'], IconName>> = {
  sent: 'sent',
  waiting: 'waiting',
  sending: 'waiting',
  failed: 'failed',
  cancelled: 'unknown',
};

function Told({ told, school, now }: { told: readonly ToldView[]; school: SchoolView; now: number }): VNode {
  if (told.length === 0) return html`<span class="muted">nobody yet</span>`;
  return html`<ul class="told">
    ${told.map(
      (t) => html`<li class=${t.status}>
        <${Icon} name=${TOLD_ICON[t.status]} />
        <span>
          <strong>${t.contact}</strong> <span class="muted">(${partyName(school, t.party)}, ${t.channel})</span> ${toldWords(t)}${' '}
          ${t.status !== 'failed' && t.status !== 'cancelled' && html`<${At} time=${t.at} now=${now} />`}
          ${t.error && t.status !== 'sent' && html`<span class="error-text"> ${t.error}</span>`}
        </span>
      </li>`,
    )}
  </ul>`;
}

function toldWords(told: ToldView): string {
  const what = told.kind === 'open' ? '' : `${words(told.kind)}: `;
  switch (told.status) {
    case 'sent':
      return `${what}told at`;
    case 'waiting':
      return told.attempts === 0 ? `${what}to be told at` : `${what}not reached yet (${told.attempts} tries), next at`;
    case 'sending':
      return `${what}being told since`;
    case 'failed':
      return `${what}not reached, given up after ${told.attempts} tries`;
    case 'cancelled':
      return `${what}no longer needed`;
  }
}

/** What went away in the last day. */
export function ResolvedAlerts({ alerts, schools, now }: ListProps): VNode {
  return html`<section aria-labelledby="resolved-heading">
    <h2 id="resolved-heading">Recently resolved <span class="count">${alerts.length}</span></h2>
    ${
      alerts.length === 0
        ? html`<p class="empty">Nothing was resolved in the last day.</p>`
        : html`<ul class="resolved">
          ${alerts.map((alert) => html`<${ResolvedLine} key=${alert.id} alert=${alert} school=${schoolOf(alert, schools)} now=${now} />`)}
        </ul>`
    }
  </section>`;
}

function ResolvedLine({ alert, school, now }: AlertProps): VNode {
  const resolvedAt = alert.resolvedAt ?? now;
  return html`<li data-alert=${alert.id}>
    <span class="resolved-mark"><${Icon} name="ok" /></span>
    <div>
      <span class="resolved-summary">${alert.summary}</span>
      <span class="muted">
        ${place(alert)} · ${!alert.kept && `${words(alert.domain)} · `}${SEVERITY_WORD[alert.severity].toLowerCase()}
        ${alert.owner && ` · ${partyName(school, alert.owner)} answered`}
      </span>
    </div>
    <span class="resolved-when muted">
      <${At} time=${resolvedAt} now=${now} /> after ${formatSpan(resolvedAt - alert.openedAt)}
    </span>
  </li>`;
}

function place(alert: AlertView): string {
  return [alert.school, alert.site, alert.device].filter(Boolean).join(' / ');
}
