import { constants, createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';
import { errorMessage } from '../../core/errors.ts';
import { WriteError } from './write-error.ts';

/** What the collector takes, best first: the value of Accept-Encoding on its replies (RFC 7694). */
export const ACCEPT_ENCODING = 'zstd, gzip';

export interface InflateOptions {
  /** Most bytes that may come out. */
  readonly limit: number;
  /** Called with the size of each piece before it is kept; may throw to stop. */
  readonly reserve: (bytes: number) => void;
}

/** Output is handed over in pieces of this size: a bomb is stopped one piece over the limit. */
const CHUNK_BYTES = 128 * 1024;
/** RFC 9659: a zstd content coding needs no window above 8 MiB (2^23). A larger one would only cost us memory. */
const ZSTD_WINDOW_LOG = 23;
/** A sender may put frames one after the other (RFC 8878 3.1); each costs a decoder, so a body of empty frames must end somewhere. */
const MAX_FRAMES = 1_000;

/**
 * Undoes the Content-Encoding of a whole body, counting what comes out while it does.
 * @throws WriteError unsupported (unknown coding), too_large, invalid (broken or cut off)
 */
export async function inflate(body: Buffer, encoding: string | undefined, options: InflateOptions): Promise<Buffer> {
  switch ((encoding ?? 'identity').trim().toLowerCase()) {
    case 'identity':
    case '':
      if (body.length > options.limit) throw tooLarge(options.limit);
      return body;
    case 'gzip':
    case 'x-gzip':
      // Node's gunzip goes on through further members (RFC 1952 2.2) by itself.
      return collect(body, () => createGunzip({ chunkSize: CHUNK_BYTES }), options);
    case 'zstd':
      return collect(body, createZstd, options);
    default:
      throw new WriteError('unsupported', `content encoding not known here; send ${ACCEPT_ENCODING} or none`);
  }
}

function createZstd(): ZstdDecompress {
  return createZstdDecompress({
    chunkSize: CHUNK_BYTES,
    params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
  });
}

async function collect(
  body: Buffer,
  create: () => Gunzip | ZstdDecompress,
  { limit, reserve }: InflateOptions,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  let input = body;
  for (let frames = 0; input.length > 0; frames++) {
    if (frames === MAX_FRAMES) throw new WriteError('invalid', `more than ${MAX_FRAMES} compressed frames in one body`);
    const decoder = create();
    decoder.end(input);
    try {
      for await (const chunk of decoder as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > limit) throw tooLarge(limit);
        reserve(chunk.length);
        chunks.push(chunk);
      }
    } catch (error) {
      if (error instanceof WriteError) throw error;
      throw new WriteError('invalid', `cannot decompress the body: ${errorMessage(error)}`, error);
    }
    // Node's zstd decoder ends, without a word, at the end of the first frame; what is behind it is the next one.
    input = input.subarray(decoder.bytesWritten);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(limit: number): WriteError {
  return new WriteError('too_large', `the body is larger than ${limit} bytes when decompressed`);
}
