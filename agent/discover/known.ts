import { z } from 'zod';
import { BellwetherError } from '../../core/errors.ts';
import { loadConfig } from '../../runtime/config-file.ts';
import { snmp } from '../config.ts';
import type { Resolve } from '../drivers/resolve.ts';
import type { KnownTarget } from './compare.ts';
import type { NamedCredentials } from './probe-one.ts';

/** What discovery takes from an agent's configuration; the rest may be missing: there may be no collector and no target yet. */
const schema = z.looseObject({
  credentials: z.record(z.string(), snmp).default({}),
  icmp: z.looseObject({ fping: z.string().default('fping') }).prefault({}),
  targets: z
    .array(
      z.looseObject({
        name: z.string(),
        host: z.string(),
        snmp: z.union([z.literal(false), z.string(), snmp]).optional(),
      }),
    )
    .default([]),
});

export interface KnownConfig {
  readonly credentials: readonly NamedCredentials[];
  readonly fping: string;
  readonly targets: readonly Omit<KnownTarget, 'address'>[];
}

/** @throws ConfigError with every problem of the file */
export function loadKnown(file: string): KnownConfig {
  const { value } = loadConfig(file, schema);
  return {
    credentials: Object.entries(value.credentials).map(([name, credentials]) => ({ name, credentials })),
    fping: value.icmp.fping,
    targets: value.targets.map((t) => ({ name: t.name, host: t.host, snmp: t.snmp !== false })),
  };
}

const STRENGTH = { '3': 0, '2c': 1, '1': 2 } as const;

/** The strongest first, those of one version as they stand: what is said in the clear is said only where nothing better works. */
export function inOrder(sets: readonly NamedCredentials[]): NamedCredentials[] {
  return [...sets].sort((a, b) => STRENGTH[a.credentials.version] - STRENGTH[b.credentials.version]);
}

/** The targets with the addresses that their hosts have now. */
export function withAddresses(
  targets: KnownConfig['targets'],
  resolve: Resolve,
  signal: AbortSignal,
): Promise<KnownTarget[]> {
  return Promise.all(
    targets.map(async (target) => {
      try {
        return { ...target, address: (await resolve(target.host, signal)).canonical };
      } catch (error) {
        if (!(error instanceof BellwetherError)) throw error;
        return { ...target, address: undefined };
      }
    }),
  );
}
