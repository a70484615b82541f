import type { School } from '../engagement/school.ts';
import type { Mute } from './mute.ts';

/**
 * A new school is learned first: until then what opens is recorded, and only what is critical is told of. What is still open at the end is told of
 * then, as at the end of any silence.
 */
export function learningMute({ school, learnUntil }: Pick<School, 'school' | 'learnUntil'>): Mute | undefined {
  if (learnUntil === undefined) return undefined;
  return {
    id: 'learning',
    school,
    kind: 'silence',
    matchers: [{ name: 'severity', value: 'critical', isRegex: false, isEqual: false }],
    startsAt: Number.NEGATIVE_INFINITY,
    endsAt: learnUntil,
    party: '',
    author: "the school's file",
    comment: 'the school is being learned, only what is critical is told of',
    createdAt: 0,
    endedAt: null,
    endedBy: null,
  };
}
