const START_BYTES = 64 * 1024;
/** More than this is kept free behind every write, so that short pieces need no check of their own. */
const SLACK = 64;
const ZERO = 48;
const BILLION = 1e9;

/** "00" to "99" as two octets each. */
const PAIRS = Uint16Array.from({ length: 100 }, (_, n) => ((ZERO + Math.trunc(n / 10)) << 8) | (ZERO + (n % 10)));

/** A piece of ASCII or UTF-8 text that is written often, padded so that it can be copied by words. */
export class Piece {
  readonly length: number;
  readonly words: Int32Array;

  constructor(text: string) {
    const octets = Buffer.from(text);
    this.length = octets.length;
    this.words = new Int32Array(Math.ceil(octets.length / 4));
    for (let k = 0; k < octets.length; k++) this.words[k >> 2]! |= octets[k]! << (24 - 8 * (k & 3));
  }
}

/** Text that grows at its end and is written over from poll to poll: numbers go in as digits, without a string in between. */
export class TextBuffer {
  #bytes = Buffer.allocUnsafeSlow(START_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #pos = 0;

  get length(): number {
    return this.#pos;
  }

  /** A view: good until the next write. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#pos);
  }

  clear(): void {
    this.#pos = 0;
  }

  /** Takes back all that was written after `length`. */
  cut(length: number): void {
    this.#pos = length;
  }

  /** Makes sure that `bytes` more fit. Everything below needs this to have been said. */
  reserve(bytes: number): void {
    const needed = this.#pos + bytes + SLACK;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(needed)));
    this.#bytes.copy(larger, 0, 0, this.#pos);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  octet(code: number): void {
    this.#bytes[this.#pos++] = code;
  }

  /** Writes over an octet that is there already. */
  put(at: number, code: number): void {
    this.#bytes[at] = code;
  }

  piece(piece: Piece): void {
    this.words(piece.words, 0, piece.words.length, piece.length);
  }

  /** `length` octets of text that stands in `words[start, end)`, as in a `Piece`. */
  words(words: Int32Array, start: number, end: number, length: number): void {
    const view = this.#view;
    let at = this.#pos;
    for (let k = start; k < end; k++, at += 4) view.setInt32(at, words[k]!);
    this.#pos += length;
  }

  text(text: string): void {
    this.reserve(text.length * 3);
    this.#pos += this.#bytes.write(text, this.#pos);
  }

  /** The unsigned 64-bit number `high[k] * 2^32 + low[k]`. From an array, as a number handed over by itself would become an object. */
  unsigned64(high: Uint32Array, low: Uint32Array, k: number): void {
    const h = high[k]!;
    const l = low[k]!;
    // Most counters of errors stand at 0.
    if (h === 0 && l < 10) this.#view.setUint8(this.#pos++, ZERO + l);
    else if (h === 0 && l < BILLION) this.#digits(l, digitsOf(l));
    else if (h < 0x200000) {
      const value = h * 2 ** 32 + l;
      const top = Math.floor(value / BILLION);
      this.#whole(top | 0, (value - top * BILLION) | 0);
    } else this.text(((BigInt(h) << 32n) | BigInt(l)).toString());
  }

  /**
   * `Math.round(values[k] * perUnit) / perUnit` as the shortest decimal text: what `String` makes of it. perUnit is 1, 1e2, 1e3, 1e4 or 1e6, the value not
   * negative.
   */
  decimal(values: Float64Array, k: number, perUnit: number): void {
    // So are most rates of errors, and all of a port that is down.
    if (values[k] === 0) {
      this.#view.setUint8(this.#pos++, ZERO);
      return;
    }
    const steps = Math.round(values[k]! * perUnit);
    // Below this, the text of a double of so many decimals is that of its steps.
    if (!(steps < 1e15)) {
      this.text(String(steps / perUnit));
      return;
    }
    const whole = Math.floor(steps / perUnit);
    const top = Math.floor(whole / BILLION);
    this.#whole(top | 0, (whole - top * BILLION) | 0);
    if (perUnit > 1)
      this.#fraction(
        (steps - whole * perUnit) | 0,
        perUnit === 1e2 ? 2 : perUnit === 1e3 ? 3 : perUnit === 1e4 ? 4 : 6,
      );
  }

  /** `top * 10^9 + low`. */
  #whole(top: number, low: number): void {
    if (top === 0) this.#digits(low, digitsOf(low));
    else {
      this.#digits(top, digitsOf(top));
      this.#digits(low, 9);
    }
  }

  #fraction(rest: number, digits: number): void {
    if (rest === 0) return;
    let value = rest;
    let count = digits;
    while (value % 10 === 0) {
      value = (value / 10) | 0;
      count--;
    }
    this.octet(46);
    this.#digits(value, count);
  }

  /** Exactly `count` digits of a number below 10^9. */
  #digits(value: number, count: number): void {
    const view = this.#view;
    let at = this.#pos + count;
    this.#pos = at;
    let rest = value | 0;
    let left = count;
    while (left > 1) {
      const next = (rest / 100) | 0;
      at -= 2;
      view.setUint16(at, PAIRS[rest - next * 100]!);
      rest = next;
      left -= 2;
    }
    if (left === 1) view.setUint8(at - 1, ZERO + rest);
  }
}

function digitsOf(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  return value < 10_000_000 ? 7 : value < 100_000_000 ? 8 : 9;
}
