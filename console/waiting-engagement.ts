import type { VNode } from 'preact';
import { useContext } from 'preact/hooks';
import type { EngagementVersionView, EngagementView, MarkView } from '../core/engagement-api.ts';
import type { SchoolView } from '../core/page-api.ts';
import { Acting } from './acting.ts';
import { approveEngagement } from './api.ts';
import { html } from './html.ts';
import { useOnce } from './once.ts';
import { partyName } from './parties.ts';
import { At } from './time-element.ts';

interface Props {
  readonly engagement: EngagementView;
  readonly version: EngagementVersionView;
  readonly school: SchoolView;
  readonly now: number;
  readonly onDone: () => void;
}

/** A version of an agreement that not all sides have approved: who is missing, and its text before anybody says yes. */
export function WaitingEngagement({ engagement, version, school, now, onDone }: Props): VNode {
  const acting = useContext(Acting);
  const once = useOnce();
  const { id, file, missing } = engagement;
  const { text } = version;
  const errors = version.findings?.filter((finding) => finding.level === 'E') ?? [];
  const approve = (): void =>
    acting.ask({
      school,
      title: `Approve ${id}, version ${version.version}`,
      about: 'This is what both sides sign:',
      text: text ?? '',
      button: 'Approve',
      send: (actor) =>
        once.run(async () => {
          await approveEngagement(school.school, id, version.version, actor);
          onDone();
        }),
    });
  return html`<li>
    <div>
      <strong>Agreement ${id}, version ${version.version}</strong>
      <p>waits for the approval of ${missing.map((parties) => partiesText(parties, school)).join(' and ')}</p>
      <p class="muted"><${Proposed} mark=${version.proposed} school=${school} now=${now} /></p>
      ${errors.map((e) => html`<p class="error-text">It cannot be approved as it is: ${e.path}: expected ${e.expected}, got ${e.got}</p>`)}
      ${file !== null && html`<p class="muted">It is approved in ${file}, where it is written.</p>`}
      ${text === null && html`<p class="muted">Its text cannot be shown: the school's file no longer fits it.</p>`}
      <p class="error-text" role="alert">${once.problem}</p>
    </div>
    ${file === null && text !== null && html`<button type="button" class="small" aria-disabled=${once.busy ? 'true' : 'false'} onClick=${approve}>Approve</button>`}
  </li>`;
}

function Proposed({ mark, school, now }: { mark: MarkView; school: SchoolView; now: number }): VNode {
  const of = mark.party === null ? '' : ` (${partyName(school, mark.party)})`;
  return html`Proposed <${At} time=${mark.at} now=${now} /> by ${mark.by}${of}${mark.reason && `: ${mark.reason}`}`;
}

/** `internal or cabler` by their names. */
function partiesText(ids: string, school: SchoolView): string {
  return ids
    .split(' or ')
    .map((party) => partyName(school, party))
    .join(' or ');
}
