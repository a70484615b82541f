import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import type { InventoryLine, InventoryReply } from '../../core/inventory-api.ts';
import { deviceLine, rosterLine } from './schema/inventory-line-schema.ts';
import { WriteError } from './write-error.ts';

export interface ReadLines {
  readonly lines: readonly InventoryLine[];
  /** Those of a known device that can never be taken. */
  readonly refused: InventoryReply['refused'];
}

/** In one request; each costs a look into the database. */
const LINES_LIMIT = 1_000;
const PROBLEMS_NAMED = 3;

/**
 * Reads a push: JSON, one line each (core/inventory-api.ts).
 * @throws WriteError invalid: a line of which it cannot be told whose it is; then none of it is taken
 */
export function readInventoryLines(body: Buffer): ReadLines {
  if (!isUtf8(body)) throw new WriteError('invalid', 'not valid UTF-8');
  const lines: InventoryLine[] = [];
  const refused: { device: string; reason: string }[] = [];
  for (const [i, text] of body.toString('utf8').split('\n').entries()) {
    if (text.trim() === '') continue;
    if (lines.length + refused.length === LINES_LIMIT)
      throw new WriteError('too_large', `more than ${LINES_LIMIT} lines in one request`);
    const raw = readLine(text, i + 1);
    const isRoster = 'roster' in raw;
    const read = isRoster ? rosterLine.safeParse(raw) : deviceLine.safeParse(raw);
    const { device } = raw;
    const about =
      typeof device === 'string' ? (raw['document'] as { device?: unknown } | undefined)?.device : undefined;
    if (read.success && (about === undefined || about === device)) lines.push(read.data);
    else {
      const reason = read.success
        ? `document.device: expected ${device}, got ${String(about)}`
        : problemsOf(read.error, raw);
      if (isRoster || typeof device !== 'string') throw new WriteError('invalid', `line ${i + 1}: ${reason}`);
      refused.push({ device, reason });
    }
  }
  return { lines, refused };
}

function readLine(text: string, line: number): Record<string, unknown> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new WriteError('invalid', `line ${line}: expected JSON, got ${clip(text)}`);
  }
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw))
    throw new WriteError('invalid', `line ${line}: expected {"device": ...} or {"roster": [...]}, got ${clip(text)}`);
  return raw as Record<string, unknown>;
}

/** `document.parts.3.serial: expected text of at most 255 characters, got 17` */
function problemsOf({ issues }: z.ZodError, raw: unknown): string {
  const named = issues.slice(0, PROBLEMS_NAMED).map(({ path, message }) => {
    const got = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], raw);
    const expected = message.replace(/^Invalid input: expected (.+), received .+$/, '$1');
    return `${path.join('.')}: expected ${expected}, got ${got === undefined ? 'nothing' : clip(JSON.stringify(got))}`;
  });
  const more = issues.length - named.length;
  return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
