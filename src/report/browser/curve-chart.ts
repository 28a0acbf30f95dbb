import uPlot from 'uplot';
import type { ChartGroup, ChartRow, Curve } from '../page-data.js';
import { axisStyle, timeAxis, timeScale } from './scale.js';
import { type Theme, timeText } from './theme.js';

const HEIGHT = 300;
const STALLED_DASH = [6, 4];

export type CurvePhase = 'reloading' | 'quiet';

/** Latency by percentile, one line a run. Each tenth of the rest takes as much room as the last. */
export function curveChart(
  place: HTMLElement,
  phase: CurvePhase,
  group: ChartGroup,
  theme: Theme,
): uPlot {
  const rows = group.rows;
  const ways = waysOf(rows);
  const tables = rows.map((row) => tableOf(row[phase]));
  const data = rows.length === 0 ? [[]] : uPlot.join(tables);
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: HEIGHT,
    cursor: { drag: { setScale: false }, focus: { prox: 24 } },
    focus: { alpha: 0.25 },
    legend: { markers: markersOf(rows, theme) },
    scales: {
      x: { time: false, range: [0, farthest(rows)] },
      y: timeScale(rows.flatMap((row) => [...row.reloading.ms, ...row.quiet.ms])),
    },
    axes: [
      {
        ...axisStyle(theme),
        splits: (_u, _axis, _low, high) => PERCENTS.map(placeOf).filter((at) => at <= high),
        values: (_u, splits) => splits.map((_, at) => `${PERCENTS[at]} %`),
      },
      timeAxis(theme),
    ],
    series: [
      { label: 'percentile', value: (_u, value) => percentText(value) },
      ...rows.map((row) => lineOf(row, ways, theme)),
    ],
  };
  const chart = new uPlot(options, data as uPlot.AlignedData, place);
  switchByKeys(chart);
  return chart;
}

/** As the lines: dashed and hollow, or full. */
function markersOf(rows: readonly ChartRow[], theme: Theme): uPlot.Legend.Markers {
  const isStalled = (at: number): boolean => rows[at - 1]?.stalled === true;
  const ways = waysOf(rows);
  return {
    width: 2,
    dash: (_u, at) => (isStalled(at) ? 'dashed' : 'solid'),
    fill: (_u, at) => {
      const row = rows[at - 1];
      return row === undefined || row.stalled ? 'transparent' : colourOf(row, ways, theme);
    },
  };
}

function waysOf(rows: readonly ChartRow[]): readonly string[] {
  return [...new Set(rows.map(({ way }) => way))];
}

function colourOf({ way }: ChartRow, ways: readonly string[], theme: Theme): string {
  return theme.lines[ways.indexOf(way) % theme.lines.length] ?? theme.text;
}

const PERCENTS = [0, 90, 99, 99.9, 99.99, 99.999] as const;

function placeOf(percent: number): number {
  return -Math.log10(1 - percent / 100);
}

function tableOf({ shares, ms }: Curve): uPlot.AlignedData {
  return [shares.map((share) => -Math.log10(1 - share)), [...ms]];
}

function farthest(rows: readonly ChartRow[]): number {
  const shares = rows.flatMap(({ reloading, quiet }) => [...reloading.shares, ...quiet.shares]);
  return -Math.log10(1 - Math.max(0.9, ...shares)) + 0.05;
}

function percentText(place: number | null): string {
  if (place === null) return '–';
  return `${Number((100 * (1 - 10 ** -place)).toPrecision(5))} %`;
}

/** A colour for each way; dashed with the old process stalled. */
function lineOf(row: ChartRow, ways: readonly string[], theme: Theme): uPlot.Series {
  return {
    label: row.label,
    stroke: colourOf(row, ways, theme),
    width: row.control ? 3 : 1.75,
    dash: row.stalled ? STALLED_DASH : [],
    spanGaps: true,
    points: { show: false },
    value: (_u, value) => timeText(value),
  };
}

/** uPlot's legend obeys the mouse only. */
function switchByKeys(chart: uPlot): void {
  const names = chart.root.querySelectorAll<HTMLElement>('.u-legend .u-series > th');
  for (const [at, name] of names.entries()) {
    if (at === 0) continue;
    name.tabIndex = 0;
    name.role = 'button';
    const tell = (): void => {
      name.ariaPressed = String(chart.series[at]?.show !== false);
    };
    tell();
    name.addEventListener('click', () => queueMicrotask(tell));
    name.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      name.click();
    });
  }
}
