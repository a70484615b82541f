import { WIDE_COUNTERS } from '../normalise/derive.ts';
import type { Profile, ProfileSymbol, RowTag } from '../profile/profile.ts';

/** What one poll of a device asks for, in this order of importance. */
export interface PollPlan {
  /** Instance OIDs. */
  readonly scalars: readonly ProfileSymbol[];
  readonly tables: readonly TablePlan[];
}

/** Columns that make up one measurement; they may come from several MIB tables with the same index. */
export interface TablePlan {
  readonly measurement: string;
  readonly tags: readonly RowTag[];
  /** Change all the time: read at every poll, first. */
  readonly fast: readonly ProfileSymbol[];
  /** 32-bit counters, wanted only where a row lacks the 64-bit one. */
  readonly fallback: readonly ProfileSymbol[];
  /** Names, speed, configuration: change when somebody changes them. Read apart, so that they can be read rarely. */
  readonly slow: readonly ProfileSymbol[];
}

/** ifTable and ifXTable have one row per interface between them (RFC 2863); Telegraf calls the measurement `interface`. */
const MEASUREMENTS: Readonly<Record<string, string>> = { ifTable: 'interface', ifXTable: 'interface' };

const SLOW = new Set(['ifType', 'ifSpeed', 'ifHighSpeed', 'ifAdminStatus']);

export function planPoll(profile: Profile): PollPlan {
  const texts = [...profile.fields.values()].flat();
  const scalars = [
    ...profile.scalars.map((s) => s.symbol),
    ...texts.flatMap((source) => ('symbol' in source ? [source.symbol] : [])),
    ...profile.deviceTags.map((t) => t.symbol),
  ];
  const groups = Map.groupBy(profile.tables, (t) => MEASUREMENTS[t.name] ?? t.name);
  return {
    scalars: [...new Map(scalars.map((s) => [s.oid, s])).values()],
    tables: [...groups].map(([measurement, tables]) => {
      const symbols = tables.flatMap((t) => t.symbols);
      const tags = tables.flatMap((t) => t.tags);
      const names = new Set(symbols.map((s) => s.name));
      const isFallback = (s: ProfileSymbol): boolean => names.has(WIDE_COUNTERS[s.name] ?? '');
      return {
        measurement,
        tags,
        fast: symbols.filter((s) => !SLOW.has(s.name) && !isFallback(s)),
        fallback: symbols.filter(isFallback),
        slow: [
          ...symbols.filter((s) => SLOW.has(s.name)),
          ...tags.flatMap((t) => (t.source.kind === 'column' ? [t.source.symbol] : [])),
        ],
      };
    }),
  };
}
