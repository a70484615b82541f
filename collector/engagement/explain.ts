import { formatDuration } from '../../core/duration.ts';
import type { LadderStep, RouteAlert } from './decision.ts';
import { type Reach, SAFETY_NET } from './ladder.ts';
import type { Engagement, School } from './school.ts';

/** What the winner of the routing was: a grant of an engagement, or the base. */
export interface Winner {
  readonly grant: string;
  readonly owner: string;
  readonly engagement: Engagement;
}

/** The decision in plain words for a phone: who answers, for what, under which agreement, and what happens if nobody does. */
export function explain(
  school: School,
  alert: RouteAlert,
  winner: Winner | undefined,
  owner: string,
  reach: Reach,
): string {
  const sentences = [`${owner} answers for ${alert.domain} ${underWhat(winner)}.`];
  const [first, ...later] = reach.steps;
  if (reach.held && first)
    sentences.push(
      `Nobody of ${owner} is on duty and it can wait: ${who(school, first)} is told in ${formatDuration(first.after_s * 1000)}.`,
    );
  else if (first && reach.acting !== owner)
    sentences.push(`Nobody of ${owner} is on duty, so ${who(school, first)} is told now; ${owner} stays responsible.`);
  else if (first) sentences.push(`${who(school, first)} is told now.`);
  const rest = later.filter((step, i) => i === 0 || step.contact !== later[i - 1]?.contact);
  if (rest.length > 0) sentences.push(`If nobody answers: ${rest.map((step) => laterText(school, step)).join(', ')}.`);
  return sentences.join(' ');
}

function underWhat(winner: Winner | undefined): string {
  if (!winner) return 'by default: no agreement says otherwise (base)';
  return `under engagement ${winner.engagement.id} (grant ${winner.grant})`;
}

function laterText(school: School, step: LadderStep): string {
  const after = formatDuration(step.after_s * 1000);
  const repeat = step.repeat_s === undefined ? '' : `, then every ${formatDuration(step.repeat_s * 1000)}`;
  return `${who(school, step)} after ${after}${step.transfer ? ' (who then takes it over)' : ''}${repeat}`;
}

function who(school: School, step: LadderStep): string {
  const people = step.contact.split(',').map((contact) => school.contacts.get(contact)?.name ?? contact);
  const group = step.party === SAFETY_NET ? 'safety net' : step.party;
  return `${people.join(' and ')} (${group})`;
}
