import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A running Debian snmpd of our own, on a free port of 127.0.0.1. */
export interface Snmpd {
  readonly port: number;
  readonly community: string;
  /** SNMPv3 authPriv, SHA-256 and AES-128. */
  readonly user: { readonly name: string; readonly authKey: string; readonly privKey: string };
  /** Ends it and starts it anew on the same port: engine boots goes up, sysUpTime starts again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const COMMUNITY = 'tests-only';
const USER = { name: 'poller', authKey: 'auth-key-of-tests', privKey: 'priv-key-of-tests' };

/** Starts snmpd with its own configuration (and more lines of it) and state, and waits until it listens. */
export async function startSnmpd(more: readonly string[] = []): Promise<Snmpd> {
  const folder = await mkdtemp(join(tmpdir(), 'bw-snmpd-'));
  const port = await freeUdpPort();
  const config = join(folder, 'test.conf');
  await writeFile(
    config,
    [
      `rocommunity ${COMMUNITY} 127.0.0.1`,
      `createUser ${USER.name} SHA-256 "${USER.authKey}" AES "${USER.privKey}"`,
      `rouser ${USER.name} authPriv`,
      'sysName snmpd-under-test',
      'sysLocation Room 12, rack A',
      'sysContact tests@example.org',
      ...more,
      '',
    ].join('\n'),
  );
  let child = await launch(folder, config, port);
  return {
    port,
    community: COMMUNITY,
    user: USER,
    async restart() {
      await end(child);
      child = await launch(folder, config, port);
    },
    async stop() {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(folder: string, config: string, port: number): Promise<ChildProcess> {
  const child = spawn('snmpd', ['-f', '-Lo', '-C', '-c', config, `udp:127.0.0.1:${port}`], {
    env: { ...process.env, SNMP_PERSISTENT_DIR: folder, PATH: `${process.env['PATH']}:/usr/sbin` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk;
      if (output.includes('NET-SNMP version')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`snmpd ended with ${code}: ${output}`)));
  });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

/** A UDP port that was free a moment ago. */
export function freeUdpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
