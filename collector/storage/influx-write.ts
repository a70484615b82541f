import { encodeLines } from '../../core/line-protocol-encode.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';
import { sampleFault } from './sample-fault.ts';
import type { WriteResult } from './storage.ts';

/** What a server said about a body of line protocol. `dropped`: how many of its points it did not store, when it says so. */
export type WriteReply =
  | { readonly kind: 'stored' }
  | { readonly kind: 'refused'; readonly reason: string; readonly dropped: number | undefined };

/** Sends one body; throws BW_STORAGE_UNAVAILABLE when the server could not take it now. */
export type SendLines = (body: string) => Promise<WriteReply>;

/** Requests made at most to find out which points of a batch were refused; then the rest is counted, not named. */
const MAX_REQUESTS = 64;
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Writes a batch and finds out which points were refused. InfluxDB answers "partial write ... dropped=N" and stores the others, but does not
 * say which: the batch is halved and sent again until each refused point stands alone, which is safe since writing a point twice changes
 * nothing. A part of which all points were dropped needs no further question.
 */
export async function writeLines(samples: readonly Sample[], send: SendLines): Promise<WriteResult> {
  const rejected: { index: number; reason: string }[] = [];
  const good: number[] = [];
  for (let index = 0; index < samples.length; index++) {
    const reason = sampleFault(samples[index]!);
    if (reason === undefined) good.push(index);
    else rejected.push({ index, reason });
  }
  let requests = 0;
  const parts = good.length > 0 ? [good] : [];
  for (let part = parts.pop(); part; part = parts.pop()) {
    requests++;
    const reply = await send(
      encodeLines(
        part.map((index) => signed(samples[index]!)),
        'ms',
      ),
    );
    if (reply.kind === 'stored') continue;
    const { reason, dropped } = reply;
    if (part.length === 1 || dropped === part.length) rejected.push(...part.map((index) => ({ index, reason })));
    else if (requests + parts.length + 2 > MAX_REQUESTS) {
      for (let i = 0; i < (dropped ?? part.length); i++) rejected.push({ index: -1, reason });
    } else {
      const middle = part.length >> 1;
      parts.push(part.slice(middle), part.slice(0, middle));
    }
  }
  return { written: samples.length - rejected.length, rejected: rejected.sort((a, b) => a.index - b.index) };
}

/** Integers above 2^63 - 1 become 2^63 - 1, as Telegraf does: InfluxDB 1.x has no unsigned type, and in 2.x it would be another type. */
function signed(sample: Sample): Sample {
  let large = false;
  for (const name in sample.fields) {
    const value = sample.fields[name];
    if (typeof value === 'bigint' && value > INT64_MAX) large = true;
  }
  if (!large) return sample;
  const clamp = (value: FieldValue): FieldValue => (typeof value === 'bigint' && value > INT64_MAX ? INT64_MAX : value);
  const fields = Object.fromEntries(Object.entries(sample.fields).map(([name, value]) => [name, clamp(value)]));
  return { ...sample, fields };
}

/** Reads the refusal of a 400, 413 or 422: `{"error":"partial write: ... dropped=2"}` (1.x) or `{"code":..,"message":..}` (2.x). */
export function readRefusal(body: string): Extract<WriteReply, { kind: 'refused' }> {
  let reason = body.trim();
  try {
    const json = JSON.parse(body) as { error?: unknown; message?: unknown } | null;
    const text = json?.error ?? json?.message;
    if (typeof text === 'string') reason = text;
  } catch {
    // Not JSON: a proxy's page, or plain text.
  }
  const dropped = / dropped=(\d+)/.exec(reason)?.[1];
  return {
    kind: 'refused',
    reason: reason
      .replace(/^partial write: /, '')
      .replace(/ dropped=\d+.*$/s, '')
      .slice(0, 500),
    dropped: dropped === undefined ? undefined : Number(dropped),
  };
}
