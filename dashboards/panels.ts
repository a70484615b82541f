import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { DATASOURCE, InfluxTarget } from './influxql.ts';

interface Common {
  readonly title: string;
  /** What it shows and what to do about it. */
  readonly description: string;
  /** Grafana's unit id. */
  readonly unit: string;
  /** Width of 24, height in grid rows. */
  readonly span: number;
  readonly height: number;
  readonly decimals?: number;
  readonly max?: number;
  /** Value from which it is orange, and red. */
  readonly warn?: number;
  readonly bad?: number;
  /** Shortest step, where the data comes no oftener. */
  readonly interval?: string;
}

export interface StatSpec extends Common {
  readonly query: string;
}

export interface SeriesSpec extends Common {
  readonly queries: readonly { readonly query: string; readonly alias: string }[];
}

export interface TableSpec extends Common {
  readonly query: string;
  /** Columns not shown. */
  readonly hide?: readonly string[];
  /** Column -> heading, and its unit when it is not the panel's. */
  readonly columns?: Readonly<
    Record<string, { readonly title: string; readonly unit?: string; readonly link?: string }>
  >;
  readonly sortBy?: string;
}

/** One number now. */
export function statPanel(spec: StatSpec): stat.PanelBuilder {
  return withCommon(new stat.PanelBuilder(), spec)
    .withTarget(new InfluxTarget('A', spec.query, spec.title))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.Value)
    .noValue('0');
}

/** One bar for each value of a tag. */
export function barPanel(spec: StatSpec & { readonly alias: string }): bargauge.PanelBuilder {
  return withCommon(new bargauge.PanelBuilder(), spec)
    .withTarget(new InfluxTarget('A', spec.query, spec.alias))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .min(0)
    .noValue('none');
}

/** Lines over time, with last and highest value in the legend. */
export function seriesPanel(spec: SeriesSpec): timeseries.PanelBuilder {
  const panel = withCommon(new timeseries.PanelBuilder(), spec)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Never)
    .spanNulls(false)
    .axisSoftMin(0)
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    )
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max']),
    );
  for (const [i, { query, alias }] of spec.queries.entries())
    panel.withTarget(new InfluxTarget('ABCDEF'[i]!, query, alias));
  return panel;
}

/** Rows with tags as columns. */
export function tablePanel(spec: TableSpec): table.PanelBuilder {
  const panel = withCommon(new table.PanelBuilder(), spec)
    .withTarget(new InfluxTarget('A', spec.query))
    .withTransformation({
      id: 'organize',
      options: { excludeByName: Object.fromEntries((spec.hide ?? []).map((name) => [name, true])) },
    });
  for (const [name, { title, unit, link }] of Object.entries(spec.columns ?? {})) {
    panel.overrideByName(name, [
      { id: 'displayName', value: title },
      ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
      ...(link === undefined ? [] : [{ id: 'links', value: [{ title: 'Open the board', url: link }] }]),
    ]);
  }
  if (spec.sortBy !== undefined)
    panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(spec.sortBy).desc(true)]);
  return panel;
}

type AnyPanel = stat.PanelBuilder | bargauge.PanelBuilder | timeseries.PanelBuilder | table.PanelBuilder;

function withCommon<P extends AnyPanel>(panel: P, spec: Common): P {
  panel
    .title(spec.title)
    .description(spec.description)
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .span(spec.span)
    .height(spec.height)
    .thresholds(thresholdsOf(spec));
  if (spec.decimals !== undefined) panel.decimals(spec.decimals);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.interval !== undefined) panel.interval(spec.interval);
  return panel;
}

function thresholdsOf({ warn, bad }: Common): dashboard.ThresholdsConfigBuilder {
  const steps: dashboard.Threshold[] = [{ value: null, color: 'green' }];
  if (warn !== undefined) steps.push({ value: warn, color: 'orange' });
  if (bad !== undefined) steps.push({ value: bad, color: 'red' });
  return new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps);
}
