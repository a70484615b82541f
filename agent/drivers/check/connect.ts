import { connect, type LookupFunction, type Socket } from 'node:net';
import { checkServerIdentity, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { CertificateFacts } from './attempt.ts';
import type { Limits } from './deadline.ts';
import type { Address } from './host-addresses.ts';

/** Connects to the first of the addresses that answers; one after the other, each within its share of the time. The socket is the caller's to destroy. Rejects with the system's error. */
export function connectTo(addresses: readonly Address[], port: number, limits: Limits): Promise<Socket> {
  const all = addresses.map(({ address, family }) => ({ address, family }));
  const lookup: LookupFunction = (_host, options, done) => {
    if (options.all) done(null, all);
    else done(null, all[0]!.address, all[0]!.family);
  };
  // A literal address would pass the lookup by, and with it the others.
  const share = Math.max(250, Math.floor(limits.timeoutMs / all.length));
  const socket = connect({
    host: 'service',
    port,
    lookup,
    autoSelectFamily: true,
    // The default, 250 ms, is less than a line over a satellite takes.
    autoSelectFamilyAttemptTimeout: share,
  });
  return ready(socket, 'connect', limits).then(() => socket);
}

export interface Secured {
  readonly socket: TLSSocket;
  readonly certificate: CertificateFacts | undefined;
}

export interface SecureOptions {
  readonly serverName: string;
  readonly ca: string | undefined;
  /** As in ALPN; undefined offers none. */
  readonly protocol: string | undefined;
}

/** TLS over `socket`, to its end whatever the certificate is worth: name and chain are told apart in what it gives. */
export async function secure(socket: Socket, options: SecureOptions, limits: Limits): Promise<Secured> {
  const { serverName, ca, protocol } = options;
  const tls = tlsConnect({
    socket,
    // RFC 6066, section 3: an address is no server name.
    ...(isAddress(serverName) ? {} : { servername: serverName }),
    rejectUnauthorized: false,
    // Node would put the name's error in place of the chain's.
    checkServerIdentity: () => undefined,
    ...(ca === undefined ? {} : { ca }),
    ...(protocol === undefined ? {} : { ALPNProtocols: [protocol] }),
  });
  await ready(tls, 'secureConnect', limits);
  return { socket: tls, certificate: certificateFacts(tls, serverName) };
}

function certificateFacts(tls: TLSSocket, serverName: string): CertificateFacts | undefined {
  const x509 = tls.getPeerX509Certificate();
  if (!x509) return undefined;
  // After getPeerX509Certificate, getPeerCertificate gives an empty object.
  const peer = x509.toLegacyObject();
  const chain = tls.authorizationError as unknown;
  return {
    commonName: one(peer.subject?.CN),
    issuer: one(peer.issuer?.CN) || one(peer.issuer?.O),
    serial: x509.serialNumber,
    validFrom: Date.parse(x509.validFrom),
    validTo: Date.parse(x509.validTo),
    chainError: tls.authorized ? undefined : chain instanceof Error ? chain.message : String(chain),
    nameError: checkServerIdentity(serverName, peer)?.message,
  };
}

function one(value: string | string[] | undefined): string {
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}

function isAddress(name: string): boolean {
  return /^[\d.]+$|:/.test(name);
}

/** Waits for the event that says a socket can be used; destroys it otherwise. */
function ready(socket: Socket | TLSSocket, event: 'connect' | 'secureConnect', limits: Limits): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      socket.destroy(new Error('cut'));
    };
    const settle = (end: () => void): void => {
      limits.signal.removeEventListener('abort', abort);
      end();
    };
    // Stays: a late error of a socket nobody waits for any more must not end the process.
    socket.on('error', (error) => settle(() => reject(error)));
    socket.once('close', () => settle(() => reject(new Error('the other side closed the connection'))));
    socket.once(event, () => settle(resolve));
    limits.signal.addEventListener('abort', abort, { once: true });
    if (limits.signal.aborted) abort();
  });
}
