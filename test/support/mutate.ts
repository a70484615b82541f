import { pick } from './random.ts';

/** What lengths, tags and integers go wrong with. */
const TELLING = [
  0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x1f, 0x30, 0x40, 0x46, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xa4, 0xa7, 0xff,
];
/** What a datagram holds. */
const LONGEST = 65_507;

/**
 * One to four changes: an octet, a bit, a length or tag made extreme, a piece cut out, doubled, put in or moved, the end cut off, or the end of one of
 * `others` in its place.
 */
export function mutated(
  bytes: Uint8Array,
  chance: () => number,
  others: readonly Uint8Array[] = [bytes],
): Buffer<ArrayBuffer> {
  let out = Buffer.from(bytes);
  for (let n = 1 + below(chance, 4); n > 0 && out.length > 0; n--) out = changed(out, chance, pick(chance, others));
  return out.subarray(0, LONGEST);
}

function changed(bytes: Buffer<ArrayBuffer>, chance: () => number, other: Uint8Array): Buffer<ArrayBuffer> {
  const at = below(chance, bytes.length);
  // Mostly a field or so, sometimes much more.
  const length = 1 + below(chance, chance() < 0.8 ? 16 : bytes.length);
  const to = Math.min(bytes.length, at + length);
  switch (below(chance, 9)) {
    case 0:
      bytes[at] = below(chance, 256);
      return bytes;
    case 1:
      bytes[at] = pick(chance, TELLING);
      return bytes;
    case 2:
      bytes[at]! ^= 1 << below(chance, 8);
      return bytes;
    case 3:
      return bytes.subarray(0, at);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    case 6:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(1 + below(chance, 4), at), bytes.subarray(at)]);
    case 7:
      bytes.copyWithin(below(chance, bytes.length), at, to);
      return bytes;
    default:
      return Buffer.concat([bytes.subarray(0, at), other.subarray(Math.min(at, other.length))]);
  }
}

function below(chance: () => number, limit: number): number {
  return Math.floor(chance() * limit);
}
