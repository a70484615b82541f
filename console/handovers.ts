import type { VNode } from 'preact';
import { useContext, useState } from 'preact/hooks';
import type { HandoverView, SchoolView } from '../core/page-api.ts';
import { Acting, actAs } from './acting.ts';
import { acceptHandover, getHandovers } from './api.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { useOnce } from './once.ts';
import { partyName, words } from './parties.ts';
import { usePolled } from './polled.ts';
import { SchoolTime } from './time-element.ts';

const REFRESH_MS = 30_000;
const SHOWN = 5;

interface Props {
  readonly school: SchoolView;
  readonly now: number;
}

/** When somebody else begins to answer: the next few, and those that still wait to be accepted. */
export function Handovers({ school, now }: Props): VNode {
  const [accepted, setAccepted] = useState(0);
  const { value, problem } = usePolled(school.school, accepted, REFRESH_MS, (signal) =>
    getHandovers(school.school, signal),
  );
  const shown = value && nextHandovers(value.handovers, now);
  return html`<div class="panel">
    <h3>Next hand-overs</h3>
    ${problem !== null && html`<p class="error-text" role="alert">They cannot be read now: ${problem}</p>`}
    ${shown === null && problem === null && html`<p class="muted">Reading…</p>`}
    ${shown?.length === 0 && html`<p class="muted">None within the next 30 days.</p>`}
    ${
      shown !== null &&
      shown.length > 0 &&
      html`<ul class="rows">
        ${shown.map((handover) => html`<${Handover} key=${handover.id} handover=${handover} school=${school} now=${now} onAccepted=${() => setAccepted(accepted + 1)} />`)}
      </ul>`
    }
  </div>`;
}

/** Pure: a boundary that has passed is only shown while somebody waits for its acceptance. */
export function nextHandovers(all: readonly HandoverView[], now: number): HandoverView[] {
  return all.filter((handover) => handover.at > now || waits(handover)).slice(0, SHOWN);
}

function waits({ terms, accepted }: HandoverView): boolean {
  return terms.accept === 'required' && !accepted;
}

interface HandoverProps extends Props {
  readonly handover: HandoverView;
  readonly onAccepted: () => void;
}

function Handover({ handover, school, now, onAccepted }: HandoverProps): VNode {
  const { id, at, from, to, domains } = handover;
  const acting = useContext(Acting);
  const once = useOnce();
  const accept = (): void =>
    actAs(acting, {
      school,
      button: 'Accept',
      send: (actor) =>
        once.run(async () => {
          await acceptHandover(school.school, id, actor);
          onAccepted();
        }),
    });
  return html`<li>
    <div>
      <strong><${SchoolTime} time=${at} now=${now} tz=${school.tz} /></strong>
      <p>From ${partyName(school, from)} to <strong>${partyName(school, to)}</strong> <span class="muted">for ${domains.map(words).join(', ')}</span></p>
      ${at <= now && html`<p class="muted">It is not accepted yet: ${partyName(school, from)} is told as well.</p>`}
      <p class="error-text" role="alert">${once.problem}</p>
    </div>
    ${handover.accepted && html`<span class="badge ok"><${Icon} name="ok" />Accepted</span>`}
    ${waits(handover) && html`<button type="button" class="small" aria-disabled=${once.busy ? 'true' : 'false'} onClick=${accept}>Accept</button>`}
  </li>`;
}
