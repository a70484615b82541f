import { isIP } from 'node:net';
import { z } from 'zod';
import { durationFrom } from '../runtime/config-schema.ts';

/** Between two polls of one device. */
export const pace = durationFrom('1s', '1d');

export const address = z.string().refine((text) => isIP(text) !== 0, 'an IPv4 or IPv6 address');

/** IPv4, IPv6 or a host name. */
export const host = z.string().refine(isHost, 'an IPv4 or IPv6 address without brackets or port, or a host name');

/** Tags of the user's own, without the names in `reserved`: one of these would be overwritten without a word. */
export const extraTags = (reserved: readonly string[]) =>
  z
    .record(z.string().regex(/^[a-z][a-z0-9_]*$/i, 'a tag name of letters, digits and underscores'), z.string())
    .superRefine((tags, context) => {
      for (const name of Object.keys(tags).filter((tag) => reserved.includes(tag)))
        context.addIssue({ code: 'custom', path: [name], message: `a tag other than ${reserved.join(', ')}` });
    })
    .default({});

/** RFC 1123, with the underscores that exist; a last label of digits is a mistyped address. */
const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*(?!\d+$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;

function isHost(text: string): boolean {
  return isIP(text) !== 0 || HOST_NAME.test(text);
}
