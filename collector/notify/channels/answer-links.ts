import { cut } from './text-limit.ts';

/** A link by which the reader of a message answers an alert (notify/alert-links.ts), with what stands for it. */
export interface AnswerLink {
  readonly label: string;
  readonly url: string;
}

/** Of one alert the link needs no name. */
const LABEL = 'Acknowledge or decline';
/** Of several each is named. */
const LONGEST_LABEL = 60;
/** Of more the message lists no more either. */
const MOST_LINKS = 10;

/** What of a message's data tells of alerts: one (`alert`), or several told together (`alerts`, each as the data of its own message). */
export interface AlertData {
  readonly alert?: { readonly id: string; readonly school: string; readonly summary?: string };
  readonly responsibility?: { readonly contact: string };
  readonly ack_url?: unknown;
  readonly alerts?: readonly Omit<AlertData, 'alerts'>[];
}

/** The links of a message, in the order in which it tells of the alerts; none where there is no `public_url`, or nothing to answer. */
export function answerLinks(data: AlertData): AnswerLink[] {
  if (typeof data.ack_url === 'string') return [{ label: LABEL, url: data.ack_url }];
  return (data.alerts ?? []).slice(0, MOST_LINKS).flatMap(({ ack_url, alert }) => {
    const summary = (alert?.summary ?? '').replaceAll(/\s+/g, ' ').trim();
    return typeof ack_url === 'string' ? [{ label: cut(summary || LABEL, LONGEST_LABEL), url: ack_url }] : [];
  });
}

/** A line for each, to stand below a text. */
export function linkLines(links: readonly AnswerLink[]): string {
  return links.map(({ label, url }) => `${label}: ${url}\n`).join('');
}

/** Each alert of a message with whom it is told to. */
export function toldAlerts(
  data: AlertData,
): { readonly id: string; readonly school: string; readonly contact: string }[] {
  return [data, ...(data.alerts ?? [])].flatMap(({ alert, responsibility }) =>
    alert && responsibility ? [{ id: alert.id, school: alert.school, contact: responsibility.contact }] : [],
  );
}
