import type { AnswerLink } from './answer-links.ts';
import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import { renderingOf } from './rendering.ts';
import { clientError, judgeStatus, type Reply, refused, ServiceCall, UNREADABLE } from './service-call.ts';
import { cut, withReference } from './text-limit.ts';

/** Over it Twilio refuses (error 21617). */
const LONGEST_BODY = 1_600;
const MOST_LINKS = 3;

/** Text messages over Twilio (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource). */
export class TwilioChannel implements Channel {
  readonly type = 'twilio';
  readonly #call: ServiceCall;

  constructor(parts: ChannelParts) {
    this.#call = new ServiceCall('twilio', parts);
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const rendering = renderingOf(delivery.body);
    if (!rendering) return UNREADABLE;
    const { address: to, secrets, settings = {} } = delivery.endpoint;
    const [token] = secrets;
    const { url, account_sid: account, from, messaging_service_sid: service } = settings;
    if (url === undefined || account === undefined || token === undefined) return refused('twilio: no account');
    const form = new URLSearchParams({
      To: to,
      Body: withReference(rendering.text, delivery.id, LONGEST_BODY, cut, answers(rendering.links)),
      ...(service === undefined ? { From: from ?? '' } : { MessagingServiceSid: service }),
    });
    const request = {
      url: `${url}/2010-04-01/Accounts/${account}/Messages.json`,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`,
      },
      body: form.toString(),
    };
    return this.#call.post(delivery, request, judge, signal);
  }
}

/** Without their names, and the first ones only: a text is paid by the part. */
function answers(links: readonly AnswerLink[]): string {
  return links
    .slice(0, MOST_LINKS)
    .map(({ url }) => `Answer: ${url}\n`)
    .join('');
}

/** 201 is queued, not received. Errors are `{code, message}`; the words may quote the number, the code says as much. */
function judge(reply: Reply): DeliveryResult {
  const code = reply.json?.['code'];
  return judgeStatus(reply, clientError, typeof code === 'number' ? `error ${code}` : undefined);
}
