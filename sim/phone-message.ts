/** What the collector sends as far as a phone shows it. */
export interface PhoneMessage {
  /** `alert.open`, `alert.resolved`. */
  readonly type: string;
  readonly data: {
    readonly alert: {
      readonly id: string;
      readonly school: string;
      readonly site: string;
      readonly domain: string;
      readonly severity: string;
      readonly rule: string;
      readonly summary: string;
      readonly condition: string;
      /** ISO 8601. */
      readonly opened_at: string | null;
    };
    readonly responsibility: {
      readonly owner: string;
      readonly acting: string;
      readonly why: string;
      readonly text: string;
    };
    /** What a phone shows. */
    readonly text: string;
  };
}

const ALERT_TEXTS = ['id', 'school', 'site', 'domain', 'severity', 'rule', 'summary', 'condition'] as const;
const RESPONSIBILITY_TEXTS = ['owner', 'acting', 'why', 'text'] as const;

/** The message in a verified body; undefined when something that a phone shows is missing. */
export function parseMessage(body: unknown): PhoneMessage | undefined {
  const message = body as PhoneMessage | null | undefined;
  const complete =
    typeof message?.type === 'string' &&
    hasTexts(message.data?.alert, ALERT_TEXTS) &&
    hasTexts(message.data.responsibility, RESPONSIBILITY_TEXTS) &&
    typeof message.data.text === 'string';
  return complete ? message : undefined;
}

/** What is told of something else than an alert: a hand-over, an agreement, a test of the safety net. */
export interface PhoneNote {
  readonly type: string;
  readonly data: { readonly text: string };
}

/** The note in a verified body; undefined for an alert's message and for what is none. */
export function parseNote(body: unknown): PhoneNote | undefined {
  const note = body as PhoneNote | null | undefined;
  if (typeof note?.type !== 'string' || note.type.startsWith('alert.')) return undefined;
  return typeof note.data?.text === 'string' ? note : undefined;
}

function hasTexts<K extends string>(value: Readonly<Record<K, string>> | undefined, names: readonly K[]): boolean {
  return names.every((name) => typeof value?.[name] === 'string');
}

/** The message as a phone shows it; under an open one who is responsible, by which agreement. */
export function renderMessage(message: PhoneMessage): string[] {
  const { responsibility, text } = message.data;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return message.type === 'alert.open'
    ? [...lines, `Responsible: ${responsibility.owner}, because ${reason(message)}`]
    : lines;
}

/** The first sentence of the reason: later ones say who is told when. */
export function reason({ data }: PhoneMessage): string {
  const first = data.responsibility.text.split(/\.\s/, 1)[0]!.replace(/\.$/, '');
  return `${first} [${data.responsibility.why}]`;
}
