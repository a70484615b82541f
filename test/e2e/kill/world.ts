import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../../sim/free-port.ts';
import { runProgram, startProgram, type TestProcess, until } from '../../support/process.ts';
import { pick, random } from '../../support/random.ts';
import type { Receipt } from './receipt.ts';
import { type Moment, type Receivers, startReceivers } from './receivers.ts';

/** Of each alert: whom it is told to. The second three a second later, by the ladder. */
export const TARGETS = [
  'kim webhook',
  'kim pagerduty',
  'kim ntfy',
  'noc webhook',
  'noc alertmanager',
  'noc slack',
  'noc email',
];
/** Alerts at a time, each of which opens, is told to everybody, and is over. */
const AT_A_TIME = 5;
/** A kill that waits for something which does not happen comes after this, ms. */
const LONGEST_RUN_MS = 1_500;
/** For one alert to get through all those kills, on a machine that has much else to do. */
const PATIENCE_MS = 300_000;
const RULES = `rules:
  - { name: broken, domain: wireless, severity: warning, measurement: thing, field: broken, above: 0, summary: "{device} is broken" }
`;

/** Where a kill falls: at a boundary of a transaction, at a moment of a delivery, or after a time. */
type Plan =
  | { readonly kind: 'boundary'; readonly at: string }
  | { readonly kind: 'moment'; readonly at: Moment }
  | { readonly kind: 'time'; readonly ms: number };

const BOUNDARIES = ['enqueue', 'claim', 'settle', 'recover'].flatMap((what) => [`${what} before`, `${what} after`]);
const MOMENTS: readonly Moment[] = ['connected', 'got', 'answered'];

/** A collector as an operator runs it, that is killed again and again, its receivers, and an agent that pushes until it is taken. */
export class KillWorld {
  readonly #random: () => number;
  readonly #dir = mkdtempSync(join(tmpdir(), 'bw-kill-'));
  readonly kills = new Map<string, number>();
  /** By run: ids under way when it was killed. */
  readonly underWay: Set<string>[] = [];
  readonly processes: TestProcess[] = [];
  readonly devices: string[] = [];
  receivers!: Receivers;
  #port = 0;
  #token = '';
  adminToken = '';
  #moment: { readonly at: Moment; left: number } | undefined;
  #stopping = false;

  constructor(seed: number) {
    this.#random = random(seed);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get database(): string {
    return join(this.#dir, 'data/state.db');
  }

  async prepare(): Promise<void> {
    this.receivers = await startReceivers({ run: () => this.processes.length - 1, at: (moment) => this.#at(moment) });
    this.#port = await freePort();
    writeFileSync(join(this.#dir, 'rules.yaml'), RULES);
    writeFileSync(
      join(this.#dir, 'school.yaml'),
      `school: hill
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
contacts: ${this.receivers.contacts}
safety_net: [kim, noc]
base: { owner: internal }
engagements:
  - { id: all, kind: full, status: approved, approvals: [internal, provider], approved_at: 2026-01-01, grants: [{ owner: internal }],
      ladder: [{ to: owner, after: 0s }, { to: provider, after: 1s }] }
`,
    );
    writeFileSync(
      join(this.#dir, 'collector.yaml'),
      `listen: { port: ${this.#port} }
data_dir: ./data
rules: [rules.yaml]
schools: [school.yaml]
webhooks: { allow: [127.0.0.0/8] }
email: { host: 127.0.0.1, port: ${this.receivers.mailPort}, tls: none, from: bellwether@example.org }
notify: { group: 500ms }
tick: 1s
`,
    );
    const made = await runProgram('collector/main.ts', [
      'token',
      'create',
      '--config',
      this.#file,
      '--school',
      'hill',
      '--site',
      'main',
    ]);
    if (made.code !== 0) throw new Error(made.stderr);
    this.#token = made.stdout.trim();
    // Its first start shows the admin token, once; and leaves compiled code for the others.
    const first = this.#start({});
    this.adminToken = await until('the admin token', 30_000, () => /admin token: (\S+)/.exec(first.stdout)?.[1]);
    await first.end('SIGTERM');
    this.underWay.push(new Set());
  }

  get #file(): string {
    return join(this.#dir, 'collector.yaml');
  }

  /** Kills it `times` times while alerts come and go; then lets it finish. Returns the last process, still running. */
  async play(times: number): Promise<TestProcess> {
    const alerts = Array.from({ length: AT_A_TIME }, () => this.#alerts());
    for (let n = 0; n < times; n++) {
      const last = n === times - 1;
      await this.#runOnce(last ? { kind: 'moment', at: 'got' } : this.#plan());
    }
    const process = this.#start({});
    this.#stopping = true;
    await Promise.all(alerts);
    return process;
  }

  async close(): Promise<void> {
    this.#stopping = true;
    for (const process of this.processes) await process.end('SIGKILL');
    await this.receivers.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #plan(): Plan {
    const kind = pick(this.#random, ['boundary', 'boundary', 'moment', 'moment', 'time'] as const);
    if (kind === 'boundary') {
      const at = pick(this.#random, BOUNDARIES);
      const nth = at.startsWith('recover') ? 1 : 1 + Math.floor(this.#random() * 6);
      return { kind, at: `${at} ${nth}` };
    }
    if (kind === 'moment') return { kind, at: pick(this.#random, MOMENTS) };
    return { kind, ms: Math.floor(this.#random() * 700) };
  }

  async #runOnce(plan: Plan): Promise<void> {
    const left = 1 + Math.floor(this.#random() * 6);
    this.#moment = plan.kind === 'moment' ? { at: plan.at, left } : undefined;
    const process = this.#start(plan.kind === 'boundary' ? { BW_KILL: plan.at } : {});
    const exit = process.exit();
    const limit = new AbortController();
    // From its start when the time is the point, so that starting is killed too; otherwise from when it works.
    const killed =
      plan.kind === 'time'
        ? delay(350 + plan.ms)
        : process.waitForLog('listening').then(() => delay(LONGEST_RUN_MS, undefined, { signal: limit.signal }));
    const late = await Promise.race([
      exit.then(() => false),
      killed.then(
        () => true,
        () => false,
      ),
    ]);
    limit.abort();
    const name = plan.kind === 'time' ? 'time' : late ? 'time (nothing to kill at)' : plan.at.replace(/ \d+$/, '');
    await process.end('SIGKILL');
    if (process.child.signalCode !== 'SIGKILL')
      throw new Error(`ended by itself:\n${process.lines.slice(-10).join('\n')}`);
    // What the receivers had in their sockets is theirs.
    await delay(10);
    this.kills.set(name, (this.kills.get(name) ?? 0) + 1);
    this.underWay.push(this.#sending());
  }

  #start(env: Record<string, string>): TestProcess {
    const hook = join(import.meta.dirname, 'kill-hook.ts');
    const process = startProgram('collector/main.ts', ['run', '--config', this.#file], {
      ...env,
      ...(env['BW_KILL'] !== undefined && { NODE_OPTIONS: `--import=${hook}` }),
      NODE_COMPILE_CACHE: join(tmpdir(), 'bw-kill-cache'),
    });
    this.processes.push(process);
    return process;
  }

  #at(moment: Moment): boolean {
    if (this.#moment?.at !== moment || --this.#moment.left > 0) return false;
    this.#moment = undefined;
    this.processes.at(-1)!.child.kill('SIGKILL');
    return true;
  }

  #sending(): Set<string> {
    const db = new DatabaseSync(this.database);
    const rows = db.prepare("select id, group_id, alert_id from outbox where status = 'sending'").all();
    db.close();
    return new Set(rows.flatMap((row) => [String(row['group_id'] ?? row['id']), String(row['alert_id'])]));
  }

  /** One alert after another: it opens, everybody is told, it is over, everybody hears that. */
  async #alerts(): Promise<void> {
    while (!this.#stopping) {
      const device = `dev-${this.devices.length + 1}`;
      this.devices.push(device);
      await this.#push(device, 1);
      await this.#told(device, 'open');
      await this.#push(device, 0);
      await this.#told(device, 'closed');
    }
  }

  /** As an agent does: until it is taken, also when the answer was lost. */
  async #push(device: string, broken: number): Promise<void> {
    const headers = { authorization: `Token ${this.#token}` };
    const body = `thing,device=${device} broken=${broken} ${Date.now()}000000`;
    await until(`${device}=${broken} taken`, PATIENCE_MS, async () => {
      try {
        const signal = AbortSignal.timeout(2_000);
        return (await fetch(`${this.url}/api/v2/write`, { method: 'POST', headers, body, signal })).status === 204;
      } catch {
        return false;
      }
    });
  }

  #told(device: string, kind: Receipt['kind']): Promise<unknown> {
    const of = (target: string) => (r: Receipt) =>
      r.target === target && r.kind === kind && r.alerts.some((a) => a.device === device);
    return until(`${device} ${kind} with everybody`, PATIENCE_MS, () =>
      TARGETS.every((target) => this.receivers.receipts.some(of(target))),
    );
  }
}
