import type { ComponentChildren, VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { AlertView } from '../core/page-api.ts';
import { Acting, type ActingParts } from './acting.ts';
import { html } from './html.ts';
import { actorAt, type Identity, loadIdentity, saveIdentity } from './identity.ts';
import { type Question, QuestionDialog } from './question.ts';

interface Props {
  /** By their account; null: the operator. */
  readonly account: Identity | null;
  readonly onAlert: (alert: AlertView) => void;
  readonly children: ComponentChildren;
}

/** Who acts, and the one question that is open. Here and not in a card: a card may go while somebody writes a note on it. */
export function ActingRoot({ account, onAlert, children }: Props): VNode {
  const [said, setSaid] = useState(loadIdentity);
  const identity = account ?? said;
  const [question, setQuestion] = useState<Question | null>(null);
  const parts = useMemo(
    (): ActingParts => ({ actor: (school) => actorAt(identity, school), ask: setQuestion, alertChanged: onAlert }),
    [identity, onAlert],
  );
  const onIdentity = (changed: Identity): void => {
    if (account) return;
    saveIdentity(changed);
    setSaid(changed);
  };
  return html`<${Acting.Provider} value=${parts}>
    ${children}
    ${question && html`<${QuestionDialog} question=${question} identity=${identity} onIdentity=${onIdentity} onDone=${() => setQuestion(null)} />`}
  <//>`;
}
