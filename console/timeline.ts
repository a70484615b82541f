import type { SchoolView, TimelineEntry } from '../core/page-api.ts';
import { partyName, words } from './parties.ts';

/** What happened, in one line; pure. What a type nobody knows here did is at least named. */
export function timelineText({ type, detail }: TimelineEntry, school: Pick<SchoolView, 'parties'>): string {
  const say = (key: string): string => (detail[key] == null ? '' : String(detail[key]));
  const party = (key: string): string => partyName(school, say(key));
  /** `: reason`, or nothing. */
  const because = (...keys: string[]): string => {
    const said = keys.map(say).filter((text) => text !== '');
    return said.length > 0 ? `: ${said.join(', ')}` : '';
  };
  switch (type) {
    case 'pending':
      return `first seen${because('reason')}`;
    case 'opened':
      return `opened${because('reason')}${say('owner') && `; ${party('owner')} answers`}`;
    case 'resolved':
      return `resolved${because('reason')}`;
    case 'cancelled':
      return `went away by itself${because('reason')}`;
    case 'severity_changed':
      return `${say('from')} became ${say('to')}${because('reason')}`;
    case 'owner_changed':
      return `handed over from ${party('from')} to ${party('to')}${because('reason')}`;
    case 'routed':
      return `calls begin anew${because('reason')}`;
    case 'unacked':
      return `the acknowledgement ended${because('reason')}`;
    case 'suppressed':
      return `nobody is told of it${because('reason')}`;
    case 'unsuppressed':
      return `told of again${because('reason')}`;
    case 'held':
      return `waits for the duty of its owner${because('reason')}`;
    case 'hold_ended':
      return 'that wait is over';
    case 'pinned':
      return `changed hands too often: it stays where it is for now, instead of going to ${party('wanted')}`;
    case 'notified':
      return `told ${say('contact')} (${party('party')}, ${say('channel')})`;
    case 'notify_failed':
      return `not reached${say('contact') && `: ${say('contact')} (${party('party')})`}${because('reason')}`;
    default:
      return personText(type, say, because) ?? words(type);
  }
}

/** Where it was not done on the page. */
const HOW: Readonly<Record<string, string>> = { link: ' by a link', pushover: ' in Pushover' };

/** What people did; undefined: it is none of that. */
function personText(
  type: string,
  say: (key: string) => string,
  because: (...keys: string[]) => string,
): string | undefined {
  const by = say('by');
  const how = HOW[say('via')] ?? '';
  switch (type) {
    case 'acked':
      return `${by} acknowledged${how}${because('note')}`;
    case 'noted':
      return `${by} noted${how}${because('note')}`;
    case 'claimed':
      // The collector takes it in a party's name when the other side declined it or asked for it.
      return /^(declined|asked) by /.test(by) ? `theirs to keep, ${by}` : `${by} took it over${how}`;
    case 'released':
      return `${by} handed it back${how}${because('reason')}`;
    case 'declined':
      return `${by} declined${how} (${words(say('reason'))})${because('note')}`;
    case 'onsite_requested':
      return `${by} asked for hands on site${because('note')}`;
    case 'paused':
      return `${by} stopped the clocks${because('reason')}`;
    case 'resumed':
      return `${by} let the clocks go on`;
    default:
      return undefined;
  }
}
