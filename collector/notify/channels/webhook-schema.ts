import { z } from 'zod';
import { type ChannelSettings, httpUrl } from './schema-parts.ts';

const SECRET = 'a Standard Webhooks secret: whsec_ and base64 of 24 to 64 bytes';
const secret = z.string(SECRET).refine(isWebhookSecret, SECRET);

export const webhookSchema = z
  .strictObject({
    type: z.literal('webhook'),
    url: httpUrl,
    /** One, or several during a rotation, the new one first. */
    secret: z.union([secret.transform((one) => [one]), z.array(secret).min(1)], 'a value or a list of values'),
  })
  .transform(
    ({ type, url, secret }): ChannelSettings<'webhook'> => ({ type, address: url, url, secrets: secret, settings: {} }),
  );

function isWebhookSecret(text: string): boolean {
  const match = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text);
  if (!match) return false;
  const bytes = Buffer.from(match[1]!, 'base64').length;
  return bytes >= 24 && bytes <= 64;
}
