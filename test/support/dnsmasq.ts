import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns';
import { freePort } from '../../sim/free-port.ts';
import { until } from './process.ts';

/** A running Debian dnsmasq that knows the zone `test`, on a free port of 127.0.0.1 (UDP and TCP). */
export interface Dnsmasq {
  readonly port: number;
  /** As name servers are written: `127.0.0.1:PORT`. */
  readonly server: string;
  stop(): Promise<void>;
}

/** Starts it with records such as `--host-record=www.test,192.0.2.10`; other names of `test` do not exist. Waits until it answers. */
export async function startDnsmasq(...records: string[]): Promise<Dnsmasq> {
  for (let left = TRIES; ; left--) {
    try {
      // It wants the port for TCP and for UDP.
      return await startOn(await freePort(), records);
    } catch (error) {
      if (left === 0 || !/already in use/.test(String(error))) throw error;
    }
  }
}

/** A free port may be somebody else's a moment later. */
const TRIES = 5;

async function startOn(port: number, records: readonly string[]): Promise<Dnsmasq> {
  const own = ['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file=', '--user=', '--no-resolv', '--no-hosts'];
  const where = [`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces', '--local=/test/'];
  // Answers above this many octets are cut short over UDP.
  const child = spawn(
    'dnsmasq',
    [...own, ...where, '--edns-packet-max=512', '--host-record=up.test,127.0.0.1', ...records],
    {
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = new Error(`${error.message}: run scripts/install-test-servers.sh (Debian package dnsmasq-base)`);
  });
  const server = `127.0.0.1:${port}`;
  try {
    await until('an answer from dnsmasq', 10_000, () => {
      if (failure) throw failure;
      if (child.exitCode !== null) throw new Error(`dnsmasq ended: ${output}`);
      return answers(server);
    });
  } catch (error) {
    await end(child);
    throw error;
  }
  return { port, server, stop: () => end(child) };
}

function answers(server: string): Promise<boolean> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([server]);
  return new Promise((resolve) => {
    resolver.resolve4('up.test', (error) => resolve(error === null));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}
