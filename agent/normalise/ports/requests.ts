import type { PortBlock, PortLayout } from './layout.ts';
import { type BlockScalar, IF_NUMBER, IF_TABLE_LAST_CHANGE, SYS_UP_TIME } from './read-block.ts';

/** One GetBulk. */
export interface BlockRequest {
  readonly nonRepeaters: readonly string[];
  readonly repeaters: readonly string[];
  readonly maxRepetitions: number;
}

/** Requests in the order of their blocks, and what stands before the cells of each answer. */
export interface BlockRequests {
  readonly requests: readonly BlockRequest[];
  readonly scalars: readonly (readonly BlockScalar[])[];
  readonly blocks: readonly PortBlock[];
  /** Place of each of them among all blocks of the layout. */
  readonly numbers: readonly number[];
}

export interface RequestSet {
  readonly all: BlockRequests;
  readonly fast: BlockRequests;
  readonly slow: BlockRequests;
}

/** Scalars that tell of change, by what a device has: ifNumber, ifTableLastChange (RFC 2863). Without their `.0`, as GetBulk asks for what follows. */
const SIGNS = [
  { scalar: IF_NUMBER, oid: '1.3.6.1.2.1.2.1' },
  { scalar: IF_TABLE_LAST_CHANGE, oid: '1.3.6.1.2.1.31.1.5' },
] as const;
const UP_TIME = { scalar: SYS_UP_TIME, oid: '1.3.6.1.2.1.1.3' };

const known = new WeakMap<PortLayout, Map<string, RequestSet>>();

/** Made once for a layout and what the device has of the signs. @param has ifNumber and ifTableLastChange */
export function requestSet(layout: PortLayout, has: readonly [boolean, boolean]): RequestSet {
  const sets = known.get(layout) ?? new Map<string, RequestSet>();
  known.set(layout, sets);
  const key = has.join();
  const found =
    sets.get(key) ??
    makeSet(
      layout,
      SIGNS.filter((_, k) => has[k]),
    );
  sets.set(key, found);
  return found;
}

type Asked = { readonly scalar: BlockScalar; readonly oid: string };

function makeSet(layout: PortLayout, signs: readonly Asked[]): RequestSet {
  const made = layout.blocks.map((block, number) => {
    const asked = number === 0 ? [UP_TIME, ...signs] : [UP_TIME];
    return { block, number, scalars: asked.map((a) => a.scalar), request: requestFor(layout, block, asked) };
  });
  const part = (some: typeof made): BlockRequests => ({
    requests: some.map((m) => m.request),
    scalars: some.map((m) => m.scalars),
    blocks: some.map((m) => m.block),
    numbers: some.map((m) => m.number),
  });
  return {
    all: part(made),
    fast: part(made.filter((m) => !m.block.slow)),
    slow: part(made.filter((m) => m.block.slow)),
  };
}

function requestFor(layout: PortLayout, { columns, rows, endOf }: PortBlock, asked: readonly Asked[]): BlockRequest {
  const oid = (c: number, row: number | undefined): string =>
    row === undefined ? layout.columns[c]!.oid : `${layout.columns[c]!.oid}.${layout.rows[row]!.index}`;
  // Each column goes on from the last row before the block's first; all of a block's columns have the same rows.
  let before: number | undefined;
  for (let r = 0; r < rows[0]!; r++) if (layout.present[r * layout.columns.length + columns[0]!] === 1) before = r;
  return {
    nonRepeaters: [...asked.map((a) => a.oid), ...(endOf === undefined ? [] : [oid(endOf, rows.at(-1))])],
    repeaters: [...columns].map((c) => oid(c, before)),
    maxRepetitions: rows.length,
  };
}
