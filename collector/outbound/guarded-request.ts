import { lookup } from 'node:dns/promises';
import type { IncomingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import { checkAddresses, type GuardPolicy, literalAddress } from './guard.ts';

export type Resolve = (host: string) => Promise<readonly string[]>;

export interface GuardedClient {
  readonly clock: Clock;
  /** Asked at each request, so that a reloaded configuration takes effect. */
  readonly policy: () => GuardPolicy;
  /** For one request, name resolution and the reading of the answer included, ms. */
  readonly timeoutMs: number;
  /** Every address of a name. Default: the system's resolver. */
  readonly resolve?: Resolve;
}

export interface GuardedRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What is read of the answer's body, in bytes as they come over the wire. */
  readonly replyLimit: number;
}

export type Outcome =
  | Answer
  /** Before any connection. A literal address cannot become good; a name may be corrected (`retryable`). */
  | {
      readonly kind: 'refused';
      readonly cause: 'address' | 'unresolved';
      readonly reason: string;
      readonly retryable: boolean;
    }
  /** `connected`: the request may have arrived. */
  | { readonly kind: 'failed'; readonly reason: string; readonly connected: boolean };

export interface Answer {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** At most `replyLimit` bytes. */
  readonly body: Buffer;
  /** False: it broke off, did not end in time, or is larger. */
  readonly complete: boolean;
}

/**
 * One HTTP request to an address that somebody typed in. The name is resolved once, every address is checked, and the connection is made to
 * the checked addresses, so a name that changes its mind in between (DNS rebinding) gains nothing. No redirects, no proxy from the environment.
 */
export async function guardedRequest(
  client: GuardedClient,
  request: GuardedRequest,
  signal: AbortSignal,
): Promise<Outcome> {
  const timeout = new AbortController();
  const done = new AbortController();
  void client.clock.sleep(client.timeoutMs, done.signal).then(() => timeout.abort(new Error('timeout')));
  const stop = AbortSignal.any([signal, timeout.signal]);
  try {
    const addresses = await checkedAddresses(client, request.url, stop);
    if ('kind' in addresses) return addresses;
    const outcome = await send(client, request, addresses, stop);
    if (outcome.kind !== 'failed' || !timeout.signal.aborted) return outcome;
    return { ...outcome, reason: `no answer within ${client.timeoutMs} ms` };
  } finally {
    done.abort();
  }
}

async function checkedAddresses(
  { policy, resolve = systemResolve }: GuardedClient,
  url: URL,
  stop: AbortSignal,
): Promise<readonly string[] | Extract<Outcome, { kind: 'refused' }>> {
  const literal = literalAddress(url);
  let addresses: readonly string[];
  try {
    addresses = literal === undefined ? await orAborted(resolve(url.hostname), stop) : [literal];
  } catch (error) {
    const reason = `${url.hostname} cannot be resolved: ${errorMessage(error)}`;
    return { kind: 'refused', cause: 'unresolved', reason, retryable: true };
  }
  const verdict = checkAddresses(url, addresses, policy());
  if (verdict.ok) return addresses;
  return { kind: 'refused', cause: 'address', reason: verdict.reason, retryable: literal === undefined };
}

async function send(
  { timeoutMs }: GuardedClient,
  { url, method, headers, body, replyLimit }: GuardedRequest,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<Answer | Extract<Outcome, { kind: 'failed' }>> {
  let connected = false;
  const connector = buildConnector({ lookup: pinned(addresses), timeout: timeoutMs });
  const agent = new Agent({
    connections: 1,
    connect: (options, callback) =>
      connector(options, (...result) => {
        connected ||= result[0] === null;
        callback(...result);
      }),
  });
  try {
    const response = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { 'user-agent': 'Bellwether', ...headers },
      ...(body === undefined ? {} : { body }),
      signal,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const read = await readBody(response.body, replyLimit);
    return { kind: 'answered', status: response.statusCode, headers: response.headers, ...read };
  } catch (error) {
    return { kind: 'failed', reason: describe(error), connected };
  } finally {
    await agent.destroy();
  }
}

/** Node joins the failures of several addresses in an error whose own message is empty. */
function describe(error: unknown): string {
  const message = errorMessage(error);
  return message === '' ? String((error as { code?: unknown }).code ?? 'connection failed') : message;
}

async function systemResolve(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map((entry) => entry.address);
}

/** A lookup for the socket that answers only with the addresses already checked. */
function pinned(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_host, options, callback) => {
    if (options.all) callback(null, entries);
    else callback(null, entries[0]!.address, entries[0]!.family);
  };
}

async function readBody(
  body: Dispatcher.ResponseData['body'],
  limit: number,
): Promise<Pick<Answer, 'body' | 'complete'>> {
  const chunks: Buffer[] = [];
  let size = 0;
  let complete = true;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= limit) continue;
      complete = false;
      break;
    }
  } catch {
    // Reset or timed out in the middle of the answer.
    complete = false;
  }
  return { body: Buffer.concat(chunks).subarray(0, limit), complete };
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('timeout'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
