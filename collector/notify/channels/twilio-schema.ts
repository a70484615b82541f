import { z } from 'zod';
import { type ChannelSettings, serviceUrl, textLike } from './schema-parts.ts';

const number = textLike(/^\+[1-9]\d{6,14}$/, 'a number in E.164 form such as "+15551230100"');

export const twilioSchema = z
  .strictObject({
    type: z.literal('twilio'),
    account_sid: textLike(/^AC[0-9a-f]{32}$/i, 'an account SID: AC and 32 hex digits'),
    auth_token: textLike(/^[0-9a-f]{32}$/i, '32 hex digits'),
    from: number.optional(),
    messaging_service_sid: textLike(/^MG[0-9a-f]{32}$/i, 'a messaging service SID: MG and 32 hex digits').optional(),
    to: number,
    url: serviceUrl('https://api.twilio.com'),
  })
  .refine((channel) => (channel.from === undefined) !== (channel.messaging_service_sid === undefined), {
    path: ['from'],
    error: 'either from or messaging_service_sid',
  })
  .transform(
    ({ type, account_sid, auth_token, from, messaging_service_sid, to, url }): ChannelSettings<'twilio'> => ({
      type,
      address: to,
      url,
      secrets: [auth_token],
      settings: {
        url,
        account_sid,
        ...(from === undefined ? {} : { from }),
        ...(messaging_service_sid === undefined ? {} : { messaging_service_sid }),
      },
    }),
  );
