import { BerError, TAG } from '../../agent/drivers/ber.ts';
import { Burst, openCommunityAnswer } from '../../agent/drivers/fast/burst.ts';
import { answerHead } from '../../agent/drivers/fast/head.ts';
import { decodeResponse, encodeRequest, idOf } from '../../agent/drivers/fast/message.ts';
import { learnLayout, type PortLayout } from '../../agent/normalise/ports/layout.ts';
import { readBlock, SYS_UP_TIME } from '../../agent/normalise/ports/read-block.ts';
import { PortNames, PortTable } from '../../agent/normalise/ports/table.ts';
import type { Column } from '../../agent/normalise/varbind.ts';
import { BellwetherError } from '../../core/errors.ts';
import type { OidTable } from '../../sim/oid-table.ts';
import { answer } from '../../sim/snmp-agent.ts';
import { decodeRequest } from '../../sim/snmp-message.ts';

const COMMUNITY = Buffer.from('public');

/** A small generator of its own, so that a seed gives the same run everywhere (xorshift32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Answers that a recorded device gives to GetBulk requests of several shapes. */
export function seedsOf(device: OidTable, at = 0): Buffer[] {
  const seeds: Buffer[] = [];
  for (const [oids, fixed, repetitions] of [
    [['1.3'], 0, 30],
    [['1.3.6.1.2.1.1.3', '1.3.6.1.2.1.2.2.1.8', '1.3.6.1.2.1.2.2.1.10', '1.3.6.1.2.1.31.1.1.1.6'], 1, 8],
    [['1.3.6.1.4.1'], 0, 20],
  ] as const) {
    const { bytes } = encodeRequest({
      version: '2c',
      community: COMMUNITY,
      pdu: TAG.GetBulkRequest,
      first: fixed,
      second: repetitions,
      oids,
    });
    const reply = answer(decodeRequest(Buffer.from(bytes))!, device, at, { maxBytes: 1400, maxRows: 1000 });
    if (reply) seeds.push(reply);
  }
  return seeds;
}

/** One to four of: an octet changed, a bit, a length or tag made extreme, a piece cut out, doubled or swapped, the end cut off. */
export function mutate(seed: Uint8Array, random: () => number): Uint8Array {
  let bytes = Uint8Array.from(seed);
  for (let n = 1 + (random() % 4); n > 0 && bytes.length > 0; n--) {
    const at = random() % bytes.length;
    const length = 1 + (random() % 16);
    switch (random() % 7) {
      case 0:
        bytes[at] = random();
        break;
      case 1:
        bytes[at]! ^= 1 << (random() % 8);
        break;
      case 2:
        bytes[at] = [0, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xff, 0x30, 0x06, 0x46][random() % 11]!;
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
        break;
      case 4:
        bytes = Uint8Array.from([...bytes.subarray(0, at + length), ...bytes.subarray(at)]);
        break;
      case 5:
        bytes = bytes.subarray(0, at);
        break;
      default:
        bytes.copyWithin(at, random() % bytes.length, (random() % bytes.length) + length);
    }
  }
  return bytes;
}

/** Everything that reads an answer: what a datagram must get through, whatever stands in it. */
export class Reader {
  readonly #layout = layout();
  readonly #table = new PortTable(this.#layout);
  readonly #names = new PortNames(new Array(this.#layout.rows.length).fill(undefined));
  readonly #into = { scalars: new Float64Array(3), renamed: new Map<number, Uint8Array>() };

  /** @throws what must never be thrown. */
  read(datagram: Uint8Array): void {
    const id = idOf(datagram);
    const head = answerHead(datagram);
    if (head && head.id !== id) throw new Error(`two readers, two ids: ${head.id} and ${id}`);
    try {
      decodeResponse(datagram);
    } catch (error) {
      if (!(error instanceof BerError)) throw error;
    }
    this.#burst(datagram);
    for (const block of this.#layout.blocks) {
      const from = Math.min(40, datagram.length);
      readBlock(datagram, from, datagram.length, block, [SYS_UP_TIME], this.#table, this.#names, this.#into);
    }
    this.#into.renamed.clear();
  }

  #burst(datagram: Uint8Array): void {
    const error = new BellwetherError('BW_SNMP_TIMEOUT', 'none');
    const burst = new Burst({
      send: () => 1,
      open: (bytes, _index, _id, _at, head) => openCommunityAnswer(bytes, COMMUNITY, head),
      forget: () => {},
      silence: () => error,
      stopped: () => error,
    });
    void burst.run(1, {
      window: 1,
      retries: 0,
      signal: new AbortController().signal,
      take: (_, bytes, from, to) => {
        if (from > to || to > bytes.length) throw new RangeError(`${from} to ${to} of ${bytes.length}`);
        const [block] = this.#layout.blocks;
        return readBlock(bytes, from, to, block!, [SYS_UP_TIME], this.#table, this.#names, this.#into) === 'good';
      },
    });
    burst.answer(0, datagram, 0, answerHead(datagram));
  }
}

function layout(): PortLayout {
  const cells = (oid: string, type: 'Integer' | 'Counter32' | 'Counter64' | 'OctetString'): Column =>
    new Map(
      Array.from({ length: 8 }, (_, k) => {
        const value = type === 'Counter64' ? 1n : type === 'OctetString' ? Uint8Array.of(1) : 1;
        return [String(k + 1), { value: { oid: `${oid}.${k + 1}`, type, value }, stamp: { at: 0, uptime: 0 } }];
      }),
    );
  const names = [
    ['ifOperStatus', '1.3.6.1.2.1.2.2.1.8', 'Integer'],
    ['ifInOctets', '1.3.6.1.2.1.2.2.1.10', 'Counter32'],
    ['ifHCInOctets', '1.3.6.1.2.1.31.1.1.1.6', 'Counter64'],
    ['ifName', '1.3.6.1.2.1.31.1.1.1.1', 'OctetString'],
  ] as const;
  const made = learnLayout(
    new Map(names.map(([name, oid, type]) => [name, cells(oid, type)])),
    { fast: names.map(([name, oid]) => ({ name, oid }) as never), slow: [] },
    { bytes: 1300, repetitions: 8 },
  );
  if (typeof made === 'string') throw new Error(made);
  return made;
}
