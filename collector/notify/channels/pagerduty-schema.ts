import { z } from 'zod';
import { type ChannelSettings, serviceUrl, textLike } from './schema-parts.ts';

export const pagerdutySchema = z
  .strictObject({
    type: z.literal('pagerduty'),
    /** Of an Events API v2 integration. */
    routing_key: textLike(/^[A-Za-z0-9]{32}$/, '32 letters and digits'),
    /** https://events.eu.pagerduty.com for accounts in the EU. */
    url: serviceUrl('https://events.pagerduty.com'),
  })
  .transform(
    ({ type, routing_key, url }): ChannelSettings<'pagerduty'> => ({
      type,
      address: routing_key,
      url,
      secrets: [],
      settings: { url },
    }),
  );
