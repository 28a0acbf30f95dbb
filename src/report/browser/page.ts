/** Draws the charts of a comparison page into the places that the page has for them. */
import type uPlot from 'uplot';
import type { ChartGroup, PageData } from '../page-data.js';
import { curveChart, type CurvePhase } from './curve-chart.js';
import { readTheme, type Theme } from './theme.js';
import { timeChart } from './time-chart.js';

const data = JSON.parse(document.getElementById('data')?.textContent ?? '{}') as PageData;
let charts: readonly (readonly [HTMLElement, uPlot])[] = [];

drawAll();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
addEventListener('resize', fit);

function drawAll(): void {
  for (const [, chart] of charts) chart.destroy();
  const theme = readTheme();
  charts = data.groups.flatMap((group) => [...curves(group, theme), ...times(group, theme)]);
}

function curves(group: ChartGroup, theme: Theme): readonly (readonly [HTMLElement, uPlot])[] {
  return placesOf(`.curve[data-group="${group.id}"]`).map((place) => {
    return [place, curveChart(place, place.dataset['phase'] as CurvePhase, group, theme)];
  });
}

function times(group: ChartGroup, theme: Theme): readonly (readonly [HTMLElement, uPlot])[] {
  return group.rows.flatMap((row) =>
    placesOf(`.time[data-row="${row.id}"]`).map((place) => {
      return [place, timeChart(place, row, group, theme)] as const;
    }),
  );
}

function placesOf(selector: string): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(selector)];
}

function fit(): void {
  for (const [place, chart] of charts) {
    if (place.clientWidth === chart.width) continue;
    chart.setSize({ width: place.clientWidth, height: chart.height });
  }
}
