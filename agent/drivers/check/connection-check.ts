import type { Socket } from 'node:net';
import type { Clock } from '../../../core/clock.ts';
import type { HttpCheck, TcpCheck, TlsCheck } from '../../services/service.ts';
import type { CertificateFacts, ConnectionAttempt, HttpAnswer, Step } from './attempt.ts';
import { connectTo, secure } from './connect.ts';
import { type Limits, withDeadline } from './deadline.ts';
import { faultOf } from './fault.ts';
import type { HostAddresses } from './host-addresses.ts';
import { askHttp, readAnswer } from './http-exchange.ts';

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
  const { clock } = limits;
  const goal = goalOf(check);
  let since = clock.monotonic();
  const lap = (): number => {
    const before = since;
    since = clock.monotonic();
    return since - before;
  };
  const addresses = await resolve(goal.host, limits);
  notes.nameMs = lap();
  notes.step = 'connect';
  notes.socket = await connectTo(addresses, goal.port, limits);
  notes.connectMs = lap();
  if (goal.tls) {
    notes.step = 'tls';
    const secured = await secure(notes.socket, goal.tls, limits);
    notes.socket = secured.socket;
    notes.tlsMs = lap();
    if (secured.certificate) notes.certificate = secured.certificate;
  }
  if (check.type !== 'http' || isRefused(check, notes.certificate)) return;
  notes.step = 'request';
  const response = await askHttp(notes.socket, new URL(check.url), check.method, limits);
  notes.firstByteMs = lap();
  notes.step = 'body';
  notes.answer = await readAnswer(response, check.expectText !== undefined, limits);
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

function goalOf(check: TcpCheck | TlsCheck | HttpCheck): Goal {
  if (check.type === 'tcp') return { host: check.host, port: check.port };
  if (check.type === 'tls') {
    const { host, port, serverName, ca } = check;
    return { host, port, tls: { serverName, ca, protocol: undefined } };
  }
  const url = new URL(check.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secured = url.protocol === 'https:';
  const port = url.port === '' ? (secured ? 443 : 80) : Number(url.port);
  return { host, port, ...(secured && { tls: { serverName: host, ca: check.ca, protocol: 'http/1.1' } }) };
}
