import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** What is used of Node's zlib beneath its streams. After a write, `state` is [room left in the output, input not taken]. */
interface Kept {
  readonly handle: {
    writeSync(
      end: number,
      text: Uint8Array,
      at: number,
      length: number,
      out: Uint8Array,
      to: number,
      room: number,
    ): void;
  };
  readonly state: Uint32Array;
}

// Level 1 is smaller than gzip 6 and costs a seventh of it; the checksum lets the receiver find a damaged record. With a window of 128 KiB the
// tables and the window stay within the processor's cache: larger records then cost no more per octet.
const PARAMS = {
  [constants.ZSTD_c_compressionLevel]: 1,
  [constants.ZSTD_c_checksumFlag]: 1,
  [constants.ZSTD_c_windowLog]: 17,
  [constants.ZSTD_c_hashLog]: 13,
};
/** Larger texts are rare; they get a compressor of their own, so that no large buffer is kept. */
const KEPT_BYTES = 1024 * 1024;

/**
 * One zstd frame (RFC 8878) per text, made by one compressor that is used again. `zstdCompressSync` makes a compressor for each call, which costs half
 * as much as the compression. What is used for that is not in Node's documentation, so it is tried first; where it does not work, the documented way is taken.
 */
export class Compressor {
  #out: Buffer = Buffer.alloc(0);
  #kept: Kept | undefined = openKept();
  readonly #room: (bytes: number) => Buffer;

  /** @param room gives what a frame is to stand in, no larger than it is asked for */
  constructor(room: (bytes: number) => Buffer = Buffer.allocUnsafeSlow) {
    this.#room = room;
    const probe = Buffer.from('m v=1i 1\nm v=2i 2\n');
    // Twice: the second frame is the one of a used compressor.
    for (let n = 0; n < 2; n++) if (!isFrameOf(this.compress(probe), probe)) this.#kept = undefined;
  }

  /** False where Node offers only a compressor per call. */
  get isKept(): boolean {
    return this.#kept !== undefined;
  }

  /** A buffer of its own, no larger than the frame. */
  compress(text: Uint8Array): Buffer {
    if (this.#kept && text.length <= KEPT_BYTES) {
      const frame = this.#withKept(this.#kept, text);
      if (frame) return frame;
      this.#kept = undefined;
    }
    return zstdCompressSync(text, { params: PARAMS, pledgedSrcSize: text.length });
  }

  #withKept({ handle, state }: Kept, text: Uint8Array): Buffer | undefined {
    if (this.#out.length < bound(text.length)) this.#out = Buffer.allocUnsafeSlow(bound(text.length));
    const out = this.#out;
    state.fill(0);
    handle.writeSync(constants.ZSTD_e_end, text, 0, text.length, out, 0, out.length);
    const [room, left] = state;
    if (!room || left !== 0) return undefined;
    // By default not from the slab that small buffers share: one frame would hold on to 8 KiB of it.
    const frame = this.#room(out.length - room);
    out.copy(frame);
    return frame;
  }
}

function openKept(): Kept | undefined {
  const stream = createZstdCompress({ params: PARAMS }) as unknown as {
    _handle?: Kept['handle'];
    _writeState?: Uint32Array;
  };
  const { _handle: handle, _writeState: state } = stream;
  return typeof handle?.writeSync === 'function' && state instanceof Uint32Array ? { handle, state } : undefined;
}

function isFrameOf(frame: Uint8Array, text: Uint8Array): boolean {
  try {
    return zstdDecompressSync(frame).equals(text);
  } catch {
    return false;
  }
}

/** ZSTD_COMPRESSBOUND of zstd.h: no frame is larger, so one call is enough. */
function bound(bytes: number): number {
  return bytes + (bytes >> 8) + 64;
}
