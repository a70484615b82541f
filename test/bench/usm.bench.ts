/**
 * CPU of this process for one poll of a 48+4-port switch (52 rows of 15 columns and sysUpTime: 781 values), in version 2c and in version 3 authPriv:
 * the agent's device polls, from the requests to the lines of text, without timers, spool and push. The switch is `sim/main.ts device` in a process of
 * its own, which is not counted. Rounds of the versions take turns, so that both meet the same machine.
 * Prints JSON: `npx --no-install node test/bench/usm.bench.ts [polls=1200] [auth=sha256] [priv=aes] [devices=8]`.
 */
import type { SnmpCredentials } from '../../agent/config.ts';
import { createFastDriver } from '../../agent/drivers/fast/session.ts';
import { TextBuffer } from '../../agent/normalise/ports/text-buffer.ts';
import { LayoutCache } from '../../agent/poll/layout-cache.ts';
import { planPoll } from '../../agent/poll/plan.ts';
import { SnmpDevice, type SnmpPoll } from '../../agent/poll/snmp-device.ts';
import { EVERY_POLL_PROFILE } from '../../agent/profile/bundle.ts';
import { loadProfiles } from '../../agent/profile/load.ts';
import { systemClock } from '../../runtime/clock.ts';
import { TestProcess, until } from '../support/process.ts';

const polls = Number(process.argv[2] ?? 1200);
const auth = process.argv[3] ?? 'sha256';
const priv = process.argv[4] ?? 'aes';
const devices = Number(process.argv[5] ?? 8);
const ROUNDS = 6;
const WARM_UP = 5;
const PORTS = 52;
const COLUMNS = 15;

const user = { name: 'bench', authPhrase: 'auth-phrase-of-bench', privPhrase: 'priv-phrase-of-bench' };
const responder = new TestProcess(process.execPath, [
  ...['sim/main.ts', 'device', '--ports', String(PORTS), '--community', 'bench', '--user', user.name],
  ...['--auth-protocol', auth, '--auth-phrase', user.authPhrase],
  ...['--priv-protocol', priv, '--priv-phrase', user.privPhrase],
]);
const signal = new AbortController().signal;
const out = new TextBuffer();
const layouts = new LayoutCache();
const open = createFastDriver(systemClock);
const address = { address: '127.0.0.1', canonical: '127.0.0.1', family: 4 } as const;
const profile = loadProfiles().profiles.get(EVERY_POLL_PROFILE)!;

function deviceOf(name: string, credentials: SnmpCredentials): SnmpDevice {
  const target = { name, host: '127.0.0.1', role: 'switch', intervalMs: 60_000, ping: undefined, tags: {} } as const;
  return new SnmpDevice({
    target: { ...target, snmp: credentials },
    credentials,
    profile,
    plan: planPoll(profile),
    clock: systemClock,
    resolve: async () => address,
    open,
    onFault: (fault) => {
      // A burst that ends early, while the layout is learnt, leaves answers behind.
      if (fault !== 'late') throw new Error(fault);
    },
    // All 15 columns at every poll.
    ports: { layouts, slowEvery: 1 },
  });
}

interface Spent {
  readonly usPerPoll: number;
  /** Sent for each poll. */
  readonly requests: number;
}

async function measure(all: readonly SnmpDevice[], each: number, isWarm = true): Promise<Spent> {
  let requests = 0;
  const from = process.cpuUsage();
  await Promise.all(
    all.map(async (device) => {
      for (let i = 0; i < each; i++) {
        const poll = await device.poll(signal);
        requests += sentFor(poll, isWarm);
      }
    }),
  );
  const { user: own, system } = process.cpuUsage(from);
  return { usPerPoll: (own + system) / (each * all.length), requests: requests / (each * all.length) };
}

function sentFor(poll: SnmpPoll, isWarm: boolean): number {
  if (poll.outcome !== 'ok') throw new Error(`${poll.outcome}: ${poll.detail}`);
  if (isWarm && !poll.write) throw new Error('the interfaces were not read by blocks');
  out.clear();
  const lines = poll.write?.(out).lines;
  if (isWarm && lines !== PORTS + 1) throw new Error(`expected ${PORTS + 1} lines, got ${lines}`);
  return poll.stats.sent;
}

const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const rounded = (value: number): number => Math.round(value * 10) / 10;

function report(two: readonly Spent[], three: readonly Spent[], each: number): object {
  const us = { v2c: middle(two.map((s) => s.usPerPoll)), v3: middle(three.map((s) => s.usPerPoll)) };
  const requests = { v2c: rounded(two.at(-1)!.requests), v3: rounded(three.at(-1)!.requests) };
  // A request and its answer are two messages.
  const limit = 2 * us.v2c + 15 * 2 * requests.v3;
  return {
    auth,
    priv,
    devices,
    polls: each * devices * ROUNDS,
    values: PORTS * COLUMNS + 1,
    requests,
    usPerPoll: { v2c: rounded(us.v2c), v3: rounded(us.v3) },
    extraUsPerMessage: rounded((us.v3 - us.v2c) / (2 * requests.v3)),
    limitUs: rounded(limit),
    isWithinLimit: us.v3 <= limit,
  };
}

try {
  const { port } = await until('the device to listen', 10_000, () =>
    responder.stdout.includes('\n') ? (JSON.parse(responder.stdout) as { port: number }) : undefined,
  );
  const common = { port, timeout: 5_000, retries: 0, max_repetitions: 50 };
  const keys = { auth_protocol: auth, auth_key: user.authPhrase, priv_protocol: priv, priv_key: user.privPhrase };
  const v2cCredentials = { version: '2c', community: 'bench', ...common } as SnmpCredentials;
  const v3Credentials = { version: '3', user: user.name, context: '', ...keys, ...common } as SnmpCredentials;
  const many = (name: string, credentials: SnmpCredentials): SnmpDevice[] =>
    Array.from({ length: devices }, (_, i) => deviceOf(`${name}-${i}`, credentials));
  const v2c = many('v2c', v2cCredentials);
  const v3 = many('v3', v3Credentials);
  const each = Math.max(1, Math.round(polls / devices / ROUNDS));
  for (const all of [v2c, v3]) {
    await measure(all, WARM_UP, false);
    await measure(all, each);
  }
  const [two, three]: [Spent[], Spent[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    two.push(await measure(v2c, each));
    three.push(await measure(v3, each));
  }
  process.stdout.write(`${JSON.stringify(report(two, three, each))}\n`);
} finally {
  await responder.end();
}
process.exit();
