import { once } from 'node:events';
import type { Clock } from '../core/clock.ts';
import { type Arguments, type Command, processOutput, UsageError } from '../runtime/command-line.ts';
import { type DeviceSpec, SchoolDevice } from './device.ts';
import { IF_TYPE } from './interface.ts';
import { STEADY } from './load-shape.ts';
import { SnmpResponder } from './responder.ts';
import type { SimAuth, SimPriv, SimUser } from './usm-keys.ts';

const text = { type: 'string' } as const;
const AUTHS: readonly string[] = ['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'] satisfies SimAuth[];
const PRIVS: readonly string[] = ['des', 'aes', 'aes192b', 'aes192r', 'aes256b', 'aes256r'] satisfies SimPriv[];

/** `sim/main.ts device`: one simulated switch as a process of its own. It prints one line of JSON when it listens, and ends on SIGTERM or SIGINT. */
export function deviceCommand(clock: Clock): Command {
  return {
    name: 'device',
    usage: '[--port P] [--community C] [--user U --auth-phrase A [--priv-phrase P]]',
    help: 'one simulated switch on a UDP port; prints {"address","port","engineId"} when it listens',
    options: {
      address: text,
      port: text,
      ports: text,
      community: text,
      user: text,
      'auth-protocol': text,
      'auth-phrase': text,
      'priv-protocol': text,
      'priv-phrase': text,
    },
    run: (args) => run(args, clock),
  };
}

async function run(args: Arguments, clock: Clock): Promise<number> {
  const ports = whole(args, 'ports', 52, 1, 4_000);
  const user = userOf(args);
  const responder = new SnmpResponder({
    address: option(args, 'address') ?? '127.0.0.1',
    port: whole(args, 'port', 0, 0, 65_535),
    community: option(args, 'community') ?? 'public',
    device: new SchoolDevice(switchOf(ports), Math.floor(clock.monotonic())).table,
    clock,
    ...(user ? { users: [user] } : {}),
  });
  const { address, port } = await responder.start();
  processOutput.out(JSON.stringify({ address, port, engineId: responder.engine?.id.toString('hex') }));
  const stop = new AbortController();
  const { signal } = stop;
  await Promise.race([once(process, 'SIGTERM', { signal }), once(process, 'SIGINT', { signal })]).finally(() =>
    stop.abort(),
  );
  await responder.stop();
  return 0;
}

/** A switch of access ports and four uplinks, all of them busy. */
function switchOf(ports: number): DeviceSpec {
  return {
    name: 'simulated-switch',
    address: '127.0.0.1',
    role: 'switch',
    descr: 'Simulated switch, software 12.4',
    objectId: '1.3.6.1.4.1.8072.9999.9999.2',
    location: 'Rack A',
    services: 2,
    uptimeMs: 86_400_000,
    rttMs: 0.5,
    interfaces: Array.from({ length: ports }, (_, i) => {
      const uplink = i >= ports - 4;
      const name = uplink ? `Te1/1/${i - ports + 5}` : `Gi1/0/${i + 1}`;
      const speedMbps = uplink ? 10_000 : 1000;
      const { ethernetCsmacd: type } = IF_TYPE;
      const said = { index: i + 1, name, descr: name, alias: `Room ${100 + i}`, type };
      return { ...said, speedMbps, peakIn: 1 + (i % 9), peakOut: 2 + (i % 7), shape: STEADY };
    }),
  };
}

function userOf(args: Arguments): SimUser | undefined {
  const name = option(args, 'user');
  const [auth, priv] = [option(args, 'auth-phrase'), option(args, 'priv-phrase')];
  if (name === undefined) {
    if (auth !== undefined || priv !== undefined) throw new UsageError('a phrase needs --user');
    return undefined;
  }
  if (auth === undefined && priv !== undefined) throw new UsageError('--priv-phrase needs --auth-phrase');
  const protocols = {
    auth: oneOf(args, 'auth-protocol', AUTHS, 'sha256') as SimAuth,
    priv: oneOf(args, 'priv-protocol', PRIVS, 'aes') as SimPriv,
  };
  return {
    name,
    ...(auth === undefined ? {} : { auth: { protocol: protocols.auth, phrase: auth } }),
    ...(priv === undefined ? {} : { priv: { protocol: protocols.priv, phrase: priv } }),
  };
}

function option({ values }: Arguments, name: string): string | undefined {
  const value = values[name];
  if (value === '') throw new UsageError(`--${name}: expected a value, got nothing`);
  return typeof value === 'string' ? value : undefined;
}

function whole(args: Arguments, name: string, otherwise: number, least: number, most: number): number {
  const given = option(args, name);
  const value = Number(given ?? otherwise);
  if ((given !== undefined && !/^\d+$/.test(given)) || value < least || value > most)
    throw new UsageError(`--${name}: expected a number from ${least} to ${most}, got "${given}"`);
  return value;
}

function oneOf(args: Arguments, name: string, known: readonly string[], otherwise: string): string {
  const value = option(args, name) ?? otherwise;
  if (!known.includes(value)) throw new UsageError(`--${name}: expected one of ${known.join(' ')}, got "${value}"`);
  return value;
}
