import { z } from 'zod';
import { type ChannelSettings, serviceUrl, textLike } from './schema-parts.ts';

const KEY = /^[A-Za-z0-9]{30}$/;
const THIRTY = '30 letters and digits';

export const pushoverSchema = z
  .strictObject({
    type: z.literal('pushover'),
    /** Of the application. */
    token: textLike(KEY, THIRTY),
    /** Of the person, or of a group. */
    user_key: textLike(KEY, THIRTY),
    /** One of the person's devices; all of them when left out. */
    device: textLike(/^[A-Za-z0-9_-]{1,25}$/, 'a device name: at most 25 letters, digits, _ and -').optional(),
    url: serviceUrl('https://api.pushover.net'),
  })
  .transform(
    ({ type, token, user_key, device, url }): ChannelSettings<'pushover'> => ({
      type,
      address: user_key,
      url,
      secrets: [token],
      settings: { url, ...(device === undefined ? {} : { device }) },
    }),
  );
