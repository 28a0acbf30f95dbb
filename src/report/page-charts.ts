import { causesOf, msOf, thousands } from './figures.js';
import { escapeHtml } from './html.js';
import { isMeasured, type MeasuredRow, type Row, rowLabel } from './model.js';
import { chartId } from './page-data.js';

/** Places for charts, each with a caption that says what it shows for those who do not see it. */
export function groupCharts(kind: string, rows: readonly Row[]): string {
  const measured = rows.filter(isMeasured);
  if (measured.length === 0) return '';
  return `<h3>How long requests took</h3>
<p class="hint">Each step to the right leaves a tenth of the requests. Names under a chart switch lines on and off.</p>
<div class="pair">
${curveFigure(kind, 'reloading', 'Requests that were under way while a reload command ran')}
${curveFigure(kind, 'quiet', 'Requests at quiet times of the same runs')}
</div>
<h3>Over time</h3>
<p class="hint">Grey bands: the reload command runs. Red marks at the top: requests lost. One scale for all, logarithmic.</p>
<div class="grid">
${measured.map(timeFigure).join('\n')}
</div>`;
}

function curveFigure(kind: string, phase: 'reloading' | 'quiet', caption: string): string {
  return `<figure><figcaption>${caption}</figcaption>
<div class="chart curve" data-group="${kind}" data-phase="${phase}"></div></figure>`;
}

function timeFigure(row: MeasuredRow): string {
  const { latencyUs } = row.latency.reloading;
  const lost = row.lost.total;
  const causes = causesOf(row.lost).map(([cause]) => cause);
  const said = lost === 0 ? 'nothing lost' : `${thousands(lost)} lost (${causes.join(', ')})`;
  const times = `p99 ${msOf(latencyUs.p99)} ms, slowest ${msOf(latencyUs.max)} ms during reloads`;
  const id = chartId(row);
  return `<figure id="${id}" class="${row.control ? 'control' : 'ours'}">
<figcaption><b>${escapeHtml(rowLabel(row))}${row.refused === null ? '' : ' *'}</b> <span class="${lost === 0 ? 'none' : 'some'}">${said}</span> <span class="times">${times}</span></figcaption>
<div class="chart time" data-row="${id}" data-label="${escapeHtml(rowLabel(row))} over time: arrow keys read the values"></div></figure>`;
}
