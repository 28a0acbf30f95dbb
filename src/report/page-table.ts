import type { PhaseLatency } from '../probe/histogram.js';
import {
  carriedText,
  kernelChanges,
  msOf,
  percent,
  seconds,
  thousands,
  wholeMs,
} from './figures.js';
import { escapeHtml } from './html.js';
import { isMeasured, type MeasuredRow, type Row, rowLabel, type UnmeasuredRow } from './model.js';
import { chartId } from './page-data.js';

const PERCENTILES = ['p50', 'p99', 'p99.9', 'max'] as const;
const COLUMNS_AFTER_NAME = 15;

/** One row for each run, what could not be measured included. */
export function groupTable(kind: string, rows: readonly Row[]): string {
  const body = rows.map((row) => (isMeasured(row) ? measuredRow(row) : unmeasuredRow(row)));
  return `<div class="scroll" role="region" tabindex="0" aria-label="Figures, ${kind} connections">
<table>
<thead>
<tr><th scope="col" rowspan="2">way</th>${HEADS.map(head).join('')}${PHASES.map(phase).join('')}</tr>
<tr>${[...PERCENTILES, ...PERCENTILES].map((name, at) => `<th scope="col"${at % 4 === 0 ? ' class="first"' : ''}>${name}</th>`).join('')}</tr>
</thead>
<tbody>
${body.join('\n')}
</tbody>
</table>
</div>
${refusals(rows)}${noteList(rows)}`;
}

const HEADS = [
  ['sent', 'requests sent'],
  ['lost', 'refused, reset, cut, wrong or never answered'],
  ['at most', 'the loss rate that so many requests allow, at 95 % confidence'],
  ['late', 'answered, but only after a SYN was sent again'],
  ['hand over, ms', 'median time that the reload command took'],
  ['carried', 'lasting connections that lived through a reload'],
  ['cpu, s', 'user and system seconds in the run: proxy + hitless'],
] as const;
const PHASES = ['ms, during a reload', 'ms, quiet times'] as const;

function head([name, meaning]: readonly [string, string]): string {
  return `<th scope="col" rowspan="2"><abbr title="${meaning}">${name}</abbr></th>`;
}

function phase(name: string): string {
  return `<th scope="colgroup" colspan="4" class="first">${name}</th>`;
}

function measuredRow(row: MeasuredRow): string {
  const { lost, cpuMs } = row;
  const cells = [
    cell(thousands(row.sent)),
    cell(thousands(lost.total), lost.total === 0 ? 'none' : 'some'),
    cell(percent(row.lossRateUpperBound95)),
    cell(thousands(row.late), row.late === 0 ? '' : 'warn'),
    cell(wholeMs(row.handOverMsMedian)),
    cell(carriedText(row)),
    cell(`${seconds(cpuMs.proxy)} + ${seconds(cpuMs.hitless)}`),
    times(row.latency.reloading),
    times(row.latency.quiet),
  ];
  const mark = row.refused === null ? '' : ' <sup title="refused without --allow-loss">*</sup>';
  const tag = row.control ? ' <span class="tag">control</span>' : '';
  const link = `<a href="#${chartId(row)}">${escapeHtml(rowLabel(row))}</a>`;
  return `<tr class="${row.control ? 'control' : 'ours'}"><th scope="row">${link}${mark}${tag}</th>${cells.join('')}</tr>`;
}

function unmeasuredRow(row: UnmeasuredRow): string {
  const what = row.kind === 'failed' ? 'failed' : 'not measured';
  const why = `${what}: ${escapeHtml(row.why)}`;
  return `<tr class="unmeasured"><th scope="row">${escapeHtml(rowLabel(row))}</th><td colspan="${COLUMNS_AFTER_NAME}">${why}</td></tr>`;
}

function times({ answered, latencyUs }: PhaseLatency): string {
  const { p50, p99, p99_9, max } = latencyUs;
  return [p50, p99, p99_9, max]
    .map((us, at) => cell(answered === 0 ? '-' : msOf(us), at === 0 ? 'first' : ''))
    .join('');
}

function cell(text: string, style = ''): string {
  return style === '' ? `<td>${text}</td>` : `<td class="${style}">${text}</td>`;
}

function noteList(rows: readonly Row[]): string {
  const notes = rows.filter(isMeasured).flatMap((row) => {
    const name = `<b>${escapeHtml(rowLabel(row))}</b>`;
    const kernel = kernelChanges(row);
    return [
      ...(row.failedReloads === 0
        ? []
        : [`${name} ${row.failedReloads} reloads failed: ${escapeHtml(row.failure ?? '')}`]),
      ...(row.doubts.length === 0 ? [] : [`${name} doubtful: ${row.doubts.join(', ')}`]),
      ...(kernel.length === 0 ? [] : [`${name} ${kernel.join(', ')}`]),
    ];
  });
  if (notes.length === 0) return '';
  const items = notes.map((note) => `<li>${note}</li>`).join('');
  return `<details class="notes"><summary>Kernel counters and notes</summary><ul>${items}</ul></details>`;
}

/** Not to be overlooked: hitless would not have done this. */
function refusals(rows: readonly Row[]): string {
  const refused = rows.filter(isMeasured).filter((row) => row.refused !== null);
  const reasons = new Map(refused.map((row) => [row.way, row.refused ?? '']));
  return [...reasons]
    .map(([way, why]) => {
      const what = 'hitless refuses this here, and was forced to with <code>--allow-loss</code>';
      return `<p class="refused">* <b>${escapeHtml(way)}</b>: ${what}: ${escapeHtml(why)}. It is no part of the proof.</p>`;
    })
    .join('');
}
