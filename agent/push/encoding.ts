import { promisify } from 'node:util';
import { constants, gzip, zstdDecompress } from 'node:zlib';

/** Content codings for a batch, best first. zstd goes only to a collector that announces it. */
export const ENCODINGS = ['zstd', 'gzip'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const gzipAsync = promisify(gzip);
const unzstd = promisify(zstdDecompress);

/**
 * The request body for zstd frames of at most `rawBytes` text in all. In zstd the frames are only put in a row, which RFC 8878 3.1 allows; a receiver
 * must go on after the first frame (Node's zstdDecompress by itself does not, and says nothing). For gzip they are unpacked and packed once, off the main thread.
 */
export async function encodeBody(
  frames: readonly Uint8Array[],
  rawBytes: number,
  encoding: Encoding,
): Promise<Uint8Array> {
  if (encoding === 'zstd') return Buffer.concat(frames);
  const texts = await Promise.all(frames.map((frame) => unzstd(frame, { maxOutputLength: Math.max(1, rawBytes) })));
  return gzipAsync(Buffer.concat(texts), { level: constants.Z_BEST_SPEED });
}

/** True when an `Accept-Encoding` response header (RFC 7694) lists zstd and does not weigh it 0. */
export function announcesZstd(header: string | undefined): boolean {
  if (header === undefined) return false;
  return header.split(',').some((item) => {
    const [coding, ...parameters] = item
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    return coding === 'zstd' && !parameters.some((p) => /^q=0(\.0*)?$/.test(p));
  });
}
