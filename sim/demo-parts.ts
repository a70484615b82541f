import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../core/clock.ts';
import type { Lifecycle } from '../runtime/lifecycle.ts';
import { Child, type ChildOptions } from './child.ts';
import { PingControl } from './control.ts';
import {
  PEOPLE,
  type PhoneAddress,
  SCHOOL,
  SITE,
  writeAgentFile,
  writeCollectorFiles,
  writeFpingWrapper,
} from './demo-files.ts';
import { freePort } from './free-port.ts';
import { NtfyInbox } from './ntfy-inbox.ts';
import { Phone } from './phone.ts';
import type { PhoneMessage } from './phone-message.ts';
import { DEFAULT_SNMP_PORT, SimulatedSchool } from './school.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const START_TIMEOUT_MS = 30_000;
/** A school at night is dull to watch: the demo's day begins at a quarter past ten. */
const TIME_OF_DAY_MS = 10.25 * 3_600_000;

/** What every part of the demo needs to start and to be stopped again. */
export interface DemoContext {
  /** Where files are written. */
  readonly dir: string;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  /** Prints one happening, with the time; further lines stand under it. */
  readonly say: (topic: string, ...lines: string[]) => void;
  /** Ends the demo with an error. */
  readonly fail: (error: Error) => void;
}

/** Has something undone when the demo ends; at once when it is ending already. @throws the reason of the end. */
async function onEnd({ lifecycle }: DemoContext, name: string, undo: () => Promise<void>): Promise<void> {
  if (!lifecycle.signal.aborted) return lifecycle.onStop(name, undo);
  await undo();
  lifecycle.signal.throwIfAborted();
}

/** The school on its usual port, or on a free one when that is taken. */
export async function startSchool(context: DemoContext): Promise<SimulatedSchool> {
  const { clock, say } = context;
  const start = async (port: number): Promise<SimulatedSchool> => {
    const school = new SimulatedSchool({ clock, port, timeOfDayMs: TIME_OF_DAY_MS });
    await school.start();
    await onEnd(context, 'school', () => school.stop());
    return school;
  };
  let school: SimulatedSchool;
  try {
    school = await start(DEFAULT_SNMP_PORT);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'EADDRNOTAVAIL')
      throw new Error(
        'the simulated school needs addresses 127.20.0.x, which every Linux has: run it on Linux or in a container',
      );
    if (code !== 'EADDRINUSE') throw error;
    school = await start(0);
    say('school', `UDP port ${DEFAULT_SNMP_PORT} is in use; the devices answer on ${school.port} instead`);
  }
  const count = (role: string): number => school.devices.filter((d) => d.spec.role === role).length;
  say(
    'school',
    `${count('router')} routers, ${count('switch')} switches, ${count('ap')} access points, ${count('ups')} UPS on 127.20.0.x, SNMP port ${school.port}`,
  );
  return school;
}

/** One phone per person. */
export async function startPhones(
  context: DemoContext,
  onMessage: (message: PhoneMessage, person: string) => void,
): Promise<PhoneAddress[]> {
  const addresses: PhoneAddress[] = [];
  const inbox = new NtfyInbox(({ topic, title }) => context.say('ntfy', `of ${topic}: ${title}`));
  const ntfy = await inbox.start();
  await onEnd(context, 'ntfy server', () => inbox.stop());
  for (const { contact, title } of PEOPLE) {
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const phone = new Phone({ name: contact, secret, onMessage: (message) => onMessage(message, title) });
    const url = await phone.start();
    await onEnd(context, `phone of ${contact}`, () => phone.stop());
    addresses.push({ contact, url, secret, ntfy: `${ntfy}/${contact.replaceAll('.', '-')}` });
  }
  context.say('phones', ...PEOPLE.map((p) => p.title));
  return addresses;
}

function spawnChild(context: DemoContext, options: Omit<ChildOptions, 'clock' | 'logFile'>): Child {
  const { dir, clock, lifecycle } = context;
  lifecycle.signal.throwIfAborted();
  const child = Child.start({ ...options, clock, logFile: join(dir, `${options.name}.log`) });
  lifecycle.onStop(options.name, () => child.stop());
  return child;
}

/** From now on, the end of this child is the end of the demo. */
function mustLive(context: DemoContext, child: Child): void {
  void child.ended.then(({ how }) => {
    if (!context.lifecycle.signal.aborted) context.fail(childError(child, how));
  });
}

function childError(child: Child, how: string): Error {
  return new Error([`the ${child.name} ${how}; the end of its log:`, ...child.tail].join('\n'));
}

/** `wanted`, or an error when the child ends or 30 s pass first. */
async function before<T>(context: DemoContext, child: Child, what: string, wanted: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = context.clock.sleep(START_TIMEOUT_MS, timer.signal);
  try {
    return await Promise.race([
      wanted,
      child.ended.then(({ how }) => Promise.reject(childError(child, how))),
      late.then(() => Promise.reject(childError(child, `did not ${what} within ${START_TIMEOUT_MS / 1000} s`))),
    ]);
  } finally {
    timer.abort();
  }
}

export interface RunningCollector {
  readonly url: string;
  /** Printed once, at the first start. */
  readonly adminToken: string;
  readonly configFile: string;
}

/** Writes the collector's files and runs it until the demo ends. */
export async function startCollector(
  context: DemoContext,
  port: number,
  phones: readonly PhoneAddress[],
): Promise<RunningCollector> {
  const configFile = writeCollectorFiles(context.dir, port, phones);
  const url = Promise.withResolvers<string>();
  const token = Promise.withResolvers<string>();
  const child = spawnChild(context, {
    name: 'collector',
    args: [join(ROOT, 'collector/main.ts'), 'run', '--config', configFile],
    onLog: (line) => {
      const found = listeningUrl(line);
      if (found !== undefined) url.resolve(found);
    },
    onOut: (line) => {
      const found = /^admin token: (\S+)/.exec(line)?.[1];
      if (found !== undefined) token.resolve(found);
    },
  });
  const [at, adminToken] = await before(context, child, 'listen', Promise.all([url.promise, token.promise]));
  mustLive(context, child);
  return { url: at, adminToken, configFile };
}

/** The address in a log line that says `"msg":"listening"`. */
export function listeningUrl(line: string): string | undefined {
  try {
    const entry = JSON.parse(line) as { msg?: unknown; url?: unknown };
    return entry.msg === 'listening' && typeof entry.url === 'string' ? entry.url : undefined;
  } catch {
    return undefined;
  }
}

/** An agent's token, made by the collector's own command. */
export async function createToken(context: DemoContext, configFile: string): Promise<string> {
  const lines: string[] = [];
  const child = spawnChild(context, {
    name: 'token-create',
    args: [
      join(ROOT, 'collector/main.ts'),
      ...['token', 'create', '--config', configFile, '--school', SCHOOL, '--site', SITE],
    ],
    onOut: (line) => lines.push(line),
  });
  const { ok, how } = await before(context, child, 'finish', child.ended);
  const token = lines[0]?.trim();
  if (!ok || !token) throw childError(child, how);
  return token;
}

/** Writes the agent's files and runs it until the demo ends; returns where its own metrics are. */
export async function startAgent(
  context: DemoContext,
  school: SimulatedSchool,
  collector: { readonly url: string; readonly token: string },
): Promise<string> {
  const { dir, say } = context;
  const control = new PingControl((address) => school.ping(address));
  const controlUrl = await control.start();
  await onEnd(context, 'ping control', () => control.stop());
  const metricsPort = await freePort();
  const configFile = writeAgentFile(dir, {
    collectorUrl: collector.url,
    token: collector.token,
    fping: writeFpingWrapper(dir, join(ROOT, 'sim/fping.ts'), controlUrl),
    community: school.community,
    snmpPort: school.port,
    metricsPort,
    devices: school.devices,
  });
  const child = spawnChild(context, {
    name: 'agent',
    args: [join(ROOT, 'agent/main.ts'), 'run', '--config', configFile],
  });
  mustLive(context, child);
  say('agent', `polls ${school.devices.length} devices every 2 s (SNMP and ping), pushes to the collector`);
  return `http://127.0.0.1:${metricsPort}/metrics`;
}
