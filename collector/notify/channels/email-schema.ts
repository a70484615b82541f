import { z } from 'zod';
import { pemCertificates, port } from '../../../runtime/config-schema.ts';
import type { ChannelSettings } from './schema-parts.ts';

const mailbox = z.email('a mail address such as kim@example.org');

export const emailSchema = z
  .strictObject({ type: z.literal('email'), to: mailbox })
  .transform(({ type, to }): ChannelSettings<'email'> => ({ type, address: to, secrets: [], settings: {} }));

const PORTS = { starttls: 587, implicit: 465, none: 25 } as const;
const SENDER = 'a mail address, or `Name <address>`';
const NO_TLS = 'starttls or implicit: a password is not sent in clear text beyond this machine';

/** `email:` of the collector's configuration: the server that takes its mail. */
export const mailServerSchema = z
  .strictObject({
    host: z.string().min(1),
    /** Default: 587, 465 or 25, by `tls`. */
    port: port.min(1).optional(),
    /** `starttls` must succeed: mail is not sent in clear text because somebody on the way took the offer out. */
    tls: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
    /** For a server with a certificate of one's own. */
    ca: pemCertificates.optional(),
    user: z.string().min(1).optional(),
    password: z.string().min(1).optional(),
    from: z.string(SENDER).refine((text) => sender(text) !== undefined, SENDER),
  })
  .refine((server) => (server.user === undefined) === (server.password === undefined), {
    path: ['user'],
    error: 'both user and password, or neither',
  })
  .refine((server) => server.tls !== 'none' || server.password === undefined || isLoopback(server.host), {
    path: ['tls'],
    error: NO_TLS,
  })
  .transform(({ port: given, from, ...rest }) => ({ ...rest, port: given ?? PORTS[rest.tls], from: sender(from)! }));

export type MailServer = z.output<typeof mailServerSchema>;

/** `Name <address>` or an address alone. */
function sender(text: string): { name: string; address: string } | undefined {
  const named = /^([^<>\r\n]*)<([^<>\s]+)>$/.exec(text.trim());
  const address = named ? named[2]! : text.trim();
  return mailbox.safeParse(address).success ? { name: named?.[1]?.trim() ?? '', address } : undefined;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
