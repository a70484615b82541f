/**
 * Mutated SNMPv3 replies of every level through the decoder and the user-based security model; it throws at the first that does what it must not.
 * Prints JSON: `npx --no-install node --expose-gc test/bench/usm-fuzz.ts [messages] [seed]`.
 */
import { fuzzReplies } from '../agent/drivers/usm/fuzz.ts';

const messages = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? 1);
const heapMb = (): number => {
  global.gc?.();
  return Math.round((process.memoryUsage().heapUsed / 1024 ** 2) * 10) / 10;
};

fuzzReplies(20_000, seed);
const before = heapMb();
const from = process.cpuUsage();
const result = fuzzReplies(messages, seed);
const { user, system } = process.cpuUsage(from);
process.stdout.write(
  `${JSON.stringify({
    ...result,
    seed,
    slowestMs: Math.round(result.slowestMs * 100) / 100,
    cpuSeconds: Math.round((user + system) / 1e4) / 100,
    heapMb: { before, after: heapMb() },
  })}\n`,
);
