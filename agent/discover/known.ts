import { dirname, resolve as resolvePath } from 'node:path';
import { z } from 'zod';
import { ROLE_DOMAIN, type Role } from '../../core/domain.ts';
import { BellwetherError } from '../../core/errors.ts';
import { loadConfig } from '../../runtime/config-file.ts';
import { type SnmpCredentials, snmp } from '../config.ts';
import type { Resolve } from '../drivers/resolve.ts';
import type { KnownTarget } from './compare.ts';

export interface NamedCredentials {
  /** As it is called in the agent's configuration; undefined: written out at a target. */
  readonly name: string | undefined;
  readonly credentials: SnmpCredentials;
}

/** What discovery takes from an agent's configuration; the rest may be missing: there may be no collector and no target yet. */
const schema = z.looseObject({
  credentials: z.record(z.string(), snmp).default({}),
  icmp: z.looseObject({ fping: z.string().default('fping') }).prefault({}),
  profiles: z.looseObject({ path: z.string().min(1) }).optional(),
  targets: z
    .array(
      z.looseObject({
        name: z.string(),
        host: z.string(),
        role: z.enum(Object.keys(ROLE_DOMAIN) as [Role, ...Role[]]).optional(),
        snmp: z.union([z.literal(false), z.string(), snmp]).optional(),
      }),
    )
    .nullish(),
});

export interface KnownConfig {
  readonly credentials: readonly NamedCredentials[];
  readonly fping: string;
  /** Folder of the user's own profiles. */
  readonly profiles: string | undefined;
  readonly targets: readonly Omit<KnownTarget, 'address'>[];
}

/** @throws ConfigError with every problem of the file */
export function loadKnown(file: string): KnownConfig {
  const { value } = loadConfig(file, schema);
  return {
    credentials: Object.entries(value.credentials).map(([name, credentials]) => ({ name, credentials })),
    fping: value.icmp.fping,
    profiles: value.profiles && resolvePath(dirname(file), value.profiles.path),
    targets: (value.targets ?? []).map(({ name, host, role, snmp: own }) => ({
      name,
      host,
      role,
      snmp: own !== false,
      credentials: setOf(own, value.credentials),
    })),
  };
}

function setOf(
  own: false | string | SnmpCredentials | undefined,
  sets: Readonly<Record<string, SnmpCredentials>>,
): NamedCredentials | undefined {
  if (own === false) return undefined;
  if (typeof own === 'object') return { name: undefined, credentials: own };
  const name = own ?? 'default';
  const credentials = sets[name];
  return credentials && { name, credentials };
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
