import type { VNode } from 'preact';
import { useContext, useState } from 'preact/hooks';
import type { OnCallView, SafetyNetReport } from '../core/on-call-api.ts';
import type { SchoolView } from '../core/page-api.ts';
import { Acting, actAs } from './acting.ts';
import { getOnCall, getSafetyNet, testSafetyNet } from './api.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { useOnce } from './once.ts';
import { capital } from './parties.ts';
import { usePolled } from './polled.ts';
import { SchoolTime } from './time-element.ts';

const REFRESH_MS = 30_000;

interface Props {
  readonly school: SchoolView;
  readonly now: number;
}

/** Who an alert would reach on each side now and next, and whether the safety net held when it was last tested. */
export function OnCall({ school, now }: Props): VNode {
  const [asked, setAsked] = useState(0);
  const { value, problem } = usePolled(school.school, asked, REFRESH_MS, async (signal) => {
    const [onCall, safetyNet] = await Promise.all([
      getOnCall(school.school, signal),
      getSafetyNet(school.school, signal),
    ]);
    return { onCall, safetyNet };
  });
  return html`<div class="panel">
    <h3>On call</h3>
    ${problem !== null && html`<p class="error-text" role="alert">This cannot be read now: ${problem}</p>`}
    ${value === null && problem === null && html`<p class="muted">Reading…</p>`}
    ${
      value !== null &&
      html`<ul class="rows">
        ${value.onCall.parties.map((party: OnCallView) => html`<${PartyOnCall} key=${party.party} party=${party} school=${school} now=${now} />`)}
        <${SafetyNet} key="safety net" report=${value.safetyNet} school=${school} now=${now} onAsked=${() => setAsked(asked + 1)} />
      </ul>`
    }
  </div>`;
}

function PartyOnCall({ party, school, now }: Props & { readonly party: OnCallView }): VNode {
  const { next, problems, standsInFor } = party;
  return html`<li>
    <div>
      <strong>${capital(party.name)}: ${party.now?.name ?? 'nobody'}</strong>
      ${standsInFor && html` <span class="muted">for ${standsInFor.name}, who is absent</span>`}
      ${!party.covered && html`<p class="muted">Off duty now.</p>`}
      ${next && html`<p class="muted">${next.name} from <${SchoolTime} time=${next.at} now=${now} tz=${school.tz} /></p>`}
      ${problems.map(({ kind, start, text }) => html`<p key=${kind} class="error-text">${capital(text)}, from <${SchoolTime} time=${start} now=${now} tz=${school.tz} /></p>`)}
    </div>
    ${party.now === null && html`<span class="badge warning"><${Icon} name="warning" />Nobody</span>`}
  </li>`;
}

interface SafetyNetProps extends Props {
  readonly report: SafetyNetReport;
  readonly onAsked: () => void;
}

function SafetyNet({ report, school, now, onAsked }: SafetyNetProps): VNode {
  const acting = useContext(Acting);
  const once = useOnce();
  const ask = (): void =>
    actAs(acting, {
      school,
      button: 'Test now',
      send: (actor) =>
        once.run(async () => {
          await testSafetyNet(school.school, actor);
          onAsked();
        }),
    });
  const [last] = report.tests;
  const bad = safetyNetProblems(report);
  return html`<li>
    <div>
      <strong>The safety net: ${report.contacts.map(({ name }) => name).join(', ')}</strong>
      ${last && html`<p class="muted">Tested <${SchoolTime} time=${last.beganAt} now=${now} tz=${school.tz} /></p>`}
      ${bad.map((line) => html`<p key=${line} class="error-text">${line}</p>`)}
      <p class="error-text" role="alert">${once.problem}</p>
      ${report.next !== null && html`<p class="muted">Next test <${SchoolTime} time=${report.next} now=${now} tz=${school.tz} /></p>`}
    </div>
    ${last && bad.length === 0 && html`<span class="badge ok"><${Icon} name="ok" />Tested</span>`}
    ${bad.length > 0 && html`<span class="badge warning"><${Icon} name="warning" />Failed</span>`}
    <button type="button" class="small" aria-disabled=${once.busy ? 'true' : 'false'} onClick=${ask}>Test now</button>
  </li>`;
}

/** Pure: who could not be told at the last test, and where. */
export function safetyNetProblems({ tests }: Pick<SafetyNetReport, 'tests'>): string[] {
  return (tests[0]?.results ?? []).flatMap(({ name, channel, result, reason }) => {
    if (result === 'no_channel') return [`${name} has no channel`];
    if (result !== 'failing' && result !== 'failed') return [];
    return [`${name} was not reached by ${channel}${reason === null ? '' : `: ${reason}`}`];
  });
}
