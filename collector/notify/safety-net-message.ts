import { capital } from '../engagement/explain.ts';
import { REPEAT_S } from '../engagement/ladder.ts';
import type { SchoolDirectory } from './directory.ts';
import { clockFace } from './message.ts';

/** The weekly test: it asks for nothing. */
export interface SafetyNetMessage {
  readonly type: 'safety_net.test';
  readonly timestamp: string;
  readonly data: {
    readonly safety_net: {
      readonly school: string;
      readonly round: string;
      readonly contact: string;
      /** When the next one is due, ISO 8601; null: not known. */
      readonly next: string | null;
    };
    readonly text: string;
  };
}

/** Pure: what somebody in the safety net gets once a week. `at`, `next`: ms. */
export function safetyNetMessage(
  { school, round, contact }: { readonly school: string; readonly round: string; readonly contact: string },
  at: number,
  next: number | undefined,
  directory: SchoolDirectory,
): SafetyNetMessage {
  const time = clockFace(directory.timezone, at);
  const again = next === undefined ? '' : ` The next test is ${time(next)}.`;
  const lines = [
    `TEST of the safety net at ${directory.name}: nothing is wrong, and you need not do anything.`,
    `${capital(directory.nameOf(contact))}: in earnest you would read here of an alert that nobody has answered, with what is wrong, since when, and who should answer. It would come again every ${REPEAT_S / 60} minutes until somebody acknowledges it or it is over.`,
    `You get this on every channel that you would be told on then.${again}`,
  ];
  return {
    type: 'safety_net.test',
    timestamp: new Date(at).toISOString(),
    data: {
      safety_net: { school, round, contact, next: next === undefined ? null : new Date(next).toISOString() },
      text: lines.join('\n'),
    },
  };
}
