import { parseArgs } from 'node:util';

/** The invocation that the stand-in understands: `fping -C COUNT -q [-p MS] [-t MS] [-i MS] [TARGET...]`, targets from stdin without any. */
export interface FpingCall {
  readonly count: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly targets: readonly string[];
  readonly version: boolean;
}

/** Reads the arguments as getopt does (`-qC5` too); undefined when they are not of this form. */
export function parseFpingArgs(args: readonly string[]): FpingCall | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        vcount: { ...text, short: 'C' },
        quiet: { ...flag, short: 'q' },
        version: { ...flag, short: 'v' },
        ipv4: { ...flag, short: '4' },
        period: { ...text, short: 'p', default: '1000' },
        timeout: { ...text, short: 't' },
        // Accepted and without effect here: they shape packets and retries.
        interval: { ...text, short: 'i' },
        size: { ...text, short: 'b' },
        retry: { ...text, short: 'r' },
        backoff: { ...text, short: 'B' },
        tos: { ...text, short: 'O' },
        file: { ...text, short: 'f' },
      },
    });
    const count = Number(values.vcount);
    const periodMs = Number(values.period);
    // With -C, -t follows -p up to 2 s (fping 5.1 manual).
    const timeoutMs = Number(values.timeout ?? Math.min(periodMs, 2000));
    const usable = Number.isInteger(count) && count > 0 && periodMs >= 1 && timeoutMs >= 1 && values.quiet;
    if (!values.version && !usable) return undefined;
    if (values.file !== undefined && values.file !== '-') return undefined;
    return { count, periodMs, timeoutMs, targets: positionals, version: values.version };
  } catch {
    return undefined;
  }
}

/** Targets as fping reads them from a file: the first word of each line, `#` begins a comment. */
export function parseTargetList(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const word = line.trim().split(/\s/)[0]!;
    return word === '' || word.startsWith('#') ? [] : [word];
  });
}

/** A round trip as fping 5.1 prints it: three significant places and the milliseconds' range decide the decimals. */
export function formatRtt(ms: number): string {
  if (ms < 1) return ms.toFixed(3);
  if (ms < 10) return ms.toFixed(2);
  if (ms < 100) return ms.toFixed(1);
  return ms.toFixed(0);
}

/** What `-C N -q` prints at the end: one line per target, `-` for what was lost. */
export function formatResults(results: readonly { target: string; rtts: readonly (number | null)[] }[]): string {
  const width = Math.max(0, ...results.map((r) => r.target.length));
  return results
    .map(
      ({ target, rtts }) =>
        `${target.padEnd(width)} :${rtts.map((r) => ` ${r === null ? '-' : formatRtt(r)}`).join('')}\n`,
    )
    .join('');
}
