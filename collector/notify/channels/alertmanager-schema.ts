import { z } from 'zod';
import { type ChannelSettings, httpUrl, textLike, token } from './schema-parts.ts';

export const alertmanagerSchema = z
  .strictObject({
    type: z.literal('alertmanager'),
    /** As --web.external-url has it, without /api/v2. */
    url: httpUrl.transform((url) => url.replace(/\/+$/, '')),
    /** For a proxy in front: a bearer token, or user and password. */
    token: token.optional(),
    user: textLike(/^[^:\s]+$/, 'a user name without a colon').optional(),
    password: z.string().min(1).optional(),
  })
  .refine((channel) => (channel.user === undefined) === (channel.password === undefined), {
    path: ['user'],
    error: 'both user and password, or neither',
  })
  .refine((channel) => channel.token === undefined || channel.user === undefined, {
    path: ['token'],
    error: 'either a token, or user and password',
  })
  .transform(({ type, url, token, user, password }): ChannelSettings<'alertmanager'> => {
    const secret = token ?? password;
    return {
      type,
      address: url,
      url,
      secrets: secret === undefined ? [] : [secret],
      settings: user === undefined ? {} : { user },
    };
  });
