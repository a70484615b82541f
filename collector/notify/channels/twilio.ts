import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import { renderingOf } from './rendering.ts';
import { clientError, judgeStatus, type Reply, refused, ServiceCall, UNREADABLE } from './service-call.ts';
import { cut, withReference } from './text-limit.ts';

/** Over it Twilio refuses (error 21617). */
const LONGEST_BODY = 1_600;

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
      // Short: the text is paid by the part.
      Body: withReference(rendering.text, delivery.id, LONGEST_BODY, cut, { label: 'Answer', url: rendering.ackUrl }),
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

/** 201 is queued, not received. Errors are `{code, message}`; the words may quote the number, the code says as much. */
function judge(reply: Reply): DeliveryResult {
  const code = reply.json?.['code'];
  return judgeStatus(reply, clientError, typeof code === 'number' ? `error ${code}` : undefined);
}
