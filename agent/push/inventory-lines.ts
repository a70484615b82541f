import { createHash } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import type { DeviceFacts } from '../../core/device-facts.ts';
import type { DeviceLine, InventoryDocument, InventoryLine, InventoryReply } from '../../core/inventory-api.ts';
import { type InventoryTarget, inventoryDocument } from '../../core/inventory-document.ts';

/** A line, packed: what is kept of a device. */
export interface PackedLine {
  readonly digest: string;
  readonly frame: Uint8Array;
  /** Of the text. */
  readonly bytes: number;
}

const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** The document of a device and its digest: equal facts have an equal one. */
export function describeDevice(
  facts: DeviceFacts,
  target: InventoryTarget,
): { readonly document: InventoryDocument; readonly digest: string } {
  const document = inventoryDocument(facts, target);
  return { document, digest: digestOf(JSON.stringify(document)) };
}

/** The document as a line to send. `time`: when the device was read, ms. */
export function documentLine({ document, digest }: ReturnType<typeof describeDevice>, time: number): PackedLine {
  return pack([{ device: document.device, time, digest, document }], digest);
}

/** Lines that ask whether the collector has these. */
export function questionLines(lines: readonly Pick<DeviceLine, 'device' | 'time' | 'digest'>[]): PackedLine {
  return pack(lines, '');
}

/** The line that says which devices are polled at all. */
export function rosterLine(roster: readonly string[]): PackedLine {
  return pack([{ roster }], '');
}

/** How many bytes of text a question takes at most. */
export const QUESTION_BYTES = 200;

function pack(lines: readonly InventoryLine[], digest: string): PackedLine {
  const text = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return { digest, frame: zstdCompressSync(text, LEVEL), bytes: text.length };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32);
}

/** What the collector answered; undefined where it is no such answer. */
export function readReply(body: string): InventoryReply | undefined {
  try {
    const { wanted, refused } = JSON.parse(body) as Partial<InventoryReply>;
    if (!Array.isArray(wanted) || !wanted.every((name) => typeof name === 'string')) return undefined;
    if (!Array.isArray(refused) || !refused.every((one) => typeof one?.device === 'string')) return undefined;
    return { wanted, refused };
  } catch {
    return undefined;
  }
}
