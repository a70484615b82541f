/** Kinds of DNS records that can be asked for. */
export const RECORD_TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

export interface DnsCheck {
  readonly type: 'dns';
  /** The name asked for. */
  readonly query: string;
  readonly record: RecordType;
  /** The server asked; undefined: those of this machine. */
  readonly server: { readonly address: string; readonly port: number } | undefined;
  /** Any record, the answer that there is no such name, or records of this list only. */
  readonly expect: 'any' | 'nxdomain' | readonly string[];
}

export interface TcpCheck {
  readonly type: 'tcp';
  readonly host: string;
  readonly port: number;
}

/** How a server's certificate is taken. */
export interface TlsTrust {
  /** Whether a wrong name or chain is a failure; it is told in either case. */
  readonly verify: boolean;
  /** PEM: authorities trusted in place of the public ones. */
  readonly ca: string | undefined;
}

export interface TlsCheck extends TlsTrust {
  readonly type: 'tls';
  readonly host: string;
  readonly port: number;
  /** The name asked for (SNI) and looked for in the certificate. */
  readonly serverName: string;
}

export interface HttpCheck extends TlsTrust {
  readonly type: 'http';
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  /** Ranges of good status codes, ends included. */
  readonly expectStatus: readonly (readonly [from: number, to: number])[];
  /** Text that must stand in the first MiB of the body. */
  readonly expectText: string | undefined;
  /** Whether a redirect to the same host is followed. */
  readonly followRedirects: boolean;
}

export interface GatewayCheck {
  readonly type: 'gateway';
  /** Undefined: the default gateway of this machine, looked up at each check. */
  readonly host: string | undefined;
}

export type Check = DnsCheck | TcpCheck | TlsCheck | HttpCheck | GatewayCheck;

/** When a service is checked at its interval; at other times at `outsideMs`, or (undefined) not at all. */
export interface Window {
  /** `mon`..`sun`; empty: each day, unless there are dates. */
  readonly weekdays: readonly string[];
  /** `YYYY-MM-DD`, ends included; as weekdays, beside them. */
  readonly dates: readonly (readonly [from: string, to: string])[];
  /** Minutes of the day, the last not included. */
  readonly from: number;
  readonly to: number;
  /** IANA name; undefined: that of this machine. */
  readonly tz: string | undefined;
  readonly outsideMs: number | undefined;
}

/** One service to check, with everything resolved. Durations in ms. */
export interface Service {
  /** Unique in the file; becomes the tag `service`. */
  readonly name: string;
  readonly domain: string;
  readonly intervalMs: number;
  /** For one attempt as a whole. */
  readonly timeoutMs: number;
  readonly window: Window | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly check: Check;
}
