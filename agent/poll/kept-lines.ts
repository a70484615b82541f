import { encodeFields, encodeHead } from '../../core/line-protocol-encode.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';
import type { Tags } from '../normalise/device-tags.ts';
import { Piece, type TextBuffer } from '../normalise/ports/text-buffer.ts';

const END = '\n'.charCodeAt(0);
const UPTIME = 'uptime';
const DURATION = new Piece(',poll_duration_ms=');
const OUTCOME = new Piece(',poll_outcome="ok" ');
/** Of a number, and of the names above. */
const ROOM = 128;

/** Numbers on their way into the text; handed over by themselves they would become objects. */
const numbers = new Float64Array(3);

/** Lines of which nothing but the time changes from poll to poll: written out once, as long as tags and fields are the same objects. */
export class KeptLines {
  readonly #known = new WeakMap<
    Tags,
    { readonly measurement: string; readonly fields: Sample['fields']; readonly text: Piece }
  >();

  write(out: TextBuffer, sample: Sample): void {
    const { measurement, tags, fields, time } = sample;
    let known = this.#known.get(tags);
    if (known?.fields !== fields || known.measurement !== measurement) {
      known = { measurement, fields, text: new Piece(`${encodeHead(sample)} ${encodeFields(fields)} `) };
      this.#known.set(tags, known);
    }
    out.reserve(known.text.length + ROOM);
    out.piece(known.text);
    numbers[0] = time;
    out.decimal(numbers, 0, 1);
    out.octet(END);
  }
}

/** The line of measurement `snmp` of a poll that brought everything: the same as encodeLines makes of the device's fields and the poll's own. */
export class PollLine {
  #known:
    | { readonly tags: Tags; readonly system: Readonly<Record<string, FieldValue>>; readonly text: Piece }
    | undefined;

  /**
   * @param system fields that are not of this poll
   * @param poll.uptime sysUpTime in 1/100 s
   * @param poll.time wall clock ms
   */
  write(
    out: TextBuffer,
    tags: Tags,
    system: Readonly<Record<string, FieldValue>>,
    poll: { readonly uptime: number; readonly durationMs: number; readonly time: number },
  ): void {
    if (this.#known?.tags !== tags || this.#known.system !== system) {
      const { [UPTIME]: _, ...rest } = system;
      const others = encodeFields(rest);
      const head = encodeHead({ measurement: 'snmp', tags });
      this.#known = { tags, system, text: new Piece(`${head} ${others}${others === '' ? '' : ','}${UPTIME}=`) };
    }
    const { text } = this.#known;
    numbers[0] = poll.uptime / 100;
    numbers[1] = poll.durationMs;
    numbers[2] = poll.time;
    out.reserve(text.length + ROOM);
    out.piece(text);
    out.decimal(numbers, 0, 1e2);
    out.piece(DURATION);
    out.decimal(numbers, 1, 1e3);
    out.piece(OUTCOME);
    out.decimal(numbers, 2, 1);
    out.octet(END);
  }
}
