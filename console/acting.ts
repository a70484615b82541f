import { createContext } from 'preact';
import type { AlertView, SchoolView } from '../core/page-api.ts';
import type { Actor } from './identity.ts';
import type { Question } from './question.ts';

/** What every button that changes something needs: who does it, a dialog where that or more has to be said, and where the result goes. */
export interface ActingParts {
  /** Null: it was not said yet. */
  readonly actor: (school: SchoolView) => Actor | null;
  readonly ask: (question: Question) => void;
  readonly alertChanged: (alert: AlertView) => void;
}

export const Acting = createContext<ActingParts>({ actor: () => null, ask: () => {}, alertChanged: () => {} });

/** Asks only for who it is, and only where that is not known. */
export function actAs(
  { actor, ask }: ActingParts,
  { school, button, send }: Pick<Question, 'school' | 'button' | 'send'>,
): void {
  const known = actor(school);
  if (known) void send(known, {});
  else ask({ school, title: 'Who are you?', about: 'Asked once; it is written down with what you do.', button, send });
}
