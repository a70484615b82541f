import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { errorMessage } from '../../core/errors.ts';
import { MAX_CALENDAR_BYTES } from '../engagement/calendar/ical.ts';
import { parseOutboundUrl } from '../outbound/guard.ts';
import { type Answer, type GuardedClient, guardedRequest, type Outcome } from '../outbound/guarded-request.ts';
import type { FeedAnswer, KnownText } from './feed.ts';

const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const DECODERS: Readonly<Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

class FetchFault extends Error {}

/** `webcal:` is how programs mark an https address as one to subscribe to. */
export function httpsAddress(address: string): string {
  return address.replace(/^webcals?:/i, 'https:');
}

/**
 * Fetches a calendar, asking first whether what one has is still current. Each address on the way, redirects too, passes the guard.
 */
export async function fetchFeed(
  address: string,
  known: KnownText,
  client: GuardedClient,
  signal: AbortSignal,
): Promise<FeedAnswer> {
  try {
    const answer = await follow(httpsAddress(address), known, client, signal);
    if (answer.status === 304) {
      if (known.etag !== null || known.lastModified !== null) return { kind: 'unchanged' };
      throw new FetchFault('the server says "unchanged", though it was not asked');
    }
    if (answer.status !== 200) throw new FetchFault(`status ${answer.status}`);
    return {
      kind: 'text',
      text: await textOf(answer, client.timeoutMs),
      etag: answer.headers.etag ?? null,
      lastModified: answer.headers['last-modified'] ?? null,
    };
  } catch (error) {
    return { kind: 'failed', reason: errorMessage(error) };
  }
}

async function follow(
  address: string,
  { etag, lastModified }: KnownText,
  client: GuardedClient,
  signal: AbortSignal,
): Promise<Answer> {
  const headers = {
    accept: 'text/calendar, */*;q=0.1',
    'accept-encoding': 'gzip, br',
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
  };
  let url = urlOf(address);
  for (let redirects = 0; ; redirects++) {
    const request = { method: 'GET', url, headers, replyLimit: MAX_CALENDAR_BYTES } as const;
    const answer = answered(await guardedRequest(client, request, signal), url);
    const { location } = answer.headers;
    if (!REDIRECTS.has(answer.status) || location === undefined) return answer;
    if (redirects === MAX_REDIRECTS) throw new FetchFault(`more than ${MAX_REDIRECTS} redirects`);
    if (!URL.canParse(location, url)) throw new FetchFault('redirected to what is no URL');
    url = urlOf(new URL(location, url).href);
  }
}

function urlOf(address: string): URL {
  const url = parseOutboundUrl(address);
  if (typeof url === 'string') throw new FetchFault(`address refused: ${url}`);
  return url;
}

function answered(outcome: Outcome, { host }: URL): Answer {
  if (outcome.kind === 'answered') return outcome;
  if (outcome.kind === 'refused' && outcome.cause === 'unresolved') throw new FetchFault(outcome.reason);
  throw new FetchFault(
    outcome.kind === 'refused' ? `address refused: ${outcome.reason}` : `${host}: ${outcome.reason}`,
  );
}

async function textOf({ body, complete, headers }: Answer, timeoutMs: number): Promise<string> {
  if (!complete && body.length >= MAX_CALENDAR_BYTES) throw new FetchFault('larger than 5 MB');
  if (!complete) throw new FetchFault(`the answer broke off, or took longer than ${timeoutMs} ms`);
  const charset = /charset="?([\w-]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  return decoderFor(charset).decode(await decoded(body, headers['content-encoding']));
}

async function decoded(body: Buffer, encoding = 'identity'): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity' || name === '') return body;
  const decode = DECODERS[name];
  if (!decode) throw new FetchFault(`content encoding "${name}" is not known here`);
  try {
    return await decode(body, { maxOutputLength: MAX_CALENDAR_BYTES });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw new FetchFault('larger than 5 MB');
    throw new FetchFault(`cannot be decompressed: ${errorMessage(error)}`);
  }
}

/** RFC 5545 3.1.4: UTF-8 unless the server says otherwise. */
function decoderFor(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
