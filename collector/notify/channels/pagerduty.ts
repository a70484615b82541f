import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import { type Rendering, renderingOf, testAlert } from './rendering.ts';
import { judgeStatus, type Reply, refused, ServiceCall, UNREADABLE } from './service-call.ts';
import { cut, fitting } from './text-limit.ts';

const LONGEST_SUMMARY = 1_024;
const LARGEST_BODY = 512 * 1024;
const LONGEST_TEXT = 64 * 1024;

/** PagerDuty's Events API v2 (https://developer.pagerduty.com/docs/send-alert-event). */
export class PagerDutyChannel implements Channel {
  readonly type = 'pagerduty';
  readonly perAlert = true;
  readonly #call: ServiceCall;

  constructor(parts: ChannelParts) {
    this.#call = new ServiceCall('pagerduty', parts);
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const rendering = renderingOf(delivery.body);
    if (!rendering) return UNREADABLE;
    const test = testAlert(rendering, delivery.id);
    if (test) {
      // An incident of its own, opened and closed.
      const opened = await this.#send(rendering, test, 'trigger', delivery, signal);
      return opened.ok ? this.#send(rendering, test, 'resolve', delivery, signal) : opened;
    }
    const { alert, tone } = rendering;
    if (!alert || tone === 'note') return { ok: true, skipped: 'a note is no incident' };
    return this.#send(rendering, alert, tone === 'resolved' ? 'resolve' : 'trigger', delivery, signal);
  }

  async #send(
    rendering: Rendering,
    alert: NonNullable<Rendering['alert']>,
    action: 'trigger' | 'resolve',
    delivery: Delivery,
    signal: AbortSignal,
  ): Promise<DeliveryResult> {
    const { address: routing_key, settings } = delivery.endpoint;
    const url = settings?.['url'];
    if (url === undefined) return refused('pagerduty: no address of the service');
    const event = {
      routing_key,
      // The alert, whoever answers for it: a hand-over opens no second incident, a reminder none either.
      dedup_key: alert.id,
    };
    const body = fitting(LONGEST_TEXT, LARGEST_BODY, (limit) =>
      JSON.stringify(
        action === 'resolve'
          ? { ...event, event_action: 'resolve' }
          : { ...event, ...trigger(rendering, alert, delivery.id, limit) },
      ),
    );
    const headers = { 'content-type': 'application/json' };
    return this.#call.post(delivery, { url: `${url}/v2/enqueue`, headers, body }, judge, signal);
  }
}

function trigger(
  { title, text, timestamp, responsibility, links }: Rendering,
  alert: NonNullable<Rendering['alert']>,
  id: string,
  limit: number,
): Record<string, unknown> {
  const severity = ['critical', 'warning', 'info'].includes(alert.severity) ? alert.severity : 'error';
  const { condition, value, labels, rule } = alert;
  return {
    event_action: 'trigger',
    client: 'Bellwether',
    ...(links.length > 0 && { links: links.map(({ label, url }) => ({ href: url, text: label })) }),
    payload: {
      summary: cut(title, LONGEST_SUMMARY),
      source: `${alert.school}/${alert.site}`,
      severity,
      timestamp: alert.opened_at ?? timestamp,
      component: labels['device'] ?? alert.domain,
      group: alert.school,
      class: rule,
      custom_details: {
        text: cut(text, limit),
        condition: cut(condition, limit),
        value,
        labels,
        owner: responsibility?.owner,
        reference: id,
      },
    },
  };
}

/** 202 is taken. Only 400 is documented as final (`{status, message, errors}`); 429 and 5xx are to be tried again, and so is the unforeseen. */
function judge(reply: Reply): DeliveryResult {
  const errors = reply.json?.['errors'];
  const words = Array.isArray(errors) ? errors.join(', ') : reply.json?.['message'];
  return judgeStatus(reply, (status) => status === 400 || status === 413, words);
}
