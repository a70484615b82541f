/**
 * CPU of this process for one poll of a 48+4-port switch (781 values in 30 GetBulk), in version 2c and in version 3 authPriv, through the same driver.
 * The switch is `sim/main.ts device` in a process of its own, which is not counted. Rounds of the versions take turns, so that both meet the same machine.
 * Prints JSON: `npx --no-install node test/bench/usm.bench.ts [polls=600] [auth=sha256] [priv=aes] [sessions=20]`.
 */
import type { SnmpCredentials } from '../../agent/config.ts';
import { createFastDriver } from '../../agent/drivers/fast/session.ts';
import type { SnmpSession } from '../../agent/drivers/snmp-session.ts';
import { systemClock } from '../../runtime/clock.ts';
import { TestProcess, until } from '../support/process.ts';

const [polls = 600, sessions = 20] = [process.argv[2], process.argv[5]].map((v) =>
  v === undefined ? undefined : Number(v),
);
const auth = process.argv[3] ?? 'sha256';
const priv = process.argv[4] ?? 'aes';
const ROUNDS = 6;
const PORTS = 52;
const UPTIME = '1.3.6.1.2.1.1.3';
const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const COLUMNS = [8, 7, 14, 20, 13, 19]
  .map((c) => `${IF}.${c}`)
  .concat([15, 6, 10, 7, 11, 8, 9, 1, 18].map((c) => `${IFX}.${c}`));
const HALF = PORTS / 2;

const user = { name: 'bench', authPhrase: 'auth-phrase-of-bench', privPhrase: 'priv-phrase-of-bench' };
const device = new TestProcess(process.execPath, [
  ...['sim/main.ts', 'device', '--ports', String(PORTS), '--community', 'bench', '--user', user.name],
  ...[
    '--auth-protocol',
    auth,
    '--auth-phrase',
    user.authPhrase,
    '--priv-protocol',
    priv,
    '--priv-phrase',
    user.privPhrase,
  ],
]);

/** Values of one poll; each request stands for itself, as when the layout is known. */
async function poll(session: SnmpSession, signal: AbortSignal): Promise<number> {
  let values = 1;
  for (const column of COLUMNS)
    for (const from of [column, `${column}.${HALF}`]) {
      const request = { nonRepeaters: [UPTIME], repeaters: [from], maxRepetitions: HALF };
      const { columns } = await session.getBulk(request, signal);
      values += columns[0]!.length;
    }
  return values;
}

/** CPU, us for each poll. */
async function measure(all: readonly SnmpSession[], each: number): Promise<number> {
  const signal = new AbortController().signal;
  const from = process.cpuUsage();
  const counts = await Promise.all(
    all.map(async (session) => {
      let values = 0;
      for (let i = 0; i < each; i++) values += await poll(session, signal);
      return values;
    }),
  );
  const spent = process.cpuUsage(from);
  const expected = each * (COLUMNS.length * PORTS + 1);
  if (counts.some((values) => values !== expected)) throw new Error(`expected ${expected} values, got ${counts}`);
  return (spent.user + spent.system) / (each * all.length);
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const rounded = (value: number): number => Math.round(value * 10) / 10;

try {
  const { port } = await until('the device to listen', 10_000, () =>
    device.stdout.includes('\n') ? (JSON.parse(device.stdout) as { port: number }) : undefined,
  );
  const common = { port, timeout: 5_000, retries: 0, max_repetitions: HALF };
  const keys = { auth_protocol: auth, auth_key: user.authPhrase, priv_protocol: priv, priv_key: user.privPhrase };
  const driver = createFastDriver(systemClock);
  const address = { address: '127.0.0.1', canonical: '127.0.0.1', family: 4 } as const;
  const open = (credentials: unknown): SnmpSession[] =>
    Array.from({ length: sessions }, () =>
      driver({ address, credentials: credentials as SnmpCredentials, clock: systemClock, onFault: () => {} }),
    );
  const v2c = open({ version: '2c', community: 'bench', ...common });
  const v3 = open({ version: '3', user: user.name, context: '', ...keys, ...common });
  const each = Math.max(1, Math.round(polls / sessions / ROUNDS));
  await measure(v2c, each);
  await measure(v3, each);
  const spent: { readonly v2c: number[]; readonly v3: number[] } = { v2c: [], v3: [] };
  for (let round = 0; round < ROUNDS; round++) {
    spent.v2c.push(await measure(v2c, each));
    spent.v3.push(await measure(v3, each));
  }
  const [two, three] = [median(spent.v2c), median(spent.v3)];
  const requests = 2 * COLUMNS.length;
  process.stdout.write(
    `${JSON.stringify({
      auth,
      priv,
      sessions,
      polls: each * sessions * ROUNDS,
      values: COLUMNS.length * PORTS + 1,
      requests,
      usPerPoll: { v2c: rounded(two), v3: rounded(three) },
      ratio: Math.round((three / two) * 100) / 100,
      extraUsPerRequest: rounded((three - two) / requests),
      /** At most twice version 2c and 15 us for each message, of which a request and its answer are two. */
      limitUs: rounded(2 * two + 15 * 2 * requests),
      withinLimitByRequests: three <= 2 * two + 15 * requests,
    })}\n`,
  );
  for (const session of [...v2c, ...v3]) session.close();
} finally {
  await device.end();
}
