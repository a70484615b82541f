import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SchoolView } from '../core/page-api.ts';
import { html } from './html.ts';
import { type Actor, actorAt, type Identity } from './identity.ts';
import { useOnce } from './once.ts';
import { capital, partyName } from './parties.ts';

export interface QuestionField {
  readonly name: string;
  readonly label: string;
  readonly optional?: boolean;
  /** One of these, by value, instead of free text. */
  readonly choices?: Readonly<Record<string, string>>;
}

/** Something that takes more than a click: a reason, a text to read first, or who it is that does it. */
export interface Question {
  readonly school: SchoolView;
  readonly title: string;
  readonly about?: string;
  /** To be read first. */
  readonly text?: string;
  readonly fields?: readonly QuestionField[];
  readonly button: string;
  /** Resolves to what went wrong; null: done. Values that were left empty are not among `values`. */
  readonly send: (actor: Actor, values: Readonly<Record<string, string>>) => Promise<string | null>;
}

interface Props {
  readonly question: Question;
  readonly identity: Identity;
  readonly onIdentity: (identity: Identity) => void;
  readonly onDone: () => void;
}

/** A question over the page. It stays until it is done or put away, so that no word is lost to a refusal. */
export function QuestionDialog({ question, identity, onIdentity, onDone }: Props): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const once = useOnce();
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const { party, by, ...values } = answersOf(event.target as HTMLFormElement);
    const actor = party && by ? { party, by } : actorAt(identity, question.school)!;
    onIdentity({ name: actor.by, parties: { ...identity.parties, [question.school.school]: actor.party } });
    if ((await once.run(() => sent(question, actor, values))) === null) dialog.current?.close();
  };
  return html`<dialog ref=${dialog} class="question" aria-labelledby="question-title" onClose=${onDone}>
    <form onSubmit=${submit}>
      <h2 id="question-title">${question.title}</h2>
      ${question.about && html`<p>${question.about}</p>`}
      ${question.text && html`<div class="agreement-text" tabindex="0" role="region" aria-label="Text of the agreement">${question.text}</div>`}
      ${question.fields?.map((field) => html`<${FieldInput} key=${field.name} field=${field} />`)}
      <${Who} school=${question.school} identity=${identity} />
      <p class="error-text" role="alert">${once.problem}</p>
      <div class="buttons">
        <button type="button" class="quiet" onClick=${() => dialog.current?.close()}>Cancel</button>
        <button type="submit" aria-disabled=${once.busy ? 'true' : 'false'}>${question.button}</button>
      </div>
    </form>
  </dialog>`;
}

async function sent({ send }: Question, actor: Actor, values: Readonly<Record<string, string>>): Promise<void> {
  const problem = await send(actor, values);
  if (problem !== null) throw new Error(problem);
}

function answersOf(form: HTMLFormElement): Record<string, string> {
  const entries = [...new FormData(form)].map(([name, value]): [string, string] => [name, String(value).trim()]);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

function FieldInput({ field }: { field: QuestionField }): VNode {
  const { name, label, optional = false, choices } = field;
  const id = `question-${name}`;
  return html`<label for=${id}>${label}${optional && html`<span class="muted"> (optional)</span>`}</label>
    ${
      choices
        ? html`<${Select} id=${id} name=${name} choices=${choices} />`
        : html`<textarea id=${id} name=${name} rows="2" maxlength="2000" required=${!optional}></textarea>`
    }`;
}

interface SelectProps {
  readonly id: string;
  readonly name: string;
  readonly choices: Readonly<Record<string, string>>;
  readonly chosen?: string | undefined;
}

/** Nothing is chosen by default: what is written down is what somebody meant. */
function Select({ id, name, choices, chosen = '' }: SelectProps): VNode {
  return html`<select id=${id} name=${name} required>
    <option value="" selected=${chosen === ''}>Choose…</option>
    ${Object.entries(choices).map(
      ([value, label]) => html`<option value=${value} selected=${value === chosen}>${label}</option>`,
    )}
  </select>`;
}

/** Who does it: known in one line, or asked for. */
function Who({ school, identity }: { school: SchoolView; identity: Identity }): VNode {
  const known = actorAt(identity, school);
  const [asking, setAsking] = useState(known === null);
  if (known && !asking)
    return html`<p class="as">As <strong>${known.by}</strong>, ${partyName(school, known.party)}
      ${!identity.account && html`<button type="button" class="link" onClick=${() => setAsking(true)}>Change</button>`}</p>`;
  const choices = Object.fromEntries(school.parties.map(({ id, name }) => [id, capital(name)]));
  return html`<label for="question-by">Your name</label>
    <input id="question-by" name="by" autocomplete="name" maxlength="200" required value=${identity.name} />
    <label for="question-party">You are of</label>
    <${Select} id="question-party" name="party" choices=${choices} chosen=${identity.parties[school.school]} />`;
}
