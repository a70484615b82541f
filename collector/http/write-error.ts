/** Which of InfluxDB's two write interfaces a client speaks: `/write` (1.x) or `/api/v2/write`. They differ in how errors look. */
export type WriteApi = 'v1' | 'v2';

/**
 * Why a write was not (wholly) taken. The status decides what clients do with the batch: 400, 413 and 415 drop it, 401 makes v2 clients keep
 * it, 503 makes all of them keep it. So whatever is not the batch's own fault is 503, never 4xx.
 */
const KINDS = {
  invalid: { status: 400, code: 'invalid' },
  unauthorized: { status: 401, code: 'unauthorized' },
  too_large: { status: 413, code: 'request too large' },
  unsupported: { status: 415, code: 'unsupported media type' },
  overload: { status: 503, code: 'unavailable' },
  unavailable: { status: 503, code: 'unavailable' },
  /** The client went away; nobody reads the reply. */
  gone: { status: 503, code: 'unavailable' },
} as const;

export type WriteErrorKind = keyof typeof KINDS;

/** A write that ends in an error reply; the message is for the client and names no secret. */
export class WriteError extends Error {
  readonly kind: WriteErrorKind;

  constructor(kind: WriteErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'WriteError';
    this.kind = kind;
  }
}

export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, string>>;
}

/** Seconds a client should wait after 503. */
const RETRY_AFTER_S = 5;

/** How the error looks to a client of `api`: v2 `{"code":..., "message":...}`, v1 `{"error":...}` and the same text as a header. */
export function errorReply(api: WriteApi, error: WriteError): ErrorReply {
  const { status, code } = KINDS[error.kind];
  const headers: Record<string, string> = {};
  if (status === 503) headers['retry-after'] = String(RETRY_AFTER_S);
  if (status === 401) headers['www-authenticate'] = api === 'v1' ? 'Basic realm="bellwether"' : 'Token';
  if (api === 'v2') return { status, headers, body: { code, message: error.message } };
  // The text may quote the batch; a header holds visible ASCII only.
  headers['x-influxdb-error'] = error.message.replace(/[^\x20-\x7e]/g, '?');
  return { status, headers, body: { error: error.message } };
}

const LINES_NAMED = 5;
const REASON_LENGTH = 160;

/** `partial write: 3 lines dropped: line 17: missing fields; line 20: ...; and 1 more`. Bounded, whatever the lines hold. */
export function partialWrite(dropped: readonly { readonly line: number; readonly message: string }[]): WriteError {
  const named = [...dropped]
    .sort((a, b) => a.line - b.line)
    .slice(0, LINES_NAMED)
    .map(({ line, message }) => `line ${line}: ${clip(message)}`);
  if (dropped.length > LINES_NAMED) named.push(`and ${dropped.length - LINES_NAMED} more`);
  const count = dropped.length === 1 ? '1 line' : `${dropped.length} lines`;
  return new WriteError('invalid', `partial write: ${count} dropped: ${named.join('; ')}`);
}

function clip(text: string): string {
  return text.length > REASON_LENGTH ? `${text.slice(0, REASON_LENGTH - 3)}...` : text;
}
