import type { VNode } from 'preact';
import { useContext, useState } from 'preact/hooks';
import type { EndpointHealth, EndpointTest, EndpointView } from '../core/endpoint-api.ts';
import type { SchoolView } from '../core/page-api.ts';
import { Acting, actAs } from './acting.ts';
import { getEndpoints, testEndpoint } from './api.ts';
import { html } from './html.ts';
import { Icon, type IconName } from './icons.ts';
import { useOnce } from './once.ts';
import { usePolled } from './polled.ts';
import { Age } from './time-element.ts';

const REFRESH_MS = 30_000;

const BADGES: Readonly<
  Record<EndpointHealth, { readonly tone: string; readonly icon: IconName; readonly word: string }>
> = {
  ok: { tone: 'ok', icon: 'ok', word: 'Well' },
  failing: { tone: 'warning', icon: 'warning', word: 'Failing' },
  dead: { tone: 'critical', icon: 'critical', word: 'Dead' },
  disabled: { tone: 'critical', icon: 'critical', word: 'Disabled' },
};

const UNUSED = { tone: 'info', icon: 'info', word: 'Not used yet' } as const;

interface Props {
  readonly school: SchoolView;
  readonly now: number;
}

/** Whether people can be reached: each channel of each contact, the troubled first, and a button that tries one. */
export function Endpoints({ school, now }: Props): VNode {
  const [tested, setTested] = useState(0);
  const { value, problem } = usePolled(school.school, tested, REFRESH_MS, (signal) =>
    getEndpoints(school.school, signal),
  );
  const shown = value && troubledFirst(value.endpoints);
  const down = shown?.filter(({ state }) => state !== 'ok').length ?? 0;
  return html`<section aria-labelledby="endpoints-heading" class="endpoints">
    <h2 id="endpoints-heading">How people are reached at ${school.school}</h2>
    <details class="panel" open=${down > 0}>
      <summary>${problem !== null && shown === null ? 'Not known now' : summaryOf(shown, down)}</summary>
      ${problem !== null && html`<p class="error-text" role="alert">It cannot be read now: ${problem}</p>`}
      <ul class="rows">
        ${shown?.map((endpoint) => html`<${Endpoint} key=${`${endpoint.contact} ${endpoint.channel}`} endpoint=${endpoint} school=${school} now=${now} onTested=${() => setTested(tested + 1)} />`)}
      </ul>
    </details>
  </section>`;
}

/** Pure: what asks for attention comes first; otherwise as the school's file has them. */
export function troubledFirst(all: readonly EndpointView[]): EndpointView[] {
  const order: readonly EndpointHealth[] = ['disabled', 'dead', 'failing', 'ok'];
  return [...all].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

function summaryOf(shown: readonly EndpointView[] | null, down: number): string {
  if (shown === null) return 'Reading…';
  if (shown.length === 0) return "The school's file names no channel";
  const all = `${shown.length} ${shown.length === 1 ? 'channel' : 'channels'}`;
  return down === 0 ? `${all}, none in trouble` : `${all}, ${down} in trouble`;
}

interface EndpointProps extends Props {
  readonly endpoint: EndpointView;
  readonly onTested: () => void;
}

function Endpoint({ endpoint, school, now, onTested }: EndpointProps): VNode {
  const { contact, name, channel, host, state, waiting } = endpoint;
  const acting = useContext(Acting);
  const once = useOnce();
  const [outcome, setOutcome] = useState<EndpointTest | null>(null);
  const test = (): void =>
    actAs(acting, {
      school,
      button: 'Send a test',
      send: ({ by }) =>
        once.run(async () => {
          setOutcome(null);
          setOutcome(await testEndpoint(school.school, contact, channel, by));
          onTested();
        }),
    });
  const { tone, icon, word } = state === 'ok' && endpoint.lastSuccess === null ? UNUSED : BADGES[state];
  return html`<li data-endpoint=${`${contact} ${channel}`}>
    <div>
      <strong>${name}</strong> <span class="muted">over ${channel}${host !== null && ` at ${host}`}</span>
      <span class="badge ${tone}"><${Icon} name=${icon} />${word}</span>
      <p>${history(endpoint, now)}${waiting > 0 && ` ${waiting} ${waiting === 1 ? 'message waits' : 'messages wait'}.`}</p>
      <p aria-live="polite">${outcome && outcomeText(outcome)}</p>
      <p class="error-text" role="alert">${once.problem}</p>
    </div>
    <button type="button" class="small" aria-disabled=${once.busy ? 'true' : 'false'} onClick=${test}>Test</button>
  </li>`;
}

function history({ state, lastSuccess, error, failures }: EndpointView, now: number): VNode {
  const last =
    lastSuccess === null
      ? 'Nothing was delivered over it yet.'
      : html`Last delivered <${Age} time=${lastSuccess} now=${now} />.`;
  if (state === 'ok' || error === null) return html`<span>${last}</span>`;
  const times = failures === 1 ? 'Failed once' : `Failed ${failures} times in a row`;
  return html`<span>${times}: ${error}. ${last}</span>`;
}

function outcomeText({ result, error, reference }: EndpointTest): string {
  if (result === 'sent') return `The test was taken. Its reference is ${reference}.`;
  if (result === 'failed') return `The test was not taken: ${error ?? 'no reason given'}.`;
  return 'No answer yet. The next reading shows what became of the test.';
}
