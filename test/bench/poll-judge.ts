import { createReadStream } from 'node:fs';
import { createZstdDecompress } from 'node:zlib';
import { IF_INDEXES } from '../e2e/farm.ts';

/** What the pushed lines say about the polls of a stretch of time. */
export interface Verdict {
  /** Polls that began within it. */
  readonly polls: number;
  /** Polls that were not complete, values outside what the farm held between sending and receiving, lines missing. The first few in words. */
  readonly errors: number;
  readonly examples: readonly string[];
  readonly values: number;
  /** Fraction by which the longest of the waits between two polls of one device is over the interval, at the 99th percentile; 0 for fewer than two polls. */
  readonly p99LatenessMs: number;
  /** Of all polls, also those outside the stretch. */
  readonly bodiesBytes: number;
  readonly textBytes: number;
  readonly allPolls: number;
}

export interface JudgeOptions {
  readonly file: string;
  /** Wall clock ms. */
  readonly from: number;
  readonly to: number;
  readonly intervalMs: number;
  /** Wall-clock ms at which the farm's own time was 0, known to within so many ms. */
  readonly farmStart: number;
  readonly farmStartWithin: number;
  /** Polls of these devices count for lateness only; others (dead, slow) not at all. */
  readonly counts?: (device: number) => boolean;
}

const isDown = (i: number): boolean => i % 10 === 9;
const rin = (d: number, i: number): number => (isDown(i) ? 0 : (((31 * d + 17 * i) % 1000) + 1) * 12_500);
const rout = (d: number, i: number): number => (isDown(i) ? 0 : (((37 * d + 13 * i) % 1000) + 1) * 12_500);
const base = (d: number, i: number): number => 2 ** 34 * (i % 4) + 1e6 * d + 1000 * i;
const grows = (perSecond: (d: number, i: number) => number) => (d: number, i: number, t: number) =>
  base(d, i) + Math.floor((perSecond(d, i) * t) / 1000);

/** Formula of each field at `t` ms of the farm's time (snmpfarm.c). */
const FORMULAS: Readonly<Record<string, (d: number, i: number, t: number) => number>> = {
  ifHCInOctets: grows(rin),
  ifHCOutOctets: grows(rout),
  ifHCInUcastPkts: grows((d, i) => Math.floor(rin(d, i) / 500)),
  ifHCOutUcastPkts: grows((d, i) => Math.floor(rout(d, i) / 500)),
  ifHCInMulticastPkts: grows((_, i) => (isDown(i) ? 0 : i)),
  ifHCInBroadcastPkts: grows((_, i) => (isDown(i) ? 0 : (i % 7) + 1)),
  ifInErrors: (_, i, t) => (i % 8 === 0 && !isDown(i) ? Math.floor(t / 10_000) : 0),
  ifOutErrors: () => 0,
  ifInDiscards: () => 0,
  ifOutDiscards: (_, i, t) => (i % 16 === 0 && !isDown(i) ? Math.floor(t / 5000) : 0),
  ifOperStatus: (_, i) => (isDown(i) ? 2 : 1),
  ifAdminStatus: (_, i) => (i % 30 === 29 ? 2 : 1),
  ifHighSpeed: (_, i) => (i > IF_INDEXES.length - 4 ? 10_000 : 1000),
};
const FIELDS = Object.entries(FORMULAS);

interface Tally {
  polls: number;
  errors: number;
  values: number;
  textBytes: number;
  allPolls: number;
  readonly examples: string[];
  readonly times: Map<string, number[]>;
  /** Lines of the poll that is being read: a record has the device's line and those of its interfaces, in any order. */
  readonly open: Map<string, Poll>;
}

interface Poll {
  durationMs: number | undefined;
  readonly interfaces: string[];
}

export async function judge(options: JudgeOptions): Promise<Verdict> {
  const tally: Tally = {
    polls: 0,
    errors: 0,
    values: 0,
    textBytes: 0,
    allPolls: 0,
    examples: [],
    times: new Map(),
    open: new Map(),
  };
  let bodiesBytes = 0;
  for await (const body of bodies(options.file)) {
    bodiesBytes += body.length;
    const text = await unpack(body);
    tally.textBytes += text.length;
    for (const line of text.split('\n')) readLine(line, options, tally);
    settle(options, tally, false);
  }
  settle(options, tally, true);
  const late = [...tally.times.values()].flatMap((times) => {
    const sorted = times.sort((a, b) => a - b);
    return sorted.slice(1).map((time, k) => Math.abs(time - sorted[k]! - options.intervalMs));
  });
  late.sort((a, b) => a - b);
  return {
    polls: tally.polls,
    errors: tally.errors,
    examples: tally.examples,
    values: tally.values,
    p99LatenessMs: late[Math.floor(late.length * 0.99)] ?? 0,
    bodiesBytes,
    textBytes: tally.textBytes,
    allPolls: tally.allPolls,
  };
}

function readLine(line: string, options: JudgeOptions, tally: Tally): void {
  const isPoll = line.startsWith('snmp,');
  if (!isPoll && !line.startsWith('interface,')) return;
  if (isPoll) tally.allPolls++;
  const device = /,device=sw-(\d+)/.exec(line)?.[1];
  const time = Number(line.slice(line.lastIndexOf(' ') + 1));
  if (device === undefined || time < options.from || time >= options.to) return;
  if (options.counts && !options.counts(Number(device))) return;
  const key = `${device} ${time}`;
  const poll = tally.open.get(key) ?? { durationMs: undefined, interfaces: [] };
  tally.open.set(key, poll);
  if (!isPoll) return void poll.interfaces.push(line);
  tally.polls++;
  const times = tally.times.get(device) ?? [];
  times.push(time);
  tally.times.set(device, times);
  poll.durationMs = Number(/[ ,]poll_duration_ms=([\d.]+)/.exec(line)?.[1]);
  if (!line.includes('poll_outcome="ok"')) fault(tally, `incomplete: ${line}`);
}

/** Judges the polls all of whose lines are there; at the end, what is left is not whole. */
function settle(options: JudgeOptions, tally: Tally, end: boolean): void {
  for (const [key, poll] of tally.open) {
    const whole = poll.durationMs !== undefined && poll.interfaces.length === IF_INDEXES.length;
    if (whole) {
      const [device, time] = key.split(' ').map(Number) as [number, number];
      for (const line of poll.interfaces) checkLine(line, device, time, poll.durationMs!, options, tally);
    } else if (end) fault(tally, `${key}: ${poll.interfaces.length} interfaces`);
    if (whole || end) tally.open.delete(key);
  }
}

function checkLine(
  line: string,
  device: number,
  time: number,
  durationMs: number,
  { farmStart, farmStartWithin }: JudgeOptions,
  tally: Tally,
): void {
  const port = Number(/,ifIndex=(\d+)/.exec(line)?.[1]);
  const fields = ` ${line.slice(line.search(/(?<!\\) /) + 1)}`.replace(' ', ',');
  // The farm's clock and the poll's time stand in whole milliseconds.
  const from = Math.max(0, Math.floor(time - farmStart - farmStartWithin) - 1);
  const to = Math.ceil(time + durationMs - farmStart + farmStartWithin) + 1;
  for (const [field, formula] of FIELDS) {
    const at = fields.indexOf(`,${field}=`);
    const value = at < 0 ? Number.NaN : Number.parseInt(fields.slice(at + field.length + 2), 10);
    tally.values++;
    if (!(value >= formula(device, port, from) && value <= formula(device, port, to)))
      fault(tally, `${field} of port ${port}, ${formula(device, port, from)} to ${formula(device, port, to)}: ${line}`);
  }
}

function fault(tally: Tally, text: string): void {
  tally.errors++;
  if (tally.examples.length < 5) tally.examples.push(text);
}

async function* bodies(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 4 * 1024 ** 2 }) as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const size = rest.readUInt32BE(0);
      yield rest.subarray(4, 4 + size);
      rest = rest.subarray(4 + size);
    }
  }
}

/** Frames in a row: Node's decoder ends with the first of them. */
async function unpack(body: Buffer): Promise<string> {
  let text = '';
  for (let rest = body; rest.length > 0; ) {
    const decoder = createZstdDecompress();
    decoder.end(rest);
    for await (const chunk of decoder as AsyncIterable<Buffer>) text += chunk.toString('latin1');
    rest = rest.subarray(decoder.bytesWritten);
  }
  return text;
}
