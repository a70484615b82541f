import { isIP } from 'node:net';
import { z } from 'zod';
import { durationFrom, pemCertificates, port, slug } from '../../runtime/config-schema.ts';
import { extraTags, host } from '../config-parts.ts';
import { RECORD_TYPES } from './service.ts';
import { windowSchema } from './window-config.ts';

/** Set by us on the points of a service, or by the collector. */
const RESERVED_TAGS: readonly string[] = [
  ...['school', 'site', 'device', 'role', 'domain', 'service', 'type'],
  ...['server', 'port', 'protocol', 'query', 'record_type', 'method', 'source', 'url'],
];

/** Not longer: an alert on what is not heard of for an hour ends. */
const pace = durationFrom('1s', '30m');
const timeout = durationFrom('100ms', '1m');
const servicePort = port.refine((p) => p > 0, 'a port from 1 to 65535');

/** Beside what a type needs. */
const common = {
  /** Becomes the tag `service`. */
  name: slug,
  interval: pace.optional(),
  timeout: timeout.optional(),
  /** When it is checked at its interval; left out: always. */
  window: windowSchema.optional(),
  tags: extraTags(RESERVED_TAGS),
};

/** Whose the symptom is: the rules that ship (config/rules/services.yaml) tell the two apart. */
const reach = { domain: z.enum(['services', 'test_platform']).default('services') };

const trust = {
  /** Whether a certificate that is not trusted, or for another name, makes the check fail. */
  verify: z.boolean().default(true),
  /** Authorities trusted in place of the public ones. */
  ca: pemCertificates.optional(),
};

const SERVER = 'the address of a name server, such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53';
const nameServer = z.string(SERVER).transform((text, context) => {
  const match = /^\[(.+)\](?::(\d+))?$/.exec(text) ?? /^([\d.]+)(?::(\d+))?$/.exec(text);
  const address = match ? match[1]! : text;
  const at = Number(match?.[2] ?? 53);
  if (isIP(address) !== 0 && at > 0 && at <= 65535) return { address, port: at };
  context.addIssue({ code: 'custom', message: SERVER });
  return z.NEVER;
});

const dns = z.strictObject({
  type: z.literal('dns'),
  ...common,
  query: host,
  record: z.enum(RECORD_TYPES).default('A'),
  server: nameServer.optional(),
  expect: z
    .union(
      [z.enum(['any', 'nxdomain']), z.array(z.string().min(1)).min(1)],
      'any, nxdomain, or a list of the records that may come',
    )
    .default('any'),
});

const tcp = z.strictObject({ type: z.literal('tcp'), ...common, ...reach, host, port: servicePort });

const tls = z.strictObject({
  type: z.literal('tls'),
  ...common,
  ...reach,
  ...trust,
  host,
  port: servicePort.default(443),
  /** The name asked for and looked for in the certificate; left out: the host. */
  server_name: host.optional(),
});

const STATUS = 'a status such as 200, or a range such as 200-399';
const statusRange = z.union([z.number().int(), z.string()], STATUS).transform((value, context): [number, number] => {
  const match = /^(\d{3})(?:-(\d{3}))?$/.exec(String(value));
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match && from >= 100 && to <= 599 && from <= to) return [from, to];
  context.addIssue({ code: 'custom', message: STATUS });
  return z.NEVER;
});

const serviceUrl = z
  .url({ protocol: /^https?$/, error: 'an http(s) URL such as https://www.example.org/' })
  .refine((text) => {
    const url = URL.parse(text);
    return !url || (url.username === '' && url.password === '' && url.hash === '');
  }, 'a URL without user, password and fragment: it becomes a tag');

/** What is asked by HTTP, and what is good; the file of a preset has the same. */
export const httpParts = {
  url: serviceUrl,
  method: z.enum(['GET', 'HEAD']).default('GET'),
  /** Of the last answer: a redirect that is not followed is one. */
  expect_status: z
    .array(statusRange)
    .min(1)
    .default([[200, 399]]),
  expect_text: z.string().min(1).max(1000).optional(),
  /** On the same host only, so that nobody out there can send the agent's requests into the school's network. */
  follow_redirects: z.boolean().default(false),
};

const http = z.strictObject({ type: z.literal('http'), ...common, ...reach, ...trust, ...httpParts });

const gateway = z.strictObject({ type: z.literal('gateway'), ...common, host: host.optional() });

export const checkEntry = z.discriminatedUnion('type', [dns, tcp, tls, http, gateway]);

/** The hosts of those who hold tests, on school days every 15 s, else every five minutes. */
export const presetEntry = z.strictObject({
  preset: z.literal('test-platforms'),
  platforms: z.union([z.literal('all'), z.array(z.string()).min(1)], 'a list of platforms, or all'),
  /** In place of the list that comes with the product. */
  file: z.string().optional(),
  interval: pace.prefault('15s'),
  timeout: timeout.prefault('5s'),
  window: windowSchema.prefault({ days: ['mon-fri'], hours: '07:00-17:00' }),
  tags: extraTags([...RESERVED_TAGS, 'platform']),
});

/** By what is written, so that what is wrong is told of the kind that was meant. */
export const serviceEntry = z.unknown().transform((raw, context) => {
  const isPreset = raw !== null && typeof raw === 'object' && 'preset' in raw;
  const result = (isPreset ? presetEntry : checkEntry).safeParse(raw);
  if (result.success) return result.data;
  for (const issue of result.error.issues) context.addIssue(issue as Parameters<typeof context.addIssue>[0]);
  return z.NEVER;
});
