import { clockFace } from '../notify/message.ts';
import type { AlertLink } from '../state/alert-links.ts';
import type { LinkView, Notice } from './alert-link-page.ts';

/** What the page of a link says besides its alert. */

export type LinkAction = 'ack' | 'claim' | 'decline' | 'hand_back' | 'note';

const DONE: Readonly<Record<LinkAction, string>> = {
  ack: 'Acknowledged',
  claim: 'Taken over',
  decline: 'Declined',
  hand_back: 'Handed back',
  note: 'Noted',
};

export const NOTHING: Notice = { tone: 'plain', title: '', text: '' };
export const OVER: Notice = { tone: 'good', title: 'This is over', text: 'Nothing more to do.' };
export const UNKNOWN: Notice = {
  tone: 'bad',
  title: 'This link is not good',
  text: 'It is incomplete, or all links were ended since it was sent. Use the one in a newer message, or log in.',
};
export const EXPIRED: Notice = {
  tone: 'bad',
  title: 'This link has run out',
  text: 'Links last 24 hours, and only for people the school still lists. Use the one in a newer message, or log in.',
};
export const ELSEWHERE: Notice = { tone: 'bad', title: 'Not done', text: 'The request comes from another site.' };

export function usedNotice({ nameOf, contact, timezone, now }: LinkView, used: NonNullable<AlertLink['used']>): Notice {
  const did = DONE[used.action as LinkAction] ?? used.action;
  const text = `${did} by ${nameOf(contact)} at ${clockFace(timezone, now)(used.at)} with this link. It does one thing, once; use the link in a newer message, or log in.`;
  return { tone: 'plain', title: 'This link was used', text };
}

export function doneNotice(action: LinkAction): Notice {
  const text = action === 'note' ? 'Both sides can read it.' : 'This link is used up now.';
  return { tone: 'good', title: DONE[action], text };
}

export function refusedNotice(reason: string): Notice {
  return { tone: 'bad', title: 'Not done', text: `${reason}.` };
}
