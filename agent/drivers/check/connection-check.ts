import type { Socket } from 'node:net';
import type { Clock } from '../../../core/clock.ts';
import type { HttpCheck, TcpCheck, TlsCheck } from '../../services/service.ts';
import type { CertificateFacts, ConnectionAttempt, HttpAnswer, Step } from './attempt.ts';
import { connectTo, secure } from './connect.ts';
import { type Limits, withDeadline } from './deadline.ts';
import { Failed, faultOf } from './fault.ts';
import type { HostAddresses } from './host-addresses.ts';
import { askHttp, isFollowed, readAnswer, redirectOf } from './http-exchange.ts';

/** A browser gives up after 20; who monitors wants to know earlier. */
const MAX_REDIRECTS = 5;

/** Filled in as the attempt goes on, so that a fault leaves what came before it. */
interface Notes {
  step: Step;
  nameMs?: number;
  connectMs?: number;
  tlsMs?: number;
  firstByteMs?: number;
  certificate?: CertificateFacts;
  answer?: HttpAnswer;
  /** To be destroyed in any case. */
  socket?: Socket;
}

/** One attempt at a TCP, TLS or HTTP service, within `timeoutMs` as a whole. Never throws for what the network does. */
export function checkConnection(
  check: TcpCheck | TlsCheck | HttpCheck,
  resolve: HostAddresses,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ConnectionAttempt> {
  return withDeadline(clock, timeoutMs, signal, async (limits) => {
    const started = clock.monotonic();
    const notes: Notes = { step: 'name' };
    let fault: ConnectionAttempt['fault'];
    try {
      await attempt(check, resolve, limits, notes);
    } catch (error) {
      fault = faultOf(error, notes.step, limits);
    } finally {
      notes.socket?.destroy();
    }
    const { step: _step, socket: _socket, ...found } = notes;
    return { type: check.type, totalMs: clock.monotonic() - started, ...found, ...(fault && { fault }) };
  });
}

async function attempt(
  check: TcpCheck | TlsCheck | HttpCheck,
  resolve: HostAddresses,
  limits: Limits,
  notes: Notes,
): Promise<void> {
  if (check.type !== 'http') {
    await open(goalOf(check), resolve, limits, notes);
    return;
  }
  let url = new URL(check.url);
  for (let redirects = 0; ; redirects += 1) {
    const socket = await open(goalOfUrl(url, check.ca), resolve, limits, notes);
    if (isRefused(check, notes.certificate)) return;
    notes.step = 'request';
    const started = limits.clock.monotonic();
    const response = await askHttp(socket, url, check.method, limits);
    notes.firstByteMs = (notes.firstByteMs ?? 0) + limits.clock.monotonic() - started;
    const next = redirectOf(response, url);
    if (!next || !check.followRedirects || !isFollowed(url, next)) {
      notes.step = 'body';
      notes.answer = await readAnswer(response, next, check.expectText !== undefined, limits);
      return;
    }
    if (redirects === MAX_REDIRECTS)
      throw new Failed(
        'request',
        'broken',
        `more than ${MAX_REDIRECTS} redirects, the last to ${next.origin}${next.pathname}`,
      );
    socket.destroy();
    url = next;
  }
}

/** Connects, over TLS where the goal says so; what it takes is added to what a redirect before it took. */
async function open(goal: Goal, resolve: HostAddresses, limits: Limits, notes: Notes): Promise<Socket> {
  const { clock } = limits;
  let since = clock.monotonic();
  const lap = (before = 0): number => {
    const started = since;
    since = clock.monotonic();
    return before + since - started;
  };
  notes.step = 'name';
  const addresses = await resolve(goal.host, limits);
  notes.nameMs = lap(notes.nameMs);
  notes.step = 'connect';
  notes.socket = await connectTo(addresses, goal.port, limits);
  notes.connectMs = lap(notes.connectMs);
  if (!goal.tls) return notes.socket;
  notes.step = 'tls';
  const { socket, certificate } = await secure(notes.socket, goal.tls, limits);
  notes.socket = socket;
  notes.tlsMs = lap(notes.tlsMs);
  if (certificate) notes.certificate = certificate;
  return socket;
}

/** Nobody's browser would ask such a server for anything. */
function isRefused({ verify }: HttpCheck, certificate: CertificateFacts | undefined): boolean {
  return verify && (certificate?.chainError !== undefined || certificate?.nameError !== undefined);
}

interface Goal {
  readonly host: string;
  readonly port: number;
  readonly tls?: {
    readonly serverName: string;
    readonly ca: string | undefined;
    readonly protocol: string | undefined;
  };
}

function goalOf(check: TcpCheck | TlsCheck): Goal {
  const { host, port } = check;
  if (check.type === 'tcp') return { host, port };
  return { host, port, tls: { serverName: check.serverName, ca: check.ca, protocol: undefined } };
}

function goalOfUrl(url: URL, ca: string | undefined): Goal {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secured = url.protocol === 'https:';
  const port = url.port === '' ? (secured ? 443 : 80) : Number(url.port);
  return { host, port, ...(secured && { tls: { serverName: host, ca, protocol: 'http/1.1' } }) };
}
