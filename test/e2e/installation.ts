import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../sim/free-port.ts';
import type { Certificates } from '../support/certificates.ts';
import { runProgram, startProgram, type TestProcess } from '../support/process.ts';
import { ROOT } from '../support/source-files.ts';

export type Role = 'agent' | 'collector';

export interface InstallationOptions {
  /** Default: a new temporary folder. */
  readonly dir?: string;
  readonly school?: string;
  /** YAML after `storage:`. */
  readonly storage?: string;
  /** A rules file's text; the shipped rules when left out. */
  readonly rules?: string;
  /** The school file's text. */
  readonly schoolFile?: string;
  /** Lets the collector listen with TLS, and the agent trust it. */
  readonly tls?: Certificates;
}

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';

/** A collector and an agent as an operator would set them up: config files in a folder, a token, two processes. */
export class Installation {
  readonly dir: string;
  readonly school: string;
  readonly #options: InstallationOptions;
  readonly #running = new Map<Role, TestProcess>();
  /** Every process that has run, for its log. */
  readonly past: { readonly role: Role; readonly process: TestProcess }[] = [];
  #port = 0;
  token = '';

  constructor(options: InstallationOptions = {}) {
    this.#options = options;
    this.school = options.school ?? 'lincoln-charter';
    this.dir = options.dir ?? mkdtempSync(join(tmpdir(), 'bw-e2e-'));
    mkdirSync(this.dir, { recursive: true });
  }

  get url(): string {
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  file(role: Role): string {
    return join(this.dir, `${role}.yaml`);
  }

  /** Writes the collector's files, makes the agent's token, starts the collector. */
  async start(): Promise<TestProcess> {
    this.#port = await freePort();
    this.writeCollector();
    const made = await runProgram('collector/main.ts', [
      'token',
      'create',
      '--config',
      this.file('collector'),
      '--school',
      this.school,
      '--site',
      'main',
    ]);
    if (made.code !== 0) throw new Error(`token create: ${made.stderr}`);
    this.token = made.stdout.trim();
    return this.launch('collector');
  }

  writeCollector(extra = ''): void {
    const { rules, storage, schoolFile, tls } = this.#options;
    if (rules !== undefined) writeFileSync(join(this.dir, 'rules.yaml'), rules);
    writeFileSync(join(this.dir, 'school.yaml'), schoolFile ?? schoolYaml(this.school));
    const lines = [
      `listen: { port: ${this.#port}${tls ? `, cert_file: "${tls.cert}", key_file: "${tls.key}"` : ''} }`,
      'data_dir: ./data',
      `rules: [${JSON.stringify(rules === undefined ? join(ROOT, 'config/rules') : 'rules.yaml')}]`,
      'schools: [school.yaml]',
      'webhooks: { allow: [127.0.0.0/8] }',
      'tick: 1s',
      ...(storage === undefined ? [] : [`storage: ${storage}`]),
      extra,
    ];
    writeFileSync(this.file('collector'), `${lines.join('\n')}\n`);
  }

  /** Writes the agent's file around `rest` (credentials, targets); with TLS, `trust` gives it the CA. */
  writeAgent(rest: string, options: { readonly trust: boolean } = { trust: true }): void {
    const { tls } = this.#options;
    const trust = tls && options.trust ? `, ca_file: "${tls.ca}"` : '';
    writeFileSync(this.file('agent'), `collector: { url: "${this.url}", token: "${this.token}"${trust} }\n${rest}\n`);
  }

  async launch(role: Role): Promise<TestProcess> {
    const process = startProgram(`${role}/main.ts`, ['run', '--config', this.file(role)]);
    this.#running.set(role, process);
    this.past.push({ role, process });
    await process.waitForLog(role === 'collector' ? 'listening' : 'polling');
    return process;
  }

  process(role: Role): TestProcess | undefined {
    const process = this.#running.get(role);
    return process?.running ? process : undefined;
  }

  /** Ends what runs, agent first; throws when one does not end well on SIGTERM. */
  async stop(): Promise<void> {
    for (const role of ['agent', 'collector'] as const) {
      const process = this.process(role);
      const code = process ? await process.end('SIGTERM') : 0;
      if (process && code !== 0)
        throw new Error(`${role} ended with ${code} on SIGTERM:\n${process.lines.slice(-10).join('\n')}`);
    }
  }

  /** Ends everything at once, for clean-up. */
  async abandon(options: { readonly keep?: boolean } = {}): Promise<void> {
    for (const process of this.#running.values()) await process.end('SIGKILL');
    if (!options.keep) rmSync(this.dir, { recursive: true, force: true });
  }
}

function schoolYaml(school: string): string {
  const contact = (name: string): string =>
    `{ name: ${name}, channels: [{ type: webhook, url: "http://127.0.0.1:9/", secret: "${SECRET}" }, { type: ntfy, url: "http://127.0.0.1:9/${name.replaceAll(/\W/g, '-')}" }] }`;
  return [
    `school: ${school}`,
    'tz: America/Chicago',
    'parties:',
    '  internal: { contacts: [it], coverage: always }',
    '  provider: { contacts: [noc], coverage: always }',
    `contacts: { it: ${contact('IT')}, noc: ${contact('NOC')} }`,
    'safety_net: [noc, it]',
    'base: { owner: internal }',
    '',
  ].join('\n');
}
