import type uPlot from 'uplot';
import { FONT, type Theme, timeText } from './theme.js';

/** A const enum of uPlot's types, which has no value at run time. */
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment
const LOGARITHMIC: uPlot.Scale.Distr = 3;

/** Logarithmic, the same for all charts that are to be compared. */
export function timeScale(values: Iterable<number | null>): uPlot.Scale {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const value of values) {
    if (value === null || value <= 0) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high === 0) [low, high] = [0.1, 10];
  return { distr: LOGARITHMIC, log: 10, range: [low * 0.8, high * 1.6] };
}

export function timeAxis(theme: Theme): uPlot.Axis {
  return {
    ...axisStyle(theme),
    size: 66,
    splits: (_u, _axis, low, high) => splitsOf(low, high),
    // Without a filter uPlot leaves only powers of ten.
    filter: (_u, splits) => splits,
    values: (_u, splits) => splits.map(timeText),
  };
}

export function axisStyle(theme: Theme): uPlot.Axis {
  return {
    stroke: theme.text,
    font: FONT,
    grid: { stroke: theme.grid, width: 1 },
    ticks: { stroke: theme.grid, width: 1 },
  };
}

/** 1, 10, 100, and 2 and 5 between where there is room. */
function splitsOf(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const steps = decades < 1.6 ? [1, 2, 5] : decades < 2.6 ? [1, 3] : [1];
  const splits: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (value >= low && value <= high) splits.push(value);
    }
  }
  return splits;
}
