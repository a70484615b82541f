import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, runProgram, startProgram, type TestProcess } from '../support/process.ts';
import { type Farm, startFarm } from './farm.ts';
import { judge, type SoakReport } from './soak-judge.ts';

/** Something done to the processes while they work, at a fraction of the run. */
export interface Blow {
  readonly at: number;
  readonly who: 'agent' | 'collector';
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

const SCHOOL = 'soak-school';

/** Runs the real agent and collector against the simulated switches, kills as told, then judges what was stored. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { dir, devices, say } = options;
  mkdirSync(dir, { recursive: true });
  const farm = await startFarm(dir, devices);
  const stage = new Stage(dir, farm, options);
  try {
    await stage.start();
    say(`${devices} devices every ${options.intervalMs / 1000} s for ${options.durationMs / 1000} s, in ${dir}`);
    await stage.play();
    await stage.finish();
    return await judge({
      dir,
      school: SCHOOL,
      farm,
      options,
      gaps: stage.gaps,
      startedAt: stage.startedAt,
      endedAt: stage.endedAt,
      rss: stage.rss,
      logs: stage.logs,
    });
  } finally {
    await stage.abandon();
    await farm.stop();
  }
}

class Stage {
  readonly gaps: Gap[] = [];
  readonly rss: RssReading[] = [];
  readonly logs: { who: string; lines: string[] }[] = [];
  startedAt = 0;
  endedAt = 0;
  readonly #dir: string;
  readonly #farm: Farm;
  readonly #options: SoakOptions;
  readonly #running = new Map<'agent' | 'collector', TestProcess>();

  constructor(dir: string, farm: Farm, options: SoakOptions) {
    this.#dir = dir;
    this.#farm = farm;
    this.#options = options;
  }

  async start(): Promise<void> {
    const port = await freePort();
    const collectorFile = join(this.#dir, 'collector.yaml');
    writeFileSync(collectorFile, collectorYaml(port));
    writeFileSync(join(this.#dir, 'school.yaml'), SCHOOL_YAML);
    const token = await runProgram('collector/main.ts', [
      'token',
      'create',
      '--config',
      collectorFile,
      '--school',
      SCHOOL,
      '--site',
      'main',
    ]);
    if (token.code !== 0) throw new Error(`token create: ${token.stderr}`);
    writeFileSync(join(this.#dir, 'agent.yaml'), agentYaml(this.#farm, this.#options, port, token.stdout.trim()));
    await this.#launch('collector');
    await this.#launch('agent');
    this.startedAt = Date.now();
  }

  /** Lets time pass, reads memory every 5 s, and strikes when it is due. */
  async play(): Promise<void> {
    const { durationMs, blows, say } = this.#options;
    const due = [...blows].sort((a, b) => a.at - b.at);
    for (let next = 0; Date.now() - this.startedAt < durationMs; ) {
      const blow = due[next];
      if (blow && Date.now() - this.startedAt >= blow.at * durationMs) {
        next++;
        say(`kill -9 ${blow.who} for ${blow.downMs} ms`);
        await this.#strike(blow);
      }
      this.rss.push({
        at: Date.now() - this.startedAt,
        agent: this.#rssOf('agent'),
        collector: this.#rssOf('collector'),
      });
      const left = this.startedAt + durationMs - Date.now();
      await delay(Math.max(0, Math.min(5_000, left, blow ? this.startedAt + blow.at * durationMs - Date.now() : left)));
    }
    this.endedAt = Date.now();
  }

  async finish(): Promise<void> {
    for (const who of ['agent', 'collector'] as const) {
      const process = this.#running.get(who)!;
      const code = await process.end('SIGTERM');
      this.logs.push({ who, lines: process.lines });
      this.#running.delete(who);
      if (code !== 0) throw new Error(`${who} ended with ${code} on SIGTERM:\n${process.lines.slice(-10).join('\n')}`);
    }
  }

  async abandon(): Promise<void> {
    for (const process of this.#running.values()) await process.end('SIGKILL');
  }

  async #strike(blow: Blow): Promise<void> {
    const victim = this.#running.get(blow.who)!;
    const from = Date.now();
    await victim.end('SIGKILL');
    this.logs.push({ who: blow.who, lines: victim.lines });
    await delay(blow.downMs);
    await this.#launch(blow.who);
    if (blow.who === 'agent') this.gaps.push({ from, to: Date.now() });
  }

  async #launch(who: 'agent' | 'collector'): Promise<void> {
    const process = startProgram(`${who}/main.ts`, ['run', '--config', join(this.#dir, `${who}.yaml`)]);
    this.#running.set(who, process);
    await process.waitForLog(who === 'collector' ? 'listening' : 'polling');
  }

  #rssOf(who: 'agent' | 'collector'): number | undefined {
    const process = this.#running.get(who);
    return process?.running ? process.rss() : undefined;
  }
}

function collectorYaml(port: number): string {
  return `listen: { port: ${port} }\ndata_dir: ./data\nrules: [${JSON.stringify(join(import.meta.dirname, '../../config/rules'))}]\nschools: [school.yaml]\nwebhooks: { allow: [127.0.0.0/8] }\n`;
}

function agentYaml(farm: Farm, options: SoakOptions, port: number, token: string): string {
  const targets = Array.from(
    { length: farm.devices },
    (_, d) => `  - { name: sim-${d}, host: ${farm.address(d)}, role: switch }`,
  );
  return [
    `collector: { url: "http://127.0.0.1:${port}", token: "${token}" }`,
    `interval: ${options.intervalMs}ms`,
    `credentials: { default: { version: 2c, community: public, port: ${farm.port} } }`,
    'ping: { interval: 20s }',
    'targets:',
    ...targets,
    '',
  ].join('\n');
}

const SCHOOL_YAML = `school: ${SCHOOL}
tz: America/Chicago
parties:
  internal: { contacts: [it], coverage: always }
  provider: { contacts: [noc], coverage: always }
contacts:
  it: { name: IT, channels: [{ type: webhook, url: "http://127.0.0.1:9/", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=" }] }
  noc: { name: NOC, channels: [{ type: webhook, url: "http://127.0.0.1:9/", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=" }] }
safety_net: [noc]
base: { owner: internal }
`;
