import { setTimeout as delay } from 'node:timers/promises';
import { type Farm, startFarm } from './farm.ts';
import { Installation, type Role } from './installation.ts';
import { judge, type SoakReport } from './soak-judge.ts';

/** Something done to the processes while they work, at a fraction of the run. */
export interface Blow {
  readonly at: number;
  readonly who: Role;
  /** How long it stays away, ms. */
  readonly downMs: number;
}

export interface SoakOptions {
  readonly dir: string;
  readonly devices: number;
  readonly intervalMs: number;
  readonly durationMs: number;
  readonly blows: readonly Blow[];
  /** When memory starts to count, ms after the start. */
  readonly warmUpMs: number;
  readonly say: (text: string) => void;
}

/** A stretch of time in which polls of the agent may be missing. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface RssReading {
  readonly at: number;
  readonly agent: number | undefined;
  readonly collector: number | undefined;
}

/** Runs the real agent and collector against the simulated switches, kills as told, then judges what was stored. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { dir, devices, say } = options;
  const site = new Installation({ dir, school: 'soak-school' });
  const farm = await startFarm(dir, devices);
  try {
    await site.start();
    site.writeAgent(targetsYaml(farm, options));
    await site.launch('agent');
    say(`${devices} devices every ${options.intervalMs / 1000} s for ${options.durationMs / 1000} s, in ${dir}`);
    const played = await play(site, options);
    await site.stop();
    const logs = site.past.map(({ role, process }) => ({ who: role, lines: process.lines }));
    return await judge({ dir, school: site.school, farm, options, logs, ...played });
  } finally {
    await site.abandon({ keep: true });
    await farm.stop();
  }
}

type Played = {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly gaps: readonly Gap[];
  readonly rss: readonly RssReading[];
};

/** Lets time pass, reads memory every 5 s, and strikes when it is due. */
async function play(site: Installation, { durationMs, blows, say }: SoakOptions): Promise<Played> {
  const startedAt = Date.now();
  const gaps: Gap[] = [];
  const rss: RssReading[] = [];
  const due = [...blows].sort((a, b) => a.at - b.at);
  while (Date.now() - startedAt < durationMs) {
    const blow = due[0];
    const blowAt = blow ? startedAt + blow.at * durationMs : Number.POSITIVE_INFINITY;
    if (blow && Date.now() >= blowAt) {
      due.shift();
      say(`kill -9 ${blow.who} for ${blow.downMs} ms`);
      const from = Date.now();
      await strike(site, blow);
      if (blow.who === 'agent') gaps.push({ from, to: Date.now() });
      continue;
    }
    rss.push({
      at: Date.now() - startedAt,
      agent: site.process('agent')?.rss(),
      collector: site.process('collector')?.rss(),
    });
    await delay(Math.max(0, Math.min(5_000, startedAt + durationMs - Date.now(), blowAt - Date.now())));
  }
  return { startedAt, endedAt: Date.now(), gaps, rss };
}

async function strike(site: Installation, { who, downMs }: Blow): Promise<void> {
  await site.process(who)!.end('SIGKILL');
  await delay(downMs);
  await site.launch(who);
}

function targetsYaml(farm: Farm, { intervalMs }: SoakOptions): string {
  return [
    `interval: ${intervalMs}ms`,
    `credentials: { default: { version: 2c, community: public, port: ${farm.port} } }`,
    'ping: { interval: 20s }',
    'targets:',
    ...Array.from({ length: farm.devices }, (_, d) => `  - { name: sim-${d}, host: ${farm.address(d)}, role: switch }`),
  ].join('\n');
}
