import type { Clock } from '../../core/clock.ts';
import type { Output } from '../../runtime/command-line.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { PingDriver } from '../drivers/ping.ts';
import type { Resolve } from '../drivers/resolve.ts';
import type { OpenSnmpSession } from '../drivers/snmp.ts';
import { proposalDocument } from './document.ts';
import { createIdentify } from './identify.ts';
import { withAddresses } from './known.ts';
import type { DiscoverPlan } from './options.ts';
import { sweepOrder } from './order.ts';
import { Pace } from './pace.ts';
import { pacedSessions } from './paced-session.ts';
import type { ProbeOne } from './probe-one.ts';
import { type Proposal, propose } from './proposal.ts';
import { progressLine, summaryTable } from './report.ts';
import { Sweep } from './sweep.ts';
import { targetsYaml, topologyYaml } from './yaml.ts';

/** The world as one sweep sees it. */
export interface DiscoverParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly output: Output;
  /** Writes a piece of a line to the terminal that stderr is; undefined where it is none. */
  readonly terminal: ((text: string) => void) | undefined;
  readonly random: () => number;
  readonly ping: PingDriver;
  readonly resolve: Resolve;
  readonly open: OpenSnmpSession;
  readonly createProbe: (parts: { clock: Clock; resolve: Resolve; open: OpenSnmpSession }) => ProbeOne;
}

const REDRAW_MS = 250;
const PLAIN_LINE_MS = 5000;

/**
 * Sweeps, and prints what was found: the result to stdout, how it goes and a summary to stderr. Ends at once when the signal aborts, with what was
 * found until then. Returns the exit code: 1 when nothing was found or it was ended early.
 */
export async function runDiscover(plan: DiscoverPlan, parts: DiscoverParts, interrupt: AbortSignal): Promise<number> {
  const { clock, output, resolve } = parts;
  const late = new AbortController();
  const signal = AbortSignal.any([interrupt, late.signal]);
  const open = pacedSessions(parts.open, new Pace(plan.snmpRate, clock));
  const reach = { clock, resolve, open };
  const sweep = new Sweep({
    addresses: sweepOrder(plan.addresses, parts.random),
    credentials: plan.credentials,
    pingMode: plan.pingMode,
    concurrency: plan.concurrency,
    pingPace: new Pace(plan.pingRate, clock),
    ping: parts.ping,
    identify: createIdentify(reach),
    probe: parts.createProbe(reach),
    clock,
    log: parts.log,
  });
  const done = new AbortController();
  const ticking = plan.quiet ? Promise.resolve() : showProgress(sweep, parts, done.signal);
  void clock.sleep(plan.maxTimeMs, done.signal).then(() => {
    if (!done.signal.aborted) late.abort();
  });
  try {
    const known = await withAddresses(plan.targets, resolve, signal);
    const result = await sweep.run(signal);
    const { addresses, pingMode, root } = plan;
    const proposal = propose(result, { addresses: addresses.length, known, pinged: pingMode !== 'off', root });
    done.abort();
    await ticking;
    print(proposal, plan, parts);
    if (late.signal.aborted) output.err('The time was up (--max-time): this is not all.');
    else if (!proposal.complete) output.err('Ended early: this is not all.');
    return proposal.devices.length > 0 && proposal.complete ? 0 : 1;
  } finally {
    done.abort();
  }
}

async function showProgress(sweep: Sweep, { clock, terminal, output }: DiscoverParts, signal: AbortSignal) {
  const start = clock.monotonic();
  const line = (): string => progressLine(sweep.progress, clock.monotonic() - start);
  for (;;) {
    await clock.sleep(terminal ? REDRAW_MS : PLAIN_LINE_MS, signal);
    if (signal.aborted) break;
    if (terminal) terminal(`\r${line()}\u001b[K`);
    else output.err(line());
  }
  if (terminal) terminal('\r\u001b[K');
  else output.err(line());
}

function print(proposal: Proposal, plan: DiscoverPlan, { clock, output }: DiscoverParts): void {
  const { ranges, merge } = plan;
  const options = { swept: ranges.join(' '), date: new Date(clock.now()).toISOString().slice(0, 10), merge };
  if (plan.print === 'json') output.out(JSON.stringify(proposalDocument(proposal, ranges, merge)));
  else output.out(plan.print === 'topology' ? topologyYaml(proposal, options) : targetsYaml(proposal, options));
  if (plan.quiet) return;
  if (proposal.devices.length > 0) output.err(summaryTable(proposal));
  output.err(closingLine(proposal, plan));
}

function closingLine({ devices, quiet, unknown, comparison }: Proposal, { merge, credentials }: DiscoverPlan): string {
  const { fresh, moved, gone, unchanged, unseen } = comparison;
  const counts = `${devices.length} devices, ${quiet.length} addresses without usable SNMP, ${unknown.length} neighbours not reachable`;
  const changes = `${fresh.length} new, ${moved.length} with a changed address, ${gone.length} gone, ${unchanged} unchanged, ${unseen} not asked`;
  const tried = `credentials tried: ${credentials.map(({ name }) => name).join(', ')}`;
  return merge ? `${counts}\n${changes}` : devices.length > 0 ? counts : `${counts}; ${tried}`;
}
