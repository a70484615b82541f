import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** The data source as provisioned (provisioning/datasources); its uid is what ties the boards to it. */
export const DATASOURCE: DataSourceRef = { type: 'influxdb', uid: 'bellwether' };

export interface InfluxQuery extends cog.Dataquery {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly rawQuery: true;
  readonly query: string;
  readonly resultFormat: 'time_series' | 'table';
  readonly alias: string;
}

/** One raw InfluxQL query of a panel; the SDK has no builder for this data source. */
export class InfluxTarget implements cog.Builder<cog.Dataquery> {
  readonly #target: InfluxQuery;

  /** `alias` names each series: `$tag_device`. Without one the result is a table. */
  constructor(refId: string, query: string, alias?: string) {
    this.#target = {
      refId,
      datasource: DATASOURCE,
      rawQuery: true,
      query,
      resultFormat: alias === undefined ? 'table' : 'time_series',
      alias: alias ?? '',
      _implementsDataqueryVariant: () => {},
    };
  }

  build(): cog.Dataquery {
    return this.#target;
  }
}

/** `where` of a whole board: its variables as conditions, empty or ending in ` AND `. */
export type Scope = string;

/** Each alert's last word, and only those that say "open": an alert's series ends with open = 0 (docs/metrics.md). */
export function openAlerts(scope: Scope, more = ''): string {
  return `(SELECT last("open") AS "open", last("age_s") AS "age_s" FROM "alert" WHERE ${scope}${more}$timeFilter GROUP BY *)`;
}

/** Number of open alerts now, by one tag or in all. */
export function countOpen(scope: Scope, by?: string, more = ''): string {
  const group = by === undefined ? '' : ` GROUP BY "${by}"`;
  return `SELECT sum("open") AS "open" FROM ${openAlerts(scope, more)}${group}`;
}

/** Open alerts over time by one tag; the collector repeats each open alert once a minute. */
export function openOverTime(scope: Scope, by: string): string {
  const each = `(SELECT last("open") AS "open" FROM "alert" WHERE ${scope}$timeFilter GROUP BY time($__interval), *)`;
  return `SELECT sum("open") AS "open" FROM ${each} WHERE $timeFilter GROUP BY time($__interval), "${by}" fill(0)`;
}

/** Number of devices whose last `flag` is set, by one tag or in all. */
export function countDevices(flag: string, scope: Scope, by?: string): string {
  const group = by === undefined ? '' : ` GROUP BY "${by}"`;
  const each = `(SELECT last("${flag}") AS "flag" FROM "device" WHERE ${scope}$timeFilter GROUP BY "school", "site", "device")`;
  return `SELECT sum("flag") AS "${flag}" FROM ${each}${group}`;
}

/** Devices with `flag` set over time, by one tag. */
export function devicesOverTime(flag: string, scope: Scope, by: string): string {
  const each = `(SELECT max("${flag}") AS "flag" FROM "device" WHERE ${scope}$timeFilter GROUP BY time($__interval), "school", "site", "role", "device")`;
  return `SELECT sum("flag") AS "${flag}" FROM ${each} WHERE $timeFilter GROUP BY time($__interval), "${by}" fill(none)`;
}

/** The mean of a field over time, one series for each value of the tags. */
export function meanOverTime(measurement: string, field: string, scope: Scope, by: readonly string[]): string {
  const tags = by.map((tag) => `, "${tag}"`).join('');
  return `SELECT mean("${field}") AS "${field}" FROM "${measurement}" WHERE ${scope}$timeFilter GROUP BY time($__interval)${tags} fill(none)`;
}

/** The ten interfaces with the highest mean of a field. */
export function topInterfaces(field: string, scope: Scope): string {
  const each = `(SELECT mean("${field}") AS "value" FROM "interface" WHERE ${scope}$timeFilter GROUP BY "device", "ifName", "ifAlias")`;
  return `SELECT top("value", 10) AS "${field}", "device", "ifName", "ifAlias" FROM ${each}`;
}
