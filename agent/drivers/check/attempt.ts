import type { PingTimes } from '../ping.ts';

/** Where an attempt ended. */
export type Step = 'name' | 'connect' | 'tls' | 'request' | 'body' | 'query' | 'ping';

/**
 * Why an attempt came to no end. `ours`: it could not be made from here (no route, no name server, no sockets left), which says nothing of
 * the service. `no_name`: the name server says that there is no such host.
 */
export interface Fault {
  readonly step: Step;
  readonly kind: 'ours' | 'timeout' | 'refused' | 'broken' | 'no_name';
  /** In words, such as "no connection within 5s". */
  readonly text: string;
}

/** What a TLS server showed. Times in ms since the epoch. */
export interface CertificateFacts {
  readonly commonName: string;
  readonly issuer: string;
  readonly serial: string;
  readonly validFrom: number;
  readonly validTo: number;
  /** Why it is not trusted (`CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT`, ...); undefined when it is. */
  readonly chainError: string | undefined;
  /** Why it is not for the name asked for; undefined when it is. */
  readonly nameError: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** Octets of the body: as announced, else as read. */
  readonly length: number;
  /** What was read of it, at most 1 MiB, where a text is looked for. */
  readonly text: string | undefined;
  /** Where a redirect that was not followed leads, without its query. */
  readonly location: string | undefined;
}

/** Of a connection: how long each step took, as far as it came, over all redirects followed. Durations in ms. */
export interface ConnectionAttempt {
  readonly type: 'tcp' | 'tls' | 'http';
  readonly totalMs: number;
  readonly nameMs?: number;
  readonly connectMs?: number;
  readonly tlsMs?: number;
  readonly firstByteMs?: number;
  readonly certificate?: CertificateFacts;
  readonly answer?: HttpAnswer;
  readonly fault?: Fault;
}

export interface DnsAttempt {
  readonly type: 'dns';
  readonly totalMs: number;
  /** RFC 1035 response code; absent without an answer. */
  readonly rcode?: number;
  /** As text: `192.0.2.1`, `10 mail.example.org`. */
  readonly records: readonly string[];
  readonly fault?: Fault;
}

export interface GatewayAttempt {
  readonly type: 'gateway';
  readonly address?: string;
  readonly times?: PingTimes;
  readonly fault?: Fault;
}

export type Attempt = ConnectionAttempt | DnsAttempt | GatewayAttempt;
