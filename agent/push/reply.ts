import { parseRetryAfter } from '../../core/backoff.ts';

/** What came back over HTTP. Header names in lower case; the body is cut at 64 KiB. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What to do with the batch that was sent. `reason` is for people, one line, without secrets. */
export type Outcome =
  /** Stored. `rejectedLines` were refused for good within it; they are never sent again. */
  | { readonly kind: 'done'; readonly rejectedLines: number; readonly reason?: string }
  /** The data itself is refused: sending it again cannot help. */
  | { readonly kind: 'reject'; readonly reason: string }
  /** Too large: send it in smaller pieces. */
  | { readonly kind: 'split'; readonly reason: string }
  /** The encoding is refused: send it in another. */
  | { readonly kind: 'recode'; readonly reason: string }
  /** Not now. `needsOperator`: it will not pass by itself (token, address, proxy), so retries are slow and the log is loud. */
  | { readonly kind: 'retry'; readonly reason: string; readonly needsOperator: boolean; readonly afterMs?: number };

type Action = 'reject' | 'split' | 'recode' | 'retry' | 'operator';

/**
 * The one principle: data is dropped only when the status says that the data is at fault. Everything else keeps it, as the spool is bounded anyway.
 * Statuses not listed: 4xx, 3xx and 1xx need an operator, 5xx and above are retried.
 */
const ACTIONS: Readonly<Record<number, { readonly action: Action; readonly meaning: string }>> = {
  400: { action: 'reject', meaning: 'the collector cannot read the batch' },
  401: { action: 'operator', meaning: 'the collector does not know the token' },
  402: { action: 'operator', meaning: 'the account is not paid' },
  403: { action: 'operator', meaning: 'the token may not write' },
  404: { action: 'operator', meaning: 'no write endpoint at this address' },
  405: { action: 'operator', meaning: 'no write endpoint at this address' },
  407: { action: 'operator', meaning: 'a proxy on the way asks for a login' },
  408: { action: 'retry', meaning: 'the request took too long' },
  409: { action: 'reject', meaning: 'the batch conflicts with what is stored' },
  410: { action: 'operator', meaning: 'no write endpoint at this address any more' },
  413: { action: 'split', meaning: 'the batch is larger than the collector takes' },
  415: { action: 'recode', meaning: 'the collector does not take this encoding' },
  421: { action: 'operator', meaning: 'this server does not answer for that name' },
  422: { action: 'reject', meaning: 'the collector refuses the content of the batch' },
  423: { action: 'retry', meaning: 'the store is locked' },
  424: { action: 'retry', meaning: 'a service behind the collector failed' },
  425: { action: 'retry', meaning: 'the server wants the request again' },
  429: { action: 'retry', meaning: 'too many requests' },
  451: { action: 'operator', meaning: 'a filter on the way blocks the collector' },
  500: { action: 'retry', meaning: 'the collector failed' },
  502: { action: 'retry', meaning: 'the proxy cannot reach the collector' },
  503: { action: 'retry', meaning: 'the collector is overloaded or starting' },
  504: { action: 'retry', meaning: 'the collector did not answer the proxy in time' },
  511: { action: 'operator', meaning: 'a captive portal on the way asks for a login' },
};

/** Decides by the reply alone; `now` (ms) is for a Retry-After given as a date. Pure. */
export function classify(reply: Reply, now: number): Outcome {
  const { status } = reply;
  if (status >= 200 && status < 300) return accepted(reply);
  const message = messageOf(reply.body);
  if (status === 400) {
    const partial = partialWrite(message);
    if (partial !== undefined) return { kind: 'done', rejectedLines: partial, reason: message };
  }
  const { action, meaning } = ACTIONS[status] ?? unlisted(status);
  const reason = `${status}: ${meaning}${message === '' ? '' : ` (${message})`}`;
  if (action !== 'retry' && action !== 'operator') return { kind: action, reason };
  const afterMs = parseRetryAfter(reply.headers['retry-after'], now);
  return { kind: 'retry', reason, needsOperator: action === 'operator', ...(afterMs === undefined ? {} : { afterMs }) };
}

function accepted(reply: Reply): Outcome {
  // A captive portal or web filter answers 200 with its own page for any address; nothing was stored then.
  if (reply.status !== 204 && /^text\/html\b/i.test(reply.headers['content-type'] ?? ''))
    return { kind: 'retry', reason: `${reply.status}: a web page, not a collector, answered`, needsOperator: true };
  return { kind: 'done', rejectedLines: 0 };
}

function unlisted(status: number): { readonly action: Action; readonly meaning: string } {
  if (status >= 500) return { action: 'retry', meaning: 'the collector failed' };
  if (status >= 300 && status < 400)
    return {
      action: 'operator',
      meaning: 'redirected, which is not followed: put the final address into the configuration',
    };
  return { action: 'operator', meaning: 'an unexpected answer' };
}

/**
 * Lines refused within a batch whose other lines are stored, or undefined when the message says no such thing. Our collector: "partial write: 3 lines
 * dropped: line 17: ..."; InfluxDB 1.x: "partial write: ... dropped=3", where a line that cannot be parsed is not in that number; at least one is refused.
 */
function partialWrite(message: string): number | undefined {
  if (!/^partial write\b/i.test(message)) return undefined;
  const count = /\b(\d+) lines? dropped\b/.exec(message)?.[1] ?? /\bdropped=(\d+)/.exec(message)?.[1];
  return Math.max(1, Number(count ?? 1));
}

const MESSAGE_LENGTH = 200;

/** The `message` (v2) or `error` (v1) of a JSON body, else the text itself; one line, cut to a length for the log. */
function messageOf(body: string): string {
  let text = body;
  try {
    const parsed: unknown = JSON.parse(body);
    if (parsed !== null && typeof parsed === 'object') {
      const { message, error } = parsed as { message?: unknown; error?: unknown };
      if (typeof message === 'string') text = message;
      else if (typeof error === 'string') text = error;
    }
  } catch {
    // Not JSON: a proxy's page or plain text.
  }
  return text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MESSAGE_LENGTH);
}
