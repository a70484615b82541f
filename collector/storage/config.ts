import { resolve } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { duration } from '../../runtime/config-schema.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Influx1Store } from './influx1.ts';
import { Influx2Store } from './influx2.ts';
import { SqliteStore } from './sqlite/store.ts';
import type { MetricStore } from './storage.ts';

const httpUrl = z.url({ protocol: /^https?$/, error: 'an http or https address such as http://127.0.0.1:8086' });
const timeout = duration.prefault('10s');
const name = z.string().min(1);

const retention = z
  .strictObject({
    /** Points as they came. */
    raw: duration.prefault('7d'),
    /** Mean, minimum, maximum and last per 5 minutes. */
    '5m': duration.prefault('90d'),
    /** The same per hour. */
    '1h': duration.prefault('730d'),
  })
  .refine((kept) => kept.raw >= 86_400_000, { error: 'at least 1d', path: ['raw'] })
  .refine((kept) => kept['5m'] >= kept.raw, { error: 'at least as long as raw', path: ['5m'] })
  .refine((kept) => kept['1h'] >= kept['5m'], { error: 'at least as long as 5m', path: ['1h'] });

/** The `storage` section of the collector's configuration. */
export const storageSchema = z.discriminatedUnion(
  'driver',
  [
    z.strictObject({
      driver: z.literal('sqlite'),
      /** Relative to data_dir. */
      path: name.default('metrics.db'),
      retention: retention.prefault({}),
    }),
    z.strictObject({
      driver: z.literal('influx1'),
      url: httpUrl,
      /** Created at start when missing. */
      database: name,
      username: name.optional(),
      password: z.string().optional(),
      /** The database's default policy when left out. */
      retention_policy: name.optional(),
      timeout,
    }),
    z.strictObject({
      driver: z.literal('influx2'),
      url: httpUrl,
      org: name,
      bucket: name,
      token: name,
      /** Where /query of the 1.x interface is, if not at `url`. */
      query_url: httpUrl.optional(),
      /** The database that the 1.x interface maps to the bucket (InfluxDB: DBRP mapping); the bucket's name when left out. */
      database: name.optional(),
      timeout,
    }),
  ],
  { error: 'driver: sqlite, influx1 or influx2' },
);

export type StorageConfig = z.output<typeof storageSchema>;

export interface StoreParts {
  /** Absolute. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Only the embedded store needs one: the servers have limits of their own. */
  readonly seriesPerSchool?: number;
}

/** The store that the configuration names; nothing is opened before its `start()`. */
export function createStore(config: StorageConfig, parts: StoreParts): MetricStore {
  switch (config.driver) {
    case 'sqlite': {
      const kept = config.retention;
      return new SqliteStore({
        ...parts,
        file: resolve(parts.dataDir, config.path),
        retention: [kept.raw, kept['5m'], kept['1h']],
        limits: {
          seriesPerSchool: parts.seriesPerSchool ?? 200_000,
          fieldsPerMeasurement: 1000,
          fieldSetsPerMeasurement: 4096,
        },
      });
    }
    case 'influx1':
      return new Influx1Store(config, parts);
    case 'influx2':
      return new Influx2Store(config);
  }
}
