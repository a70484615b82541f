import type { Precision } from '../../core/line-protocol.ts';
import type { WriteApi } from './write-error.ts';

/** How timestamps of a body are counted: in `precision`, each worth `scale` of it (InfluxDB 1.x knows minutes and hours, too). */
export interface TimeUnit {
  readonly precision: Precision;
  readonly scale: number;
}

const unit = (precision: Precision, scale = 1): TimeUnit => ({ precision, scale });

const V2: Readonly<Record<string, TimeUnit>> = { ns: unit('ns'), us: unit('us'), ms: unit('ms'), s: unit('s') };
const V1: Readonly<Record<string, TimeUnit>> = {
  ...V2,
  n: unit('ns'),
  u: unit('us'),
  µ: unit('us'),
  m: unit('s', 60),
  h: unit('s', 3600),
};

/** Reads the query's `precision`; nanoseconds when absent. Undefined for one that `api` does not have. */
export function readPrecision(api: WriteApi, text: string | undefined): TimeUnit | undefined {
  if (text === undefined || text === '') return V2['ns'];
  const units = api === 'v1' ? V1 : V2;
  return Object.hasOwn(units, text) ? units[text] : undefined;
}
