import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../../core/clock.ts';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import type { PingBatch, PingDriver, PingTimes } from './ping.ts';

/** What became of a process that did not end by itself: `died` by a signal that is not ours, `hung` until we killed it. */
export type FpingFault = 'died' | 'hung';

/**
 * One fping process asks all hosts of a batch, started anew for each cycle. One that runs for ever (`fping -l`, a line for each answer) costs as much
 * itself and as much again to read, so twice (docs/operations.md, What pinging costs); it learns no new address, and what is down is known a cycle later. A process
 * per cycle cannot go out of step: one that dies or hangs costs one cycle. It is called as
 *
 *     fping -q -C COUNT -p PERIOD -t TIMEOUT -i GAP -r 0 ADDRESS...
 *
 *   -q -C COUNT   COUNT requests to each; no line per packet, at the end one line per address
 *   -p PERIOD     ms between two requests to one address (10 or more)
 *   -t TIMEOUT    ms an answer may take
 *   -i GAP        ms between any two packets (1 to 10), so that a round over all hosts takes most of a period instead of being a burst
 *   -r 0          no repeats
 *   ADDRESS       literal IPv4 and IPv6 addresses, at most 2,500; stdin is empty (`-f` is for root alone in some builds)
 *
 * The answers are read from **stderr** (stdout is not used), one line per address in any order, times in ms and `-` for a lost packet:
 *
 *     192.0.2.1    : 0.39 - 0.52
 *
 * Other lines are ignored. Exit status 0 (all answer) or 1 (some do not) is success; so is 2 (an address was not accepted: it has no line).
 * SIGKILL ends it when the poll is aborted or when it runs longer than the batch can take.
 * Any executable that does the same can be named in `icmp.fping`.
 */
export class Fping implements PingDriver {
  readonly name = 'fping';
  readonly #path: string;
  readonly #clock: Clock;
  readonly #onFault: (fault: FpingFault) => void;

  constructor(path: string, clock: Clock, onFault: (fault: FpingFault) => void = () => {}) {
    this.#path = path;
    this.#clock = clock;
    this.#onFault = onFault;
  }

  async ping(batch: PingBatch, signal: AbortSignal): Promise<ReadonlyMap<string, PingTimes>> {
    // No more hosts in one process than it can send to within one period.
    const size = Math.max(1, Math.min(MAX_HOSTS, Math.floor((batch.periodMs * ROUND_SHARE) / MIN_GAP_MS)));
    const chunks = [];
    for (let i = 0; i < batch.addresses.length; i += size) chunks.push(batch.addresses.slice(i, i + size));
    const found = await Promise.all(chunks.map((addresses) => this.#run({ ...batch, addresses }, signal)));
    return new Map(found.flatMap((map) => [...map]));
  }

  async #run(batch: PingBatch, signal: AbortSignal): Promise<ReadonlyMap<string, PingTimes>> {
    if (signal.aborted) return new Map();
    const child = spawn(this.#path, fpingArguments(batch), { stdio: ['ignore', 'ignore', 'pipe'], shell: false });
    const done = new AbortController();
    let hung = false;
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    signal.addEventListener('abort', kill, { once: true });
    void this.#clock.sleep(longestRun(batch), done.signal).then(() => {
      if (done.signal.aborted) return;
      hung = true;
      kill();
    });
    try {
      const { status, text } = await finished(child);
      const found = parseFping(text);
      if (status === null && !signal.aborted) this.#onFault(hung ? 'hung' : 'died');
      // 3: bad arguments, 4: no right to send. Killed has no status and what it wrote before counts.
      if (found.size === 0 && status !== null && status > 2)
        throw new BellwetherError('BW_PING_UNAVAILABLE', `${this.#path}: ${text.trim() || `exit status ${status}`}`);
      return found;
    } finally {
      done.abort();
      signal.removeEventListener('abort', kill);
    }
  }
}

/** Their addresses stay under 128 KiB, which every system takes as arguments. */
const MAX_HOSTS = 2_500;
/** fping takes no less from others than root. */
const MIN_GAP_MS = 1;
/** fping's own default. */
const MAX_GAP_MS = 10;
/** Of a period, for one packet to each host; the rest is for what its timers are late (about 9 % at a gap of 1 ms). */
const ROUND_SHARE = 0.8;
/** Most that is kept of what it writes; a line takes about 8 octets a packet. */
const MAX_OUTPUT = 4 * 1024 * 1024;

/** The arguments for a batch, as documented above. */
export function fpingArguments(batch: PingBatch): string[] {
  const { count, periodMs, timeoutMs, addresses } = batch;
  const period = Math.max(10, Math.round(periodMs));
  const even = Math.floor((period * ROUND_SHARE) / addresses.length);
  const gap = Math.max(MIN_GAP_MS, Math.min(MAX_GAP_MS, even));
  return ['-q', '-C', `${count}`, '-p', `${period}`, '-t', `${timeoutMs}`, '-i', `${gap}`, '-r', '0', ...addresses];
}

/** Reads fping's closing lines; anything else is skipped. */
export function parseFping(text: string): Map<string, PingTimes> {
  const found = new Map<string, PingTimes>();
  for (const line of text.split('\n')) {
    const match = /^(\S+)\s+:((?: (?:-|\d+(?:\.\d+)?))+)\s*$/.exec(line);
    if (!match) continue;
    const times = match[2]!.trim().split(' ');
    found.set(
      match[1]!,
      times.map((t) => (t === '-' ? undefined : Number(t))),
    );
  }
  return found;
}

/** A round takes less than a period (ROUND_SHARE); half as much again for a busy machine, and two seconds for its start. */
function longestRun({ count, periodMs, timeoutMs }: PingBatch): number {
  return count * Math.max(10, periodMs) * 1.5 + timeoutMs + 2_000;
}

function finished(child: ChildProcess): Promise<{ status: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < MAX_OUTPUT) text += chunk;
    });
    child.once('error', (error) =>
      reject(new BellwetherError('BW_PING_UNAVAILABLE', errorMessage(error), { cause: error })),
    );
    child.once('close', (status) => resolve({ status, text }));
  });
}
