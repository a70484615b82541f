import { join } from 'node:path';
import { z } from 'zod';
import { pemCertificates } from '../../runtime/config-schema.ts';
import { type PostgresSettings, readPostgresUrl } from './postgres-settings.ts';

const address = z.string().transform((text, context) => {
  const found = readPostgresUrl(text);
  if (found) return found;
  context.addIssue({
    code: 'custom',
    message: 'postgres://user:password@host:port/database, or postgres://user@/database?host=/run/postgresql',
  });
  return z.NEVER;
});

/** Where alerts, messages, agreements and tokens are kept. Without it: SQLite in `data_dir`. */
export const stateSchema = z.strictObject({
  postgres: address,
  /** Most connections at once. */
  pool: z.number().int().min(2).max(100).default(10),
  /** `{}`: the system's authorities. */
  tls: z.strictObject({ ca: pemCertificates.optional() }).optional(),
});

/** For a collector that shares its state with others, each of which may take over its schools. */
export const clusterSchema = z.strictObject({
  /** How the others reach this one. */
  url: z.url({ protocol: /^https?$/, error: 'an http(s) URL such as https://collector-1.example.org:8086' }),
  /** The authority of the others' certificates; without it the system's. */
  ca: pemCertificates.optional(),
});

/** What an operator should know of where the state is; undefined: nothing. */
export function stateWarning(state: z.output<typeof stateSchema> | undefined): string | undefined {
  const host = state?.postgres.host ?? '/';
  if (state?.tls || /^(\/|127\.|::1$|localhost$)/.test(host)) return undefined;
  return `the state database at ${host} is reached without TLS: its password and what it holds can be read on the way`;
}

/** For `openState`. */
export function stateLocation(config: {
  readonly dataDir: string;
  readonly state?: z.output<typeof stateSchema> | undefined;
}): string | PostgresSettings {
  if (!config.state) return join(config.dataDir, 'state.db');
  const { postgres, pool, tls } = config.state;
  return { ...postgres, pool, tls: tls && { ca: tls.ca } };
}
