import { type PhoneMessage, reason } from './phone-message.ts';

/** What is known of one alert from the phones that were told; times in ms since the demo began. */
export interface ToldAlert {
  readonly id: string;
  readonly rule: string;
  readonly summary: string;
  readonly owner: string;
  readonly why: string;
  /** Who was told, in the order the messages came. */
  readonly told: readonly string[];
  readonly openedAt: number;
  readonly deliveredAt: number;
  readonly resolvedAt: number | undefined;
}

/** Gathers the phones' messages into the story of each alert. */
export class DemoStory {
  readonly #alerts = new Map<string, ToldAlert>();

  /** Wall clock when the demo began, ms. */
  readonly #startedAt: number;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  /** `at`: when it came, ms since the demo began; `person`: whose phone it was. */
  tell(message: PhoneMessage, person: string, at: number): void {
    const { alert, responsibility } = message.data;
    const known = this.#alerts.get(alert.id);
    if (message.type === 'alert.resolved') {
      if (known) this.#alerts.set(alert.id, { ...known, resolvedAt: known.resolvedAt ?? at });
      return;
    }
    if (known) {
      if (!known.told.includes(person)) this.#alerts.set(alert.id, { ...known, told: [...known.told, person] });
      return;
    }
    this.#alerts.set(alert.id, {
      id: alert.id,
      rule: alert.rule,
      summary: alert.summary,
      owner: responsibility.owner,
      why: reason(message),
      told: [person],
      openedAt: alert.opened_at === null ? at : Date.parse(alert.opened_at) - this.#startedAt,
      deliveredAt: at,
      resolvedAt: undefined,
    });
  }

  get alerts(): readonly ToldAlert[] {
    return [...this.#alerts.values()];
  }
}

/** What the demo set out to show and did not; empty when all of it was seen. `domainRule`: the domain threshold that must be among it. */
export function missing(alerts: readonly ToldAlert[], domainRule: string): string[] {
  if (alerts.length === 0) return ['no alert was opened and delivered to a phone'];
  const problems: string[] = [];
  const domain = alerts.find((a) => a.rule === domainRule);
  if (!domain) problems.push(`the domain threshold ${domainRule} was not told to anybody`);
  else if (domain.resolvedAt === undefined) problems.push(`the resolve of ${domainRule} was not delivered`);
  return problems;
}

/** The closing summary, one line each. `polls` and `points` are undefined where they could not be read. */
export function summarise(
  alerts: readonly ToldAlert[],
  counts: { readonly polls: number | undefined; readonly points: number | undefined },
): string[] {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)}s`;
  const number = (value: number | undefined): string => value?.toLocaleString('en-US') ?? 'unknown';
  const resolved = alerts.filter((a) => a.resolvedAt !== undefined).length;
  return [
    `polls done     ${number(counts.polls)}`,
    `points stored  ${number(counts.points)}`,
    `alerts         ${alerts.length} opened and delivered, ${resolved} resolved`,
    ...alerts.flatMap((a) => [
      `${a.rule}: ${a.summary}`,
      `  opened ${seconds(a.openedAt)}, delivered ${seconds(a.deliveredAt)}, ${a.resolvedAt === undefined ? 'not resolved' : `resolved ${seconds(a.resolvedAt)}`}`,
      `  told: ${a.told.join(', ')}; responsible: ${a.owner}, because ${a.why}`,
    ]),
  ];
}

/** The sum of a metric in Prometheus text over its series, those with `label` (as `result="stored"`) only; undefined when there is none. */
export function sumMetric(text: string, name: string, label = ''): number | undefined {
  let sum: number | undefined;
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (match?.[1] === name && (match[2] ?? '').includes(label)) sum = (sum ?? 0) + Number(match[3]);
  }
  return sum;
}
