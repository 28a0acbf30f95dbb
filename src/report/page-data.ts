import type { PhaseLatency } from '../probe/histogram.js';
import { byConnections, type Comparison, isMeasured, type MeasuredRow, rowLabel } from './model.js';

/** What the charts of a page are drawn from; part of the page, as JSON. */
export interface PageData {
  readonly groups: readonly ChartGroup[];
}

/** The runs with one kind of connections. */
export interface ChartGroup {
  readonly id: string;
  readonly rows: readonly ChartRow[];
}

export interface ChartRow {
  /** Of the element that its chart over time is drawn into. */
  readonly id: string;
  readonly label: string;
  readonly way: string;
  readonly stalled: boolean;
  readonly control: boolean;
  readonly bucketMs: number;
  /** A column each, of equal length; times in ms. */
  readonly lost: readonly number[];
  readonly p50: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  /** Start and end of each reload command, in seconds. */
  readonly reloads: readonly (readonly [number, number])[];
  readonly reloading: Curve;
  readonly quiet: Curve;
}

/** Shares of the requests, and the ms that these took at most. */
export interface Curve {
  readonly shares: readonly number[];
  readonly ms: readonly number[];
}

export function pageData({ rows }: Comparison): PageData {
  return {
    groups: byConnections(rows).map(([kind, group]) => ({
      id: kind,
      rows: group.filter(isMeasured).map(chartRow),
    })),
  };
}

export function chartId({ way, stalled, connections }: MeasuredRow): string {
  return `${connections}-${way}${stalled ? '-stalled' : ''}`.replaceAll(/[^a-z0-9]+/gi, '-');
}

function chartRow(row: MeasuredRow): ChartRow {
  const { series, latency } = row;
  return {
    id: chartId(row),
    label: rowLabel(row),
    way: row.way,
    stalled: row.stalled,
    control: row.control,
    bucketMs: series.bucketMs,
    lost: series.lost,
    p50: series.p50Us.map(ms),
    p99: series.p99Us.map(ms),
    max: series.maxUs.map(ms),
    reloads: row.reloads.map(({ startMs, endMs }) => [startMs / 1000, endMs / 1000]),
    reloading: curve(latency.reloading),
    quiet: curve(latency.quiet),
  };
}

function curve({ curve: points }: PhaseLatency): Curve {
  return { shares: points.map(([share]) => share), ms: points.map(([, us]) => us / 1000) };
}

function ms(us: number | null): number | null {
  return us === null ? null : us / 1000;
}
