import type { Clock } from '../../core/clock.ts';
import type { Output } from '../../runtime/command-line.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { PingDriver } from '../drivers/ping.ts';
import type { Resolve } from '../drivers/resolve.ts';
import type { OpenSnmpSession } from '../drivers/snmp-session.ts';
import { probeWithin } from '../probe/probe.ts';
import type { ProfileLibrary } from '../profile/library.ts';
import type { KnownTarget } from './compare.ts';
import { proposalDocument } from './document.ts';
import { createIdentify } from './identify.ts';
import { type NamedCredentials, withAddresses } from './known.ts';
import { narrowToIdentity } from './narrow.ts';
import type { DiscoverPlan } from './options.ts';
import { sweepOrder } from './order.ts';
import { Pace } from './pace.ts';
import { pacedSessions } from './paced-session.ts';
import { type Proposal, propose } from './proposal.ts';
import { closingLines, progressLine, summaryTable } from './report.ts';
import { Sweep, type SweepOptions } from './sweep.ts';
import { targetsYaml, topologyYaml } from './yaml.ts';

/** The world as one sweep sees it. */
export interface DiscoverParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where how it goes is told. */
  readonly err: Output['err'];
  /** Replaces the last line of the terminal that stderr is; undefined where it is none. */
  readonly redraw: ((line: string) => void) | undefined;
  readonly random: () => number;
  readonly ping: PingDriver;
  readonly resolve: Resolve;
  readonly open: OpenSnmpSession;
  readonly library: ProfileLibrary;
}

export interface DiscoverResult {
  /** The document asked for: YAML or JSON. */
  readonly text: string;
  /** False: nothing was found, or it was ended early. */
  readonly ok: boolean;
}

const REDRAW_MS = 250;
const PLAIN_LINE_MS = 5000;
/** One pass over one device takes no longer than this. */
const DEVICE_MS = 120_000;

/** Sweeps, telling how it goes. Ends at once when the signal aborts, with what was found until then. */
export async function runDiscover(
  plan: DiscoverPlan,
  parts: DiscoverParts,
  interrupt: AbortSignal,
): Promise<DiscoverResult> {
  const { clock, resolve } = parts;
  const late = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any([interrupt, late.signal]);
  void clock.sleep(plan.maxTimeMs, done.signal).then(() => {
    if (!done.signal.aborted) late.abort();
  });
  try {
    const known = await withAddresses(plan.targets, resolve, signal);
    const sweep = new Sweep(sweepOptions(plan, parts, known));
    const ticking = plan.quiet ? Promise.resolve() : showProgress(sweep, parts, done.signal);
    const result = await sweep.run(signal);
    const { addresses, pingMode, root } = plan;
    const proposal = propose(result, { addresses: addresses.length, known, pinged: pingMode !== 'off', root });
    done.abort();
    await ticking;
    if (!plan.quiet) tell(proposal, plan, parts);
    if (proposal.missingRoot !== undefined) parts.err(`--root: no device "${proposal.missingRoot}" was found`);
    if (late.signal.aborted) parts.err('The time was up (--max-time): this is not all.');
    else if (!proposal.complete) parts.err('Ended early: this is not all.');
    return { text: documentOf(proposal, plan, clock), ok: proposal.devices.length > 0 && proposal.complete };
  } finally {
    done.abort();
  }
}

function sweepOptions(plan: DiscoverPlan, parts: DiscoverParts, known: readonly KnownTarget[]): SweepOptions {
  const { clock, resolve, library } = parts;
  const pace = new Pace(plan.rate, clock);
  const reach = { clock, resolve, open: pacedSessions(parts.open, pace) };
  const probing = { ...reach, library, narrow: narrowToIdentity };
  const sets = known.flatMap(({ address, credentials }): [string, NamedCredentials][] =>
    address === undefined || credentials === undefined ? [] : [[address, credentials]],
  );
  return {
    addresses: sweepOrder(plan.addresses, parts.random),
    credentials: plan.credentials,
    known: new Map(sets),
    pingMode: plan.pingMode,
    concurrency: plan.concurrency,
    pace,
    ping: parts.ping,
    identify: createIdentify(reach),
    probe: (host, credentials, signal) =>
      probeWithin(probing, { target: host, host, credentials }, { budgetMs: DEVICE_MS, signal }),
    log: parts.log,
  };
}

async function showProgress(sweep: Sweep, { clock, redraw, err }: DiscoverParts, signal: AbortSignal): Promise<void> {
  const start = clock.monotonic();
  const line = (): string => progressLine(sweep.progress, clock.monotonic() - start);
  for (;;) {
    await clock.sleep(redraw ? REDRAW_MS : PLAIN_LINE_MS, signal);
    if (signal.aborted) break;
    (redraw ?? err)(line());
  }
  if (redraw) redraw('');
  else err(line());
}

function tell(proposal: Proposal, plan: DiscoverPlan, { err }: DiscoverParts): void {
  if (proposal.devices.length > 0) err(summaryTable(proposal));
  const tried = plan.credentials.map(({ name }) => name).join(', ');
  for (const line of closingLines(proposal, { merge: plan.merge, tried })) err(line);
}

function documentOf(proposal: Proposal, plan: DiscoverPlan, clock: Clock): string {
  const { ranges, merge, credentials } = plan;
  if (plan.print === 'json') return JSON.stringify(proposalDocument(proposal, ranges, merge));
  const date = new Date(clock.now()).toISOString().slice(0, 10);
  const options = { swept: ranges.join(' '), date, merge, credentials };
  return plan.print === 'topology' ? topologyYaml(proposal, options) : targetsYaml(proposal, options);
}
