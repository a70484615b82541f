export interface ServerSettings {
  /** Most bytes of a write request on the wire, and decompressed. The latter is read in one go, at about 30 ms per MB. */
  readonly bodyLimit: number;
  readonly inflatedLimit: number;
  /** Write requests at once, and the bytes they may hold together. */
  readonly inFlightBatches: number;
  readonly inFlightBytes: number;
  /** A write is answered within this time (503 when it is not done). */
  readonly writeTimeoutMs: number;
  /** Requests of one account, token or session to the API, over all its routes; an open page makes about 60. */
  readonly requestsPerMinute: number;
  /** Whose X-Forwarded-* headers are believed: false (nobody's), or addresses and ranges of proxies. */
  readonly trustProxy: false | string[];
  /** The address people use (`https://collector.example.org`), when a proxy is in front. */
  readonly publicUrl: string | undefined;
  /** PEM texts for TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

export const DEFAULT_SETTINGS: ServerSettings = {
  bodyLimit: 8 * 1024 ** 2,
  inflatedLimit: 16 * 1024 ** 2,
  inFlightBatches: 64,
  inFlightBytes: 256 * 1024 ** 2,
  writeTimeoutMs: 30_000,
  requestsPerMinute: 600,
  trustProxy: false,
  publicUrl: undefined,
  tls: undefined,
};
