import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { PostgresSettings } from '../../collector/state/postgres-settings.ts';
import { freePort } from '../../sim/free-port.ts';
import type { Certificates } from './certificates.ts';
import { until } from './process.ts';

const run = promisify(execFile);
const UP_WITHIN_MS = 30_000;
/** Debian keeps the server's programs off the PATH. */
const DEBIAN = '/usr/lib/postgresql';

/** A cluster of its own for tests, on 127.0.0.1, in a temporary folder. */
export interface TestPostgres {
  readonly port: number;
  /** Makes an empty database, or one like `template`, and says how to reach it. */
  create(name: string, template?: string): Promise<PostgresSettings>;
  /** Removes a database with whoever is connected to it. */
  drop(name: string): Promise<void>;
  /** SIGINT or SIGQUIT: "fast" or "immediate" (as a crash); the server is back when it resolves. */
  restart(how: 'fast' | 'immediate'): Promise<void>;
  /** Ends the server without bringing it back; `start` does. */
  halt(how: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  /** Ends the server and removes its folder. Safe to call twice. */
  stop(): Promise<void>;
}

export function urlOf({ host, port, database, user }: PostgresSettings): string {
  return `postgres://${user}@${host}:${port}/${database}`;
}

export interface PostgresOptions {
  readonly fsync?: boolean;
  /** Offers TLS, and takes nothing else. */
  readonly tls?: Certificates;
}

/**
 * Starts Debian's PostgreSQL. fsync is off unless asked for: tests kill processes of ours, not the machine, and a server that dies keeps what it
 * gave to the kernel. Run as root it runs as the user `postgres`, since it refuses root.
 */
export async function startPostgres({ fsync = false, tls }: PostgresOptions = {}): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'bellwether-postgres-'));
  const server = new Server(folder, await freePort(), fsync);
  try {
    await server.initialise();
    if (tls) await server.useTls(tls);
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

class Server implements TestPostgres {
  readonly port: number;
  readonly #folder: string;
  readonly #fsync: boolean;
  #tls = false;
  #child: ChildProcess | undefined;
  #output = '';

  constructor(folder: string, port: number, fsync: boolean) {
    this.#folder = folder;
    this.port = port;
    this.#fsync = fsync;
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  async initialise(): Promise<void> {
    if (isRoot()) {
      await run('chown', ['postgres', this.#folder]);
      await chmod(this.#folder, 0o700);
    }
    const options = [
      '-D',
      this.#data,
      '-U',
      'bellwether',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ];
    const [command, args] = unprivileged('initdb', options);
    await run(command, args, { cwd: '/', timeout: UP_WITHIN_MS });
  }

  async useTls({ cert, key }: Certificates): Promise<void> {
    await copyFile(cert, join(this.#data, 'server.crt'));
    await copyFile(key, join(this.#data, 'server.key'));
    await chmod(join(this.#data, 'server.key'), 0o600);
    if (isRoot()) await run('chown', ['postgres', join(this.#data, 'server.key'), join(this.#data, 'server.crt')]);
    await writeFile(join(this.#data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 trust\n');
    this.#tls = true;
  }

  async start(): Promise<void> {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: String(this.port),
      unix_socket_directories: '',
      fsync: this.#fsync ? 'on' : 'off',
      full_page_writes: this.#fsync ? 'on' : 'off',
      max_connections: '200',
      shared_buffers: '16MB',
      autovacuum: 'off',
      ssl: this.#tls ? 'on' : 'off',
      logging_collector: 'off',
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [command, args] = unprivileged('postgres', ['-D', this.#data, ...options]);
    const child = spawn(command, args, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-4000);
    });
    child.on('error', (error) => {
      this.#output += error.message;
    });
    await until('PostgreSQL', UP_WITHIN_MS, async () => {
      if (child.exitCode !== null || child.pid === undefined) throw new Error(`PostgreSQL ended: ${this.#output}`);
      return this.#query('postgres', 'select 1').then(
        () => true,
        () => false,
      );
    });
  }

  async create(name: string, template = 'template0'): Promise<PostgresSettings> {
    await this.#query('postgres', `create database ${name} template ${template}`);
    const address = { host: '127.0.0.1', port: this.port, database: name, user: 'bellwether' };
    return { ...address, password: undefined, pool: 10, tls: undefined };
  }

  drop(name: string): Promise<void> {
    return this.#query('postgres', `drop database if exists ${name} with (force)`);
  }

  async restart(how: 'fast' | 'immediate'): Promise<void> {
    await this.halt(how);
    await this.start();
  }

  /** setpriv becomes the server, so its process is the one to signal. */
  async halt(how: 'fast' | 'immediate'): Promise<void> {
    const child = this.#child;
    if (!child || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await exit;
  }

  async stop(): Promise<void> {
    await this.halt('immediate');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #query(database: string, sql: string): Promise<void> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: this.port,
      user: 'bellwether',
      database,
      // The server of this very test: what it shows is what the tests are about, not how they get there.
      ssl: this.#tls ? { rejectUnauthorized: false } : false,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

function unprivileged(program: string, args: readonly string[]): [string, string[]] {
  const path = join(binaries(), program);
  if (!isRoot()) return [path, [...args]];
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--', path, ...args]];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The newest version that is installed. */
function binaries(): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number).filter(Number.isFinite) : [];
  if (versions.length === 0)
    throw new Error('PostgreSQL is not installed: run scripts/install-test-servers.sh (Debian package postgresql)');
  return join(DEBIAN, String(Math.max(...versions)), 'bin');
}
