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
    };
    readonly responsibility: {
      readonly owner: string;
      readonly acting: string;
      readonly why: string;
      readonly text: string;
    };
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
    hasTexts(message.data.responsibility, RESPONSIBILITY_TEXTS);
  return complete ? message : undefined;
}

function hasTexts<K extends string>(value: Readonly<Record<K, string>> | undefined, names: readonly K[]): boolean {
  return names.every((name) => typeof value?.[name] === 'string');
}

/** The message as a phone's lock screen would show it, a few short lines. */
export function renderMessage(message: PhoneMessage): string[] {
  const { alert, responsibility } = message.data;
  const resolved = message.type === 'alert.resolved';
  const head = resolved ? 'RESOLVED' : alert.severity.toUpperCase();
  return [
    `${head}  ${alert.summary}`,
    `${alert.school} / ${alert.site} / ${alert.domain}`,
    ...(resolved
      ? []
      : [
          `responsible: ${responsibility.owner}`,
          `why: ${responsibility.text}`,
          `rule: ${alert.rule} (${alert.condition})`,
        ]),
  ];
}
