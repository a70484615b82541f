import type { VNode } from 'preact';
import type { DeviceState, SchoolView, Severity } from '../core/page-api.ts';
import { html } from './html.ts';
import { Icon, type IconName } from './icons.ts';
import { routeTo } from './route.ts';
import { Age } from './time-element.ts';

interface Props {
  readonly schools: readonly SchoolView[];
  readonly chosen: string | null;
  readonly now: number;
}

export const STATE_WORD: Readonly<Record<DeviceState, string>> = {
  up: 'up',
  snmp_problem: 'SNMP problem',
  ping_problem: 'ping problem',
  down: 'down',
  unknown: 'no data',
};
/** Worst first. */
const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];
const STATES = Object.keys(STATE_WORD) as DeviceState[];

/** One card a school; the chosen one's devices are listed below. */
export function Schools({ schools, chosen, now }: Props): VNode {
  return html`<section aria-labelledby="schools-heading">
    <h2 id="schools-heading">Schools <span class="count">${schools.length}</span></h2>
    ${schools.length === 0 ? html`<${NoSchool} />` : null}
    <ul class="schools">
      ${schools.map(
        (school) => html`<li key=${school.school}>
          <a class="school" href=${routeTo(school.school)} aria-current=${school.school === chosen ? 'true' : undefined}>
            <span class="school-head">
              <strong>${school.school}</strong>
              <${OpenCount} school=${school} />
            </span>
            <${DeviceCounts} school=${school} />
            <${AgentLine} school=${school} now=${now} />
          </a>
        </li>`,
      )}
    </ul>
  </section>`;
}

function OpenCount({ school }: { school: SchoolView }): VNode {
  if (school.agents.length === 0) return html`<span class="badge info"><${Icon} name="info" />Not set up</span>`;
  const worst = SEVERITIES.find((severity) => school.openAlerts[severity] > 0);
  if (!worst) return html`<span class="badge ok"><${Icon} name="ok" />Nothing open</span>`;
  const open = SEVERITIES.reduce((sum, severity) => sum + school.openAlerts[severity], 0);
  return html`<span class="badge ${worst}"><${Icon} name=${worst} />${open} open</span>`;
}

function DeviceCounts({ school }: { school: SchoolView }): VNode {
  const { devices } = school;
  if (devices === null) return html`<span class="muted">device states cannot be read now</span>`;
  const present = STATES.filter((state) => devices[state] > 0);
  if (present.length === 0) return html`<span class="muted">no device yet</span>`;
  return html`<span class="bar" aria-hidden="true">
      ${present.map((state) => html`<span class="bar-${state}" style=${{ flexGrow: devices[state] }}></span>`)}
    </span>
    <span class="states">
      ${present.map(
        (state) =>
          html`<span class="state ${state}"><${Icon} name=${state as IconName} />${devices[state]} ${STATE_WORD[state]}</span>`,
      )}
    </span>`;
}

function AgentLine({ school, now }: { school: SchoolView; now: number }): VNode {
  if (school.agents.length === 0) return html`<span class="muted">no agent yet</span>`;
  return html`<span class="muted">
    ${school.agents.map(
      (agent, i) => html`${i > 0 && ', '}agent ${agent.site}: heard <${Age} time=${agent.lastSeen} now=${now} />`,
    )}
  </span>`;
}

function NoSchool(): VNode {
  return html`<div class="empty">
    <p><strong>No school yet.</strong> Add one file per school to <code>config/engagements/</code>, name it in the collector's
      configuration, check it, and reload the collector with SIGHUP:</p>
    <pre><code>npm run collector -- check --config FILE</code></pre>
  </div>`;
}

/** What to do when a school has never been heard of. */
export function NoAgent({ school }: { school: string }): VNode {
  return html`<div class="empty">
    <p><strong>No agent has reported from ${school} yet.</strong> Make a token on the collector (it is shown once), put it into the
      agent's configuration on the school's mini-PC, and start the agent:</p>
    <pre><code>npm run collector -- token create --config collector.yaml --school ${school} --site main
npm run agent -- run --config agent.yaml</code></pre>
  </div>`;
}
