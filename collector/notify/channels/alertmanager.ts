import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import { type Rendering, renderingOf, testAlert } from './rendering.ts';
import { judgeStatus, type Reply, ServiceCall, UNREADABLE } from './service-call.ts';
import { cut } from './text-limit.ts';

/** Without an end Alertmanager ends an alert by itself, after its resolve_timeout (5 minutes), since it expects to be told again and again. */
const OPEN_FOR_MS = 365 * 86_400_000;
/** No limit is documented; annotations end up in other people's messages. */
const LONGEST_ANNOTATION = 4_096;

/** Pushes alerts to a Prometheus Alertmanager (API v2, POST /api/v2/alerts), which then tells whom it is configured to. */
export class AlertmanagerChannel implements Channel {
  readonly type = 'alertmanager';
  readonly perAlert = true;
  readonly #call: ServiceCall;

  constructor(parts: ChannelParts) {
    this.#call = new ServiceCall('alertmanager', parts);
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const rendering = renderingOf(delivery.body);
    if (!rendering) return UNREADABLE;
    const test = testAlert(rendering, delivery.id);
    const { alert = test, tone } = rendering;
    if (!alert || (tone === 'note' && !test)) return { ok: true, skipped: 'a note is no alert' };
    const { address, secrets, settings } = delivery.endpoint;
    const [secret] = secrets;
    const user = settings?.['user'];
    const headers = {
      'content-type': 'application/json',
      ...(secret !== undefined && { authorization: authorization(user, secret) }),
    };
    const body = JSON.stringify(pushedAs(test ? { ...rendering, tone: 'resolved' } : rendering, alert, delivery.id));
    return this.#call.post(delivery, { url: `${address}/api/v2/alerts`, headers, body }, judge, signal);
  }
}

function authorization(user: string | undefined, secret: string): string {
  return user === undefined ? `Bearer ${secret}` : `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
}

/**
 * The severity is a label, by which people route in Alertmanager. When it changed while the alert was open, Alertmanager knows another alert by the
 * former one, which ends.
 */
function pushedAs(rendering: Rendering, alert: NonNullable<Rendering['alert']>, id: string): Record<string, unknown>[] {
  const over = rendering.tone === 'resolved';
  const told = alert.told_as ?? [alert.severity];
  const ended = over ? told : told.filter((severity) => severity !== alert.severity);
  const ends = ended.map((severity) => pushed({ ...rendering, tone: 'resolved' }, { ...alert, severity }, id));
  return over ? ends : [pushed(rendering, alert, id), ...ends];
}

/** Labels are what Alertmanager knows an alert by: nothing else may stand in them that changes while it is open, as its owner does. */
function pushed(
  { title, text, timestamp, responsibility, tone }: Rendering,
  alert: NonNullable<Rendering['alert']>,
  id: string,
): Record<string, unknown> {
  const startsAt = alert.opened_at ?? timestamp;
  const end = tone === 'resolved' ? Date.parse(alert.resolved_at ?? timestamp) : Date.parse(timestamp) + OPEN_FOR_MS;
  const annotations = {
    summary: title,
    description: text,
    condition: alert.condition,
    owner: responsibility?.owner ?? '',
    reference: id,
  };
  return {
    labels: {
      ...Object.fromEntries(
        Object.entries(alert.labels).map(([name, value]) => [labelName(name), value.toWellFormed()]),
      ),
      alertname: alert.rule,
      alert_id: alert.id,
      school: alert.school,
      site: alert.site,
      domain: alert.domain,
      severity: alert.severity,
    },
    annotations: Object.fromEntries(
      Object.entries(annotations).map(([name, value]) => [name, cut(value, LONGEST_ANNOTATION)]),
    ),
    startsAt,
    endsAt: new Date(Math.max(end, Date.parse(startsAt))).toISOString(),
  };
}

/** Prometheus has no other characters in a label's name. */
function labelName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_');
}

/** 400 is Alertmanager's own refusal of an alert; other 4xx come from a proxy in front, which is put right. */
function judge(reply: Reply): DeliveryResult {
  return judgeStatus(reply, (status) => status === 400, reply.text.startsWith('"') ? reply.text : undefined);
}
