import { RATES, WIDE_COUNTERS } from '../derive.ts';
import { SLOW_FIELDS } from '../interface.ts';
import type { PortLayout } from './layout.ts';
import { Piece } from './text-buffer.ts';

export interface FieldPlan {
  readonly column: number;
  /** `,name=` */
  readonly piece: Piece;
}

export interface RatePlan {
  readonly piece: Piece;
  readonly factor: number;
  readonly steps: number;
  readonly isOctets: boolean;
  /** The columns whose rates add up to it. */
  readonly columns: readonly number[];
}

/** What is reported of rows that have the same columns. */
export interface RowPlan {
  readonly fields: readonly FieldPlan[];
  readonly rates: readonly RatePlan[];
  /** Columns, -1 where the rows have none. */
  readonly highSpeed: number;
  readonly speed: number;
  /** Something else than names and settings was read. */
  readonly isReported: boolean;
  /** Places in `rates`, -1 where there is none: octets in and out, packets in and out, errors in and out. */
  readonly octets: readonly [number, number];
  readonly packets: readonly [number, number];
  readonly errors: readonly [number, number];
}

export interface LinePlan {
  readonly plans: readonly RowPlan[];
  /** Which of them, by row. */
  readonly planOf: Uint16Array;
  /** By column: a counter of 64 bits. */
  readonly is64: readonly boolean[];
}

const known = new WeakMap<PortLayout, LinePlan>();

/** Worked out once for a layout. */
export function linePlan(layout: PortLayout): LinePlan {
  const found = known.get(layout) ?? makePlan(layout);
  known.set(layout, found);
  return found;
}

function makePlan(layout: PortLayout): LinePlan {
  const width = layout.columns.length;
  const plans: RowPlan[] = [];
  const byMask = new Map<string, number>();
  const planOf = new Uint16Array(layout.rows.length);
  for (let r = 0; r < layout.rows.length; r++) {
    const mask = layout.present.subarray(r * width, r * width + layout.numbers).join('');
    let k = byMask.get(mask);
    if (k === undefined) {
      k = plans.length;
      byMask.set(mask, k);
      plans.push(planRow(layout, (c) => layout.present[r * width + c] === 1));
    }
    planOf[r] = k;
  }
  return { plans, planOf, is64: layout.columns.map((c) => c.type === 'Counter64') };
}

/** As normaliseInterfaces and deriveInterface say. */
function planRow(layout: PortLayout, has: (column: number) => boolean): RowPlan {
  const columns = new Map<string, number>();
  for (const [c, { name }] of layout.columns.slice(0, layout.numbers).entries()) if (has(c)) columns.set(name, c);
  const fields = [...columns]
    .filter(([name]) => !columns.has(WIDE_COUNTERS[name] ?? ''))
    .map(([name, column]): FieldPlan => ({ column, piece: new Piece(`,${name}=`) }));
  const isCounter = (c: number): boolean => /^Counter/.test(layout.columns[c]!.type);
  const rates: RatePlan[] = [];
  const place = new Map<string, number>();
  for (const { field, parts, unit, factor, steps } of RATES) {
    const used = parts.flatMap((names) => {
      const name = names.find((n) => columns.has(n));
      return name === undefined ? [] : [columns.get(name)!];
    });
    if (used.length === 0 || !used.every(isCounter)) continue;
    place.set(field, rates.length);
    rates.push({ piece: new Piece(`,${field}=`), factor, steps, isOctets: unit === 'octets', columns: used });
  }
  const at = (field: string): number => place.get(field) ?? -1;
  return {
    fields,
    rates,
    highSpeed: columns.get('ifHighSpeed') ?? -1,
    speed: columns.get('ifSpeed') ?? -1,
    isReported: fields.some((f) => !SLOW_FIELDS.includes(layout.columns[f.column]!.name)),
    octets: [at('in_bits_per_s'), at('out_bits_per_s')],
    packets: [at('in_packets_per_s'), at('out_packets_per_s')],
    errors: [at('in_errors_per_s'), at('out_errors_per_s')],
  };
}
