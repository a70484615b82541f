#!/usr/bin/env node
/**
 * Stands in for fping where the simulated school is watched: 127.x addresses always answer real pings, so a device there could never die.
 * Asks the school (BELLWETHER_SIM_CONTROL, see control.ts) and prints what fping 5.1 prints for `fping -C N -q`: results on stderr,
 * exit 0 when every target answered, 1 when one did not or the arguments are wrong, 4 when the school cannot be reached.
 */
import { text } from 'node:stream/consumers';
import { errorMessage } from '../core/errors.ts';
import { systemClock } from '../runtime/clock.ts';
import { type FpingCall, formatResults, parseFpingArgs, parseTargetList } from './fping-format.ts';

const CONTROL_TIMEOUT_MS = 5_000;

async function askSchool(control: string, targets: readonly string[]): Promise<Record<string, number | null>> {
  const response = await fetch(`${control}/ping`, {
    method: 'POST',
    body: JSON.stringify(targets),
    signal: AbortSignal.timeout(CONTROL_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`the school's control answered ${response.status}`);
  return (await response.json()) as Record<string, number | null>;
}

async function ping(call: FpingCall, targets: readonly string[], control: string): Promise<number> {
  const results = targets.map((target) => ({ target, rtts: [] as (number | null)[] }));
  for (let round = 0; round < call.count; round++) {
    if (round > 0) await systemClock.sleep(call.periodMs);
    const answers = await askSchool(control, targets);
    for (const { target, rtts } of results) {
      const rtt = answers[target] ?? null;
      rtts.push(rtt !== null && rtt <= call.timeoutMs ? rtt : null);
    }
  }
  // fping waits for the last packet's answer or timeout.
  const last = results.map((r) => r.rtts.at(-1) ?? call.timeoutMs);
  await systemClock.sleep(Math.max(0, ...last));
  process.stderr.write(formatResults(results));
  return results.every((r) => r.rtts.some((rtt) => rtt !== null)) ? 0 : 1;
}

async function main(): Promise<number> {
  const call = parseFpingArgs(process.argv.slice(2));
  if (call?.version) {
    process.stdout.write('fping: Version 5.1\n');
    return 0;
  }
  const targets = call && call.targets.length === 0 ? parseTargetList(await text(process.stdin)) : call?.targets;
  if (!call || !targets || targets.length === 0) {
    process.stderr.write('Usage: fping -C COUNT -q [-p MS] [-t MS] [targets...]\n');
    return 1;
  }
  const control = process.env['BELLWETHER_SIM_CONTROL'];
  if (!control) {
    process.stderr.write('fping: BELLWETHER_SIM_CONTROL is not set\n');
    return 4;
  }
  try {
    return await ping(call, targets, control);
  } catch (error) {
    process.stderr.write(`fping: ${errorMessage(error)}\n`);
    return 4;
  }
}

process.exitCode = await main();
