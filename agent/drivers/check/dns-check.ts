import {
  CANCELLED,
  CONNREFUSED,
  FORMERR,
  NODATA,
  NOTFOUND,
  NOTIMP,
  REFUSED,
  Resolver,
  SERVFAIL,
  TIMEOUT,
} from 'node:dns';
import { isIPv6 } from 'node:net';
import type { Clock } from '../../../core/clock.ts';
import { formatDuration } from '../../../core/duration.ts';
import type { DnsCheck } from '../../services/service.ts';
import type { DnsAttempt } from './attempt.ts';
import { type Limits, withDeadline } from './deadline.ts';
import { Failed, faultOf } from './fault.ts';
import { hasRoute } from './route.ts';

/** RFC 1035, section 4.1.1, as c-ares names them. */
const RCODES: Readonly<Record<string, number>> = {
  [NODATA]: 0,
  [FORMERR]: 1,
  [SERVFAIL]: 2,
  [NOTFOUND]: 3,
  [NOTIMP]: 4,
  [REFUSED]: 5,
};

/**
 * One question, one packet: over UDP, and over TCP where the answer was cut short. It is not sent again within an attempt, so that a loss
 * is seen as one. Nothing is remembered from one attempt to the next, and the hosts file is not looked at.
 */
export function checkDns(check: DnsCheck, clock: Clock, timeoutMs: number, signal: AbortSignal): Promise<DnsAttempt> {
  return withDeadline(clock, timeoutMs, signal, async (limits) => {
    const started = clock.monotonic();
    try {
      return { type: 'dns', ...(await ask(check, limits, started)) };
    } catch (error) {
      return { type: 'dns', totalMs: clock.monotonic() - started, records: [], fault: faultOf(error, 'query', limits) };
    }
  });
}

async function ask(check: DnsCheck, limits: Limits, before: number): Promise<Omit<DnsAttempt, 'type'>> {
  const own = new Resolver().getServers();
  const servers = check.server ? [serverText(check.server)] : own;
  if (servers.length === 0) throw new Failed('query', 'ours', 'this machine knows no name server');
  const routes = await Promise.all(servers.map((server) => hasRoute(addressIn(server))));
  if (!routes.includes(true)) throw new Failed('query', 'ours', `no route to the name server ${servers.join(', ')}`);
  const resolver = new Resolver({ timeout: Math.max(50, Math.floor(limits.timeoutMs / servers.length)), tries: 1 });
  resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  limits.signal.addEventListener('abort', cancel, { once: true });
  const started = limits.signal.aborted ? before : limits.clock.monotonic();
  try {
    const { code, records } = await query(resolver, check);
    const totalMs = limits.clock.monotonic() - started;
    if (code === undefined) return { totalMs, rcode: 0, records };
    const rcode = RCODES[code];
    if (rcode !== undefined) return { totalMs, rcode, records: [] };
    throw noAnswer(code, check, servers, limits.timeoutMs);
  } finally {
    limits.signal.removeEventListener('abort', cancel);
    resolver.cancel();
  }
}

function query(
  resolver: Resolver,
  { query: name, record }: DnsCheck,
): Promise<{ code: string | undefined; records: readonly string[] }> {
  return new Promise((resolve) => {
    resolver.resolve(name, record, (error: NodeJS.ErrnoException | null, found: unknown) =>
      resolve({ code: error?.code, records: error ? [] : recordTexts(found) }),
    );
  });
}

function noAnswer(code: string, check: DnsCheck, servers: readonly string[], timeoutMs: number): Failed {
  if (code === TIMEOUT || code === CANCELLED)
    return new Failed('query', 'timeout', `no answer within ${formatDuration(timeoutMs)}`);
  if (code === CONNREFUSED) {
    // What c-ares falls back to when no server is configured: then nobody was asked.
    const nobody = check.server === undefined && servers.length === 1 && servers[0] === '127.0.0.1';
    const text = nobody ? 'this machine has no name server that answers' : `nothing listens at ${servers.join(', ')}`;
    return new Failed('query', nobody ? 'ours' : 'refused', text);
  }
  return new Failed('query', 'broken', `an answer that cannot be read (${code})`);
}

/** Fields of the types that have several, in the order of zone files. */
const FIELDS: readonly (readonly string[])[] = [
  ['priority', 'exchange'],
  ['priority', 'weight', 'port', 'name'],
  ['nsname', 'hostmaster', 'serial', 'refresh', 'retry', 'expire', 'minttl'],
];

/** What `resolve` gives for any type, as text: `10 mail.example.org` for MX, as zone files have it. */
export function recordTexts(found: unknown): string[] {
  const list = Array.isArray(found) ? found : [found];
  return list.map((record): string => {
    if (typeof record === 'string') return record;
    // TXT: the strings of one record belong together.
    if (Array.isArray(record)) return record.join('');
    const fields = FIELDS.find((names) => names.every((name) => name in record)) ?? [];
    return fields.map((name) => record[name]).join(' ');
  });
}

function serverText({ address, port }: NonNullable<DnsCheck['server']>): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1` and `[2001:db8::1]:53` are what c-ares has. */
function addressIn(server: string): string {
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(server);
  if (bracketed) return bracketed[1]!;
  return server.split(':').length === 2 ? server.split(':')[0]! : server;
}
