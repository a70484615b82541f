import { z } from 'zod';
import { type ChannelSettings, httpUrl, token } from './schema-parts.ts';

/** As the server has them (its topicRegex), one path segment. */
const TOPIC = /^[-_A-Za-z0-9]{1,64}$/;

const topicUrl = httpUrl.refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && TOPIC.test(url.pathname.slice(1)) && url.search === '' && url.hash === '';
}, 'the URL of a topic, such as https://ntfy.sh/lincoln-network-7f3k');

export const ntfySchema = z.strictObject({ type: z.literal('ntfy'), url: topicUrl, token: token.optional() }).transform(
  ({ type, url, token }): ChannelSettings<'ntfy'> => ({
    type,
    address: url,
    url,
    secrets: token === undefined ? [] : [token],
    settings: {},
  }),
);
