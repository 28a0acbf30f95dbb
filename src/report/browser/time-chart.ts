import uPlot from 'uplot';
import type { ChartGroup, ChartRow } from '../page-data.js';
import { axisStyle, timeAxis, timeScale } from './scale.js';
import { FONT, type Theme, timeText } from './theme.js';

const HEIGHT = 190;
const LOST = 4;

/** Latency of one run over time, with its reloads as bands and its losses as marks. */
export function timeChart(
  place: HTMLElement,
  row: ChartRow,
  group: ChartGroup,
  theme: Theme,
): uPlot {
  const seconds = row.lost.map((_, at) => ((at + 0.5) * row.bucketMs) / 1000);
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: HEIGHT,
    cursor: { sync: { key: group.id }, y: false, drag: { setScale: false } },
    legend: { live: true, markers: { width: 0, fill: (u, at) => seriesColour(u, at) } },
    scales: {
      x: { time: false, range: [0, longest(group)] },
      y: timeScale(group.rows.flatMap(({ p50, max }) => [...p50, ...max])),
      lost: { range: [0, 1] },
    },
    axes: [
      { ...axisStyle(theme), values: (_u, splits) => splits.map((value) => `${value} s`) },
      timeAxis(theme),
    ],
    series: [
      { label: 'at', value: (_u, value) => (value === null ? '–' : `${value.toFixed(2)} s`) },
      line('p50', theme.median, 2),
      line('p99', theme.high, 1.5),
      line('max', theme.most, 1),
      // Drawn by hand; here for the legend.
      {
        label: 'lost',
        scale: 'lost',
        stroke: theme.lost,
        paths: () => null,
        points: { show: false },
        value: (_u, value) => (value === null ? '–' : String(value)),
      },
    ],
    hooks: {
      drawClear: [(u) => drawBands(u, row, theme)],
      draw: [(u) => drawLosses(u, seconds, theme)],
    },
  };
  const columns = [seconds, [...row.p50], [...row.p99], [...row.max], [...row.lost]];
  const chart = new uPlot(options, columns as uPlot.AlignedData, place);
  readByKeys(place, chart, seconds);
  return chart;
}

function seriesColour(u: uPlot, at: number): string {
  const stroke = at === 0 ? 'transparent' : u.series[at]?.stroke;
  // uPlot keeps what it was given as a function.
  return typeof stroke === 'function' ? (stroke as () => string)() : (stroke as string);
}

function longest({ rows }: ChartGroup): number {
  return Math.max(1, ...rows.map(({ lost, bucketMs }) => (lost.length * bucketMs) / 1000));
}

function line(label: string, stroke: string, width: number): uPlot.Series {
  return {
    label,
    stroke,
    width,
    spanGaps: false,
    points: { show: false },
    value: (_u, value) => timeText(value),
  };
}

/** Too thin a band would vanish. */
const THINNEST_BAND_PX = 2;

function drawBands(u: uPlot, { reloads }: ChartRow, theme: Theme): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = theme.band;
  for (const [start, end] of reloads) {
    const from = u.valToPos(start, 'x', true);
    const to = Math.min(u.valToPos(end, 'x', true), bbox.left + bbox.width);
    ctx.fillRect(from, bbox.top, Math.max(THINNEST_BAND_PX, to - from), bbox.height);
  }
  ctx.restore();
}

const MARK_PX = 5;
/** Losses in one bucket at which a mark is as long as it gets. */
const LONGEST_AT = 1000;

/** From the top downward, the longer the more were lost. */
function drawLosses(u: uPlot, seconds: readonly number[], theme: Theme): void {
  const { ctx, bbox } = u;
  const lost = u.data[LOST] ?? [];
  ctx.save();
  ctx.fillStyle = theme.lost;
  ctx.font = `${devicePixelRatio * 11}px ${FONT.slice(FONT.indexOf(' ') + 1)}`;
  const width = MARK_PX * devicePixelRatio;
  for (const [at, count] of lost.entries()) {
    if (!count) continue;
    const x = u.valToPos(seconds[at] ?? 0, 'x', true);
    const share = Math.min(1, 0.15 + (0.5 * Math.log(count)) / Math.log(LONGEST_AT));
    ctx.fillRect(x - width / 2, bbox.top, width, bbox.height * share);
  }
  ctx.restore();
}

function readByKeys(place: HTMLElement, chart: uPlot, seconds: readonly number[]): void {
  // On the chart's own element, which goes when it is drawn anew.
  chart.root.tabIndex = 0;
  chart.root.role = 'group';
  chart.root.ariaLabel = place.dataset['label'] ?? '';
  chart.root.addEventListener('keydown', (event) => {
    const by = KEY_STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const from = chart.cursor.idx ?? (by > 0 ? -1 : seconds.length);
    const at = Math.max(0, Math.min(seconds.length - 1, from + by));
    chart.setCursor({ left: chart.valToPos(seconds[at] ?? 0, 'x'), top: 1 });
  });
}

const KEY_STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -10,
  PageDown: 10,
};
