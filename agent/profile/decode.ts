import { z } from 'zod';
import { type LoadedConfig, type Problem, parseConfig } from '../../runtime/config-file.ts';
import type { ConfigPath } from '../../runtime/config-issue.ts';
import { type DecodedProfile, METRIC_TYPES, type ProfileSymbol, type ProfileTable, type RowTag } from './profile.ts';

const oid = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\.?\d+(\.\d+)+$/, 'an OID of numbers'))
  .transform((text) => text.replace(/^\./, ''));

// Loose on purpose: a key of another dialect is a warning with its line, not an error (unknownKeys below).
const symbol = z.looseObject({ OID: oid, name: z.string().min(1), metric_type: z.enum(METRIC_TYPES).optional() });
const rowTag = z
  .looseObject({
    tag: z.string().min(1),
    symbol: symbol.optional(),
    column: symbol.optional(),
    index: z.number().int().min(1).optional(),
  })
  .refine((t) => (t.symbol ?? t.column ?? t.index) !== undefined, 'a symbol, column or index');
const metric = z
  .looseObject({
    MIB: z.string().optional(),
    symbol: symbol.optional(),
    OID: oid.optional(),
    name: z.string().optional(),
    table: z.union([z.string(), z.looseObject({ OID: oid.optional(), name: z.string() })]).optional(),
    symbols: z.array(symbol).optional(),
    metric_tags: z.array(rowTag).optional(),
    metric_type: z.enum(METRIC_TYPES).optional(),
    forced_type: z.enum(METRIC_TYPES).optional(),
  })
  .refine((m) => m.symbol || m.symbols || (m.OID && m.name), 'a symbol, or a table with symbols');
const deviceTag = z.looseObject({ tag: z.string().min(1), symbol });
const field = z.looseObject({ symbol: symbol.optional(), value: z.string().optional() });
const file = z.looseObject({
  extends: z.array(z.string()).default([]),
  metrics: z.array(metric).default([]),
  metric_tags: z.array(deviceTag).default([]),
  metadata: z.looseObject({ device: z.looseObject({ fields: z.record(z.string(), field) }).optional() }).optional(),
});

type RawFile = z.output<typeof file>;
type RawMetric = z.output<typeof metric>;
type RawSymbol = z.output<typeof symbol>;

/**
 * Reads one profile in the Datadog dialect (scalars, tables, tags by column or index, `extends`).
 * A key that is not used is a warning with its line. @throws ConfigError when the file is no profile.
 */
export function decodeProfile(text: string, name: string): DecodedProfile {
  const loaded = parseConfig(text, name, file, { env: {} });
  const { value } = loaded;
  const fields = Object.values(value.metadata?.device?.fields ?? {});
  return {
    profile: {
      file: name.replace(/^.*\//, ''),
      extends: value.extends,
      scalars: value.metrics.filter((m) => !m.symbols).map(scalarOf),
      texts: fields.flatMap((f) => (f.symbol ? [symbolOf(f.symbol)] : [])),
      deviceTags: value.metric_tags.map((t) => ({ tag: t.tag, symbol: symbolOf(t.symbol) })),
      tables: value.metrics.filter((m) => m.symbols).map(tableOf),
    },
    warnings: unknownKeys(loaded),
  };
}

function scalarOf(m: RawMetric): ProfileSymbol {
  const own = m.symbol ?? { OID: m.OID!, name: m.name! };
  return symbolOf(own, m);
}

function tableOf(m: RawMetric): ProfileTable {
  return {
    // Without a table's name the file still says what belongs together: the entry.
    name: typeof m.table === 'string' ? m.table : (m.table?.name ?? m.symbols![0]!.name),
    symbols: m.symbols!.map((s) => symbolOf(s, m)),
    tags: (m.metric_tags ?? []).map((t): RowTag => {
      const column = t.symbol ?? t.column;
      return column ? { tag: t.tag, column: symbolOf(column) } : { tag: t.tag, index: t.index! };
    }),
  };
}

function symbolOf(s: Pick<RawSymbol, 'OID' | 'name' | 'metric_type'>, entry?: RawMetric): ProfileSymbol {
  return { oid: s.OID, name: s.name, type: s.metric_type ?? entry?.metric_type ?? entry?.forced_type };
}

function unknownKeys(loaded: LoadedConfig<RawFile>): Problem[] {
  const found: Problem[] = [];
  const check = (value: object | undefined, schema: z.ZodObject, path: ConfigPath): void => {
    for (const key of Object.keys(value ?? {}))
      if (!(key in schema.shape)) found.push(loaded.problem([...path, key], 'a key that is used', `"${key}", ignored`));
  };
  const { value } = loaded;
  check(value, file, []);
  value.metric_tags.forEach((t, i) => {
    check(t, deviceTag, ['metric_tags', i]);
    check(t.symbol, symbol, ['metric_tags', i, 'symbol']);
  });
  value.metrics.forEach((m, i) => {
    const path = ['metrics', i];
    check(m, metric, path);
    check(m.symbol, symbol, [...path, 'symbol']);
    m.symbols?.forEach((s, j) => {
      check(s, symbol, [...path, 'symbols', j]);
    });
    m.metric_tags?.forEach((t, j) => {
      check(t, rowTag, [...path, 'metric_tags', j]);
      check(t.symbol, symbol, [...path, 'metric_tags', j, 'symbol']);
      check(t.column, symbol, [...path, 'metric_tags', j, 'column']);
    });
  });
  return found;
}
