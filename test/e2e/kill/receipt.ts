import type { Seen } from '../../collector/notify/channels/stand-in.ts';

/** One message as a receiver took it. */
export interface Receipt {
  /** Contact and channel. */
  readonly target: string;
  /** The reference under which it came; for what the service itself tells apart by, that. */
  readonly wire: string;
  readonly kind: 'open' | 'closed';
  readonly alerts: readonly { readonly device: string; readonly reference: string }[];
  readonly body: string;
  /** The how many-th process sent it. */
  readonly run: number;
}

type Part = Omit<Receipt, 'target' | 'run'>;

interface AlertData {
  readonly alert: { readonly labels: { readonly device: string } };
  readonly reference: string;
}

/** PagerDuty hears what an incident is about when it begins only: the device by its key. */
const incidents = new Map<string, string>();

export function parseJson({ headers, body }: Seen, form: 'webhook' | 'pagerduty' | 'alertmanager'): Part {
  const message = JSON.parse(body);
  if (form === 'webhook') {
    const wire = String(headers['webhook-id']);
    const told = (message.data.alerts ?? [{ ...message.data, reference: wire }]) as AlertData[];
    const alerts = told.map(({ alert, reference }) => ({ device: alert.labels.device, reference }));
    return { wire, kind: message.type.endsWith('.open') ? 'open' : 'closed', alerts, body };
  }
  if (form === 'pagerduty') {
    const { dedup_key: wire, event_action, payload } = message;
    const device = payload?.custom_details.labels.device ?? incidents.get(wire) ?? 'none';
    incidents.set(wire, device);
    const kind = event_action === 'trigger' ? 'open' : 'closed';
    return { wire, kind, alerts: [{ device, reference: wire }], body };
  }
  const [{ labels, endsAt, annotations }] = message;
  const kind = Date.parse(endsAt) > Date.now() + 3_600_000 ? 'open' : 'closed';
  return { wire: labels.alert_id, kind, alerts: [{ device: labels.device, reference: annotations.reference }], body };
}

/** What a person reads. */
export function parseText(body: string): Part {
  const wire = [...body.matchAll(/Ref (msg_[\w-]{27})/g)].at(-1)?.[1] ?? 'none';
  const listed = [...body.matchAll(/(dev-\d+) is broken \[(msg_[\w-]{27})\]/g)];
  const alerts =
    listed.length > 0
      ? listed.map(([, device, reference]) => ({ device: device!, reference: reference! }))
      : [{ device: /(dev-\d+) is broken/.exec(body)?.[1] ?? 'none', reference: wire }];
  return { wire, kind: body.includes('RESOLVED at') ? 'closed' : 'open', alerts, body };
}
