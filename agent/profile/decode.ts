import { z } from 'zod';
import { errorMessage } from '../../core/errors.ts';
import { parseConfig } from '../../runtime/config-file.ts';
import { decodeFields, decodeFieldsByObjectId } from './decode-metadata.ts';
import { decodeMetrics, INSTANCE } from './decode-metric.ts';
import { decodeSelectors } from './decode-selector.ts';
import { decodeStaticTags, decodeTag } from './decode-tag.ts';
import { isForeign } from './foreign.ts';
import { type Notes, Part } from './part.ts';
import { goPattern } from './pattern.ts';
import type { DecodedProfile, MetricGroup, Profile, ProfileTable, RowTag } from './profile.ts';

/** Sections of the dialects that have no counterpart here. */
const NOT_USED = [
  'virtual_metrics',
  'topology',
  'licensing',
  'bgp',
  'traps',
  'attributes',
  'discovery',
  'modules',
  'no_use_bulkwalkall',
];

/**
 * Reads one profile in the dialect of Datadog, Netdata or Kentik, with our own additions (docs/profiles.md).
 * What cannot be read is a warning with its place and costs that symbol, tag or entry; a key that is not used is a warning.
 *
 * @throws ConfigError when the file is no YAML, or no mapping
 */
export function decodeProfile(text: string, name: string): DecodedProfile {
  const loaded = parseConfig(text, name, z.record(z.string(), z.unknown()), { asWritten: true });
  const notes: Notes = { warnings: [], problem: loaded.problem };
  const root = new Part(loaded.value, [], notes);
  const { scalars, tables, loaded: read, total } = decodeMetrics(root);
  const tags = decodeRootTags(root, tables);
  const profile: Profile = {
    file: name.replace(/^.*\//, ''),
    extends: root.texts('extends'),
    ...decodeMoved(root),
    selectors: decodeSelectors(root),
    scalars,
    fields: decodeFields(root),
    fieldsByObjectId: decodeFieldsByObjectId(root),
    deviceTags: tags.device,
    ...(Object.keys(tags.fixed).length > 0 && { staticTags: tags.fixed }),
    tables: tables.map((table) => withTags(table, tags.rows)),
    without: root.texts('without'),
    ...decodeMatches(root),
  };
  root.skip('name', 'description', 'version', 'author', 'MIB', 'mib');
  root.unused(...NOT_USED);
  root.finish();
  const warnings = notes.warnings.toSorted((a, b) => a.line - b.line || a.col - b.col);
  return { profile, foreign: isForeign(loaded.value), warnings, loaded: read, total, problem: loaded.problem };
}

/** Kentik's: a pattern of sysDescr (in lower case there; we look at either case) and the file for such a device. */
function decodeMatches(root: Part): Pick<Profile, 'matches'> {
  const part = root.part('matches');
  const matches = new Map<string, string>();
  for (const pattern of part?.keys ?? []) {
    const file = part!.text(pattern);
    try {
      goPattern(pattern);
      if (file !== undefined) matches.set(pattern, file);
    } catch (error) {
      part!.wrong(pattern, 'a regular expression', errorMessage(error));
    }
  }
  return matches.size > 0 ? { matches } : {};
}

function decodeMoved(root: Part): Pick<Profile, 'moved'> {
  const moved = root.parts('moved').flatMap((part) => {
    const from = part.oid('from');
    const to = part.oids('to');
    if ((from === undefined || to.length === 0) && !part.bad) part.wrong(undefined, 'from and to');
    return from === undefined || part.bad ? [] : [{ from, to }];
  });
  return moved.length > 0 ? { moved } : {};
}

interface RootTags {
  readonly device: Profile['deviceTags'];
  readonly rows: readonly RowTag[];
  readonly fixed: Readonly<Record<string, string>>;
}

/** Tags at the root: of scalars for the whole device, of columns (Kentik) for the rows of every table of the file, fixed ones for all. */
function decodeRootTags(root: Part, tables: readonly ProfileTable[]): RootTags {
  const tags = root.parts('metric_tags').flatMap((part) => decodeTag(part) ?? []);
  const entries = new Set(tables.flatMap((table) => table.symbols.map(({ oid }) => entryOf(oid))));
  // Kentik names a scalar there without its instance: what is surely a column stands beside others of its table, what may be either is asked as both.
  const isInstance = ({ source }: RowTag): boolean => source.kind === 'column' && INSTANCE.test(source.symbol.oid);
  const isColumn = ({ source }: RowTag): boolean =>
    source.kind !== 'column' || (tables.length > 0 && entries.has(entryOf(source.symbol.oid)));
  const fixed = [...tags, ...decodeStaticTags(root)].flatMap(({ tag, source }): [string, string][] =>
    source.kind === 'static' ? [[tag, source.value]] : [],
  );
  return {
    device: tags.filter((tag) => !isColumn(tag)).flatMap(deviceTag),
    rows: tags.filter((tag) => !isInstance(tag) && tag.source.kind !== 'static'),
    fixed: Object.fromEntries(fixed.toReversed()),
  };
}

/** A tag that is made of several groups of one text is several tags of the device. */
function deviceTag({ tag, source, mapping, match }: RowTag): Profile['deviceTags'] {
  if (source.kind !== 'column') return [];
  const { oid } = source.symbol;
  const instance = INSTANCE.test(oid) ? oid : `${oid}.0`;
  const symbol = { ...source.symbol, oid: instance, ...(mapping && { mapping }) };
  if (!match) return [{ tag, symbol }];
  return Object.entries(match.tags).map(([name, value]) => ({
    tag: name,
    symbol: { ...symbol, match: { pattern: match.pattern, value } },
  }));
}

/** The OID of the row that a column belongs to. */
function entryOf(oid: string): string {
  return oid.replace(/\.\d+$/, '');
}

function withTags<T extends MetricGroup>(group: T, tags: readonly RowTag[]): T {
  return tags.length === 0 ? group : { ...group, tags: [...group.tags, ...tags] };
}
