import type { VNode } from 'preact';
import { useContext, useState } from 'preact/hooks';
import type { SchoolView } from '../core/page-api.ts';
import type { MatcherView, MuteView } from '../core/suppression-api.ts';
import { Acting, actAs } from './acting.ts';
import { addMute, endMute, getMutes, type MuteWord } from './api.ts';
import { html } from './html.ts';
import { useOnce } from './once.ts';
import { usePolled } from './polled.ts';
import { SchoolTime } from './time-element.ts';

const REFRESH_MS = 10_000;
const HOUR_MS = 3_600_000;
const LENGTHS = { 1: '1 hour', 2: '2 hours', 4: '4 hours', 8: '8 hours' };

interface Props {
  readonly school: SchoolView;
  readonly now: number;
}

/** Maintenance windows and silences that run or are ahead, to add one and to end one. */
export function Mutes({ school, now }: Props): VNode {
  const [changed, setChanged] = useState(0);
  const onChanged = (): void => setChanged(changed + 1);
  const { value, problem } = usePolled(school.school, changed, REFRESH_MS, (signal) => getMutes(school.school, signal));
  const shown = value && [...current('maintenance', value.maintenance), ...current('silences', value.silences)];
  return html`<div class="panel">
    <h3>Maintenance and silences</h3>
    ${problem !== null && html`<p class="error-text" role="alert">They cannot be read now: ${problem}</p>`}
    ${shown === null && problem === null && html`<p class="muted">Reading…</p>`}
    ${shown?.length === 0 && html`<p class="muted">None: everybody is told of everything.</p>`}
    ${
      shown !== null &&
      shown.length > 0 &&
      html`<ul class="rows">
        ${shown.map(({ word, mute }) => html`<${Row} key=${mute.id} word=${word} mute=${mute} school=${school} now=${now} onChanged=${onChanged} />`)}
      </ul>`
    }
    <${Add} school=${school} now=${now} onChanged=${onChanged} />
  </div>`;
}

function current(word: MuteWord, mutes: readonly MuteView[]): { word: MuteWord; mute: MuteView }[] {
  return mutes.filter(({ status }) => status.state !== 'expired').map((mute) => ({ word, mute }));
}

/** Pure: `device sw1, site not annex`. */
export function matchersText(matchers: readonly MatcherView[]): string {
  return matchers.map(({ name, value, isEqual }) => `${name} ${isEqual ? '' : 'not '}${value || '(none)'}`).join(', ');
}

interface RowProps extends Props {
  readonly word: MuteWord;
  readonly mute: MuteView;
  readonly onChanged: () => void;
}

function Row({ word, mute, school, now, onChanged }: RowProps): VNode {
  const acting = useContext(Acting);
  const once = useOnce();
  const end = (): void =>
    actAs(acting, {
      school,
      button: 'End it',
      send: (actor) =>
        once.run(async () => {
          await endMute(school.school, word, mute.id, actor);
          onChanged();
        }),
    });
  const running = mute.status.state === 'active';
  return html`<li>
    <div>
      <strong>${matchersText(mute.matchers)}</strong>
      <p>${mute.comment} <span class="muted">(${word === 'maintenance' ? 'maintenance' : 'silence'} by ${mute.createdBy})</span></p>
      <p class="muted">
        ${!running && html`from <${SchoolTime} time=${Date.parse(mute.startsAt)} now=${now} tz=${school.tz} /> `}
        ${mute.recurring && 'again and again '}until <${SchoolTime} time=${Date.parse(mute.endsAt)} now=${now} tz=${school.tz} />
      </p>
      <p class="error-text" role="alert">${once.problem}</p>
    </div>
    <button type="button" class="small" aria-disabled=${once.busy ? 'true' : 'false'} onClick=${end}>End</button>
  </li>`;
}

/** What takes more than this is for the API. */
function Add({ school, now, onChanged }: Props & { readonly onChanged: () => void }): VNode {
  const acting = useContext(Acting);
  const once = useOnce();
  const ask = (): void =>
    acting.ask({
      school,
      title: 'Begin maintenance',
      about:
        'Nobody is told of alerts of the device, or of what hangs on it, until it ends. What is still wrong then is told at once.',
      fields: [
        { name: 'device', label: 'Device' },
        { name: 'hours', label: 'For', choices: LENGTHS },
        { name: 'comment', label: 'What is done' },
      ],
      button: 'Begin',
      send: (actor, { device = '', hours = '1', comment = '' }) =>
        once.run(async () => {
          const matchers = [{ name: 'device', value: device, isRegex: false, isEqual: true }];
          const endsAt = new Date(now + Number(hours) * HOUR_MS).toISOString();
          await addMute(school.school, 'maintenance', { matchers, endsAt, comment, ...actor });
          onChanged();
        }),
    });
  return html`<p><button type="button" class="small" onClick=${ask}>Begin maintenance</button></p>`;
}
