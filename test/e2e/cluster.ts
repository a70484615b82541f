import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openState, type StateDb } from '../../collector/state/database.ts';
import type { PostgresSettings } from '../../collector/state/postgres-settings.ts';
import { createToken } from '../../collector/state/tokens.ts';
import { systemClock } from '../../runtime/clock.ts';
import { freePort } from '../../sim/free-port.ts';
import { startPostgres, type TestPostgres, urlOf } from '../support/postgres.ts';
import { startProgram, type TestProcess, until } from '../support/process.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { startVictoriaMetrics } from '../support/victoria-metrics.ts';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';

/** One of several collectors over one PostgreSQL and one VictoriaMetrics, as a process that can be killed and started again. */
export class Member {
  readonly port: number;
  readonly file: string;
  process: TestProcess | undefined;

  constructor(port: number, file: string) {
    this.port = port;
    this.file = file;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async launch(): Promise<void> {
    this.process = startProgram('collector/main.ts', ['run', '--config', this.file]);
    await this.process.waitForLog('listening', 30_000);
  }
}

export interface ClusterOptions {
  readonly schools: readonly string[];
  /** Where the people of every school are told. */
  readonly receiver: string;
}

export class Cluster {
  readonly schools: readonly string[];
  readonly postgres: TestPostgres;
  readonly settings: PostgresSettings;
  readonly members: readonly Member[];
  readonly tokens = new Map<string, string>();
  readonly db: StateDb;
  readonly #folder: string;
  readonly #metrics: ServerProcess;

  private constructor(parts: {
    readonly schools: readonly string[];
    readonly postgres: TestPostgres;
    readonly settings: PostgresSettings;
    readonly members: readonly Member[];
    readonly folder: string;
    readonly metrics: ServerProcess;
  }) {
    this.schools = parts.schools;
    this.postgres = parts.postgres;
    this.settings = parts.settings;
    this.members = parts.members;
    this.#folder = parts.folder;
    this.#metrics = parts.metrics;
    this.db = openState({ ...parts.settings, pool: 3 });
  }

  /** Two collectors are started at once, as after a power cut. */
  static async start({ schools, receiver }: ClusterOptions): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'bellwether-cluster-'));
    const [postgres, metrics] = await Promise.all([startPostgres(), startVictoriaMetrics()]);
    const settings = await postgres.create('bellwether');
    mkdirSync(join(folder, 'schools'));
    for (const school of schools)
      writeFileSync(join(folder, 'schools', `${school}.yaml`), schoolYaml(school, receiver));
    writeFileSync(join(folder, 'rules.yaml'), RULES);
    const members: Member[] = [];
    for (const name of ['a', 'b']) {
      const port = await freePort();
      const file = join(folder, `${name}.yaml`);
      writeFileSync(file, collectorYaml(port, name, urlOf(settings), metrics.url));
      members.push(new Member(port, file));
    }
    const cluster = new Cluster({ schools, postgres, settings, members, folder, metrics });
    await Promise.all(members.map((member) => member.launch()));
    for (const school of schools) {
      const { token } = await createToken(cluster.db, { school, site: 'main', note: '' }, systemClock, secretBytes);
      cluster.tokens.set(school, token);
    }
    return cluster;
  }

  /** Schools with a holder whose lease stands, by holder. */
  async holders(): Promise<Map<string, string[]>> {
    const rows = await this.db.selectFrom('school_lease').selectAll().where('holder', 'is not', null).execute();
    const live = rows.filter((row) => row.expires_at > systemClock.now());
    return new Map(
      Object.entries(Object.groupBy(live, (row) => String(row.url))).map(([url, of]) => [
        url,
        of!.map((row) => row.school),
      ]),
    );
  }

  /** Waits until `member` answers for every school; returns how long that took, ms. */
  async heldBy(member: Member, timeoutMs: number): Promise<number> {
    const from = performance.now();
    await until(`${member.url} to hold all schools`, timeoutMs, async () => {
      const holders = await this.holders().catch(() => new Map<string, string[]>());
      return holders.get(member.url)?.length === this.schools.length;
    });
    return performance.now() - from;
  }

  async stop(): Promise<void> {
    for (const { process } of this.members) {
      if (process?.running) process.child.kill('SIGCONT');
      await process?.end('SIGKILL');
    }
    await this.db.destroy();
    await Promise.all([this.postgres.stop(), this.#metrics.stop()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const secretBytes = (size: number): Buffer => Buffer.from(crypto.getRandomValues(new Uint8Array(size)));

const RULES =
  'rules:\n  - { name: door-open, domain: infrastructure, severity: critical, measurement: door, field: open, above: 0, flapping: off, summary: "door {door} is open" }\n';

function collectorYaml(port: number, name: string, state: string, metrics: string): string {
  return [
    `listen: { port: ${port} }`,
    `data_dir: ./data-${name}`,
    `state: { postgres: "${state}" }`,
    `cluster: { url: "http://127.0.0.1:${port}" }`,
    `storage: { driver: influx2, url: "${metrics}", org: o, bucket: b, token: t }`,
    'rules: [rules.yaml]',
    'schools: [schools]',
    'webhooks: { allow: [127.0.0.0/8] }',
    'tick: 1s',
    'notify: { group: 0s }',
    '',
  ].join('\n');
}

function schoolYaml(school: string, receiver: string): string {
  const hook = `{ type: webhook, url: "${receiver}", secret: "${SECRET}" }`;
  const ntfy = '{ type: ntfy, url: "http://127.0.0.1:9/net" }';
  return [
    `school: ${school}`,
    'tz: America/Chicago',
    'parties:',
    '  internal: { contacts: [it], coverage: always }',
    '  provider: { contacts: [noc], coverage: always }',
    `contacts: { it: { name: IT, channels: [${hook}] }, noc: { name: NOC, channels: [${ntfy}] } }`,
    'safety_net: [noc, it]',
    'base: { owner: internal }',
    '',
  ].join('\n');
}
