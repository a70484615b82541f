import type { VNode } from 'preact';
import { useContext, useRef } from 'preact/hooks';
import type { AlertView, SchoolView } from '../core/page-api.ts';
import { Acting, actAs } from './acting.ts';
import { type ActionRequest, actOnAlert } from './api.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { MoreMenu } from './more-menu.ts';
import { useOnce } from './once.ts';
import { partyName } from './parties.ts';
import type { Question } from './question.ts';
import { At } from './time-element.ts';

/** As the collector knows them (collector/engagement/item-rules.ts), in words. */
export const DECLINE_REASONS: Readonly<Record<string, string>> = {
  out_of_scope: 'It is not part of what was agreed',
  needs_hands_on_site: 'It needs hands on site',
  school_decision: 'The school has to decide',
  duplicate: 'There is another alert for the same',
  no_access: 'We have no access to it',
};

type Asked = Pick<Question, 'title' | 'about' | 'fields' | 'button'> & { readonly action: ActionRequest['action'] };

const NOTE = { name: 'note', label: 'Note', optional: true };
const MENU: readonly Asked[] = [
  {
    action: 'claim',
    title: 'Take it over',
    about: 'You answer for it from now on, whoever the agreements name, and it is acknowledged.',
    fields: [NOTE],
    button: 'Take it over',
  },
  {
    action: 'decline',
    title: 'Decline',
    about: 'It goes to who had it before, else to the other side. Declined a second time, the safety net is told.',
    fields: [{ name: 'reason', label: 'Reason', choices: DECLINE_REASONS }, NOTE],
    button: 'Decline',
  },
  {
    action: 'hand_back',
    title: 'Hand back',
    about: 'What was taken over goes back to who has it by agreement.',
    fields: [{ name: 'reason', label: 'Reason' }],
    button: 'Hand back',
  },
  {
    action: 'note',
    title: 'Write a note',
    fields: [{ name: 'note', label: 'Note' }],
    button: 'Write',
  },
];

interface Props {
  readonly alert: AlertView;
  readonly school: SchoolView;
  readonly detailsId: string;
  readonly detailsOpen: boolean;
  readonly onDetails: () => void;
  /** After something was done with it. */
  readonly onActed: () => void;
  readonly now: number;
}

/** Whether somebody has it in hand, and what can be done. */
export function AlertActions({ alert, school, detailsId, detailsOpen, onDetails, onActed, now }: Props): VNode {
  const acting = useContext(Acting);
  const once = useOnce();
  const more = useRef<HTMLButtonElement>(null);
  const send =
    (action: ActionRequest['action']): Question['send'] =>
    (actor, values) =>
      once.run(async () => {
        const { alert: changed } = await actOnAlert(alert.school, alert.id, { action, ...actor, ...values });
        // The button goes with what it was for; the focus stays in the card.
        if (action === 'ack') more.current?.focus();
        acting.alertChanged(changed);
        onActed();
      });
  const items = MENU.map(({ action, ...asked }) => ({
    label: asked.title,
    onPick: () => acting.ask({ ...asked, school, send: send(action) }),
  }));
  // Somebody else's acknowledgement does not answer for the owner, whose clock goes on.
  const answered = alert.ackedBy !== null && alert.ackedBy === alert.owner;
  return html`<div class="actions">
    <${Acked} alert=${alert} school=${school} now=${now} />
    <div class="buttons">
      ${!answered && html`<button type="button" class="small" aria-disabled=${once.busy ? 'true' : 'false'} onClick=${() => actAs(acting, { school, button: 'Acknowledge', send: send('ack') })}>Acknowledge</button>`}
      <${MoreMenu} id=${`more-${alert.id}`} toggle=${more} items=${items} />
      <button type="button" class="quiet" aria-expanded=${detailsOpen ? 'true' : 'false'} aria-controls=${detailsId} onClick=${onDetails}>Details</button>
    </div>
    <p class="error-text" role="alert">${once.problem}</p>
  </div>`;
}

function Acked({ alert, school, now }: { alert: AlertView; school: SchoolView; now: number }): VNode | null {
  if (alert.ackedBy === null || alert.ackedAt === null) return null;
  return html`<p class="acked"><${Icon} name="ok" /> Acknowledged by <strong>${partyName(school, alert.ackedBy)}</strong> since <${At} time=${alert.ackedAt} now=${now} /></p>`;
}
