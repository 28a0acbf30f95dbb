import {
  carriedText,
  causesOf,
  kernelChanges,
  loadText,
  msOf,
  percent,
  seconds,
  thousands,
  wholeMs,
} from '../report/figures.js';
import {
  byConnections,
  type Comparison,
  isMeasured,
  type MeasuredRow,
  type Row,
  rowLabel,
} from '../report/model.js';
import { paint, wrap } from './style.js';

/** As wide as tables of 80 columns may be. */
const WIDTH = 79;
const NAME_WIDTH = 24;
const NO_NAME = ''.padEnd(NAME_WIDTH);

/** The comparison for people: at most 80 columns, the verdict last. */
export function compareText(comparison: Comparison, colour: boolean): string {
  const tables = byConnections(comparison.rows).map(([kind, rows]) =>
    [`${kind} connections, ${loadText(comparison.load)}`, ...tablesOf(rows, colour)].join('\n'),
  );
  const { hitless, kernel, haproxy, cores } = comparison.facts;
  const where = `hitless ${hitless}, HAProxy ${haproxy}, ${kernel}, ${cores} cores`;
  const parts = [...tables, notes(comparison.rows), wrap(LEGEND, WIDTH), where];
  return `\n${[...parts, verdictText(comparison, colour)].filter(Boolean).join('\n\n')}\n`;
}

const LEGEND =
  'at most: the loss rate that so many requests allow, at 95 %. late: answered, but only after ' +
  'a SYN was sent again. hand over: median time that the reload command took. carried: lasting ' +
  'connections that lived through a reload. cpu: user and system seconds of the proxy, and of ' +
  'hitless. stalled: the old process stands still for 0.3 s around each start of the new one, ' +
  'as on a busy machine.';

function tablesOf(rows: readonly Row[], colour: boolean): readonly string[] {
  const measured = rows.filter(isMeasured);
  if (measured.length === 0) return rows.map(plainRow);
  return [
    line(NO_NAME, LOSS_WIDTHS, Object.keys(LOSS_COLUMNS)),
    ...rows.map((row) => (isMeasured(row) ? lossRow(row, colour) : plainRow(row))),
    '',
    `${'milliseconds'.padEnd(NAME_WIDTH)}${'during a reload'.padStart(28)}${'quiet times'.padStart(28)}`,
    line(NO_NAME, TIME_WIDTHS, [...TIMES, ...TIMES]),
    ...measured.map(timeRow),
  ];
}

/** Name and width; with the name of the row, 80 at most. */
const LOSS_COLUMNS = {
  sent: 8,
  lost: 7,
  'at most': 8,
  late: 6,
  'hand over': 10,
  carried: 8,
  'cpu s': 9,
} as const;
const LOSS_WIDTHS = Object.values(LOSS_COLUMNS);
const TIMES = ['p50', 'p99', 'p99.9', 'max'] as const;
const TIME_WIDTHS = Array.from({ length: 2 * TIMES.length }, () => 7);

function line(name: string, widths: readonly number[], cells: readonly string[]): string {
  const padded = cells.map((text, at) => text.padStart(widths[at] ?? 0));
  return `${name}${padded.join('')}`;
}

function lossRow(row: MeasuredRow, colour: boolean): string {
  const { cpuMs } = row;
  const cells = [
    String(row.sent),
    String(row.lost.total),
    percent(row.lossRateUpperBound95),
    String(row.late),
    row.handOverMsMedian === null ? '-' : `${wholeMs(row.handOverMsMedian)} ms`,
    carriedText(row),
    `${seconds(cpuMs.proxy)}+${seconds(cpuMs.hitless)}`,
  ];
  const style = row.lost.total > 0 ? 'red' : 'green';
  return paint(style, line(nameOf(row), LOSS_WIDTHS, cells), colour);
}

function timeRow(row: MeasuredRow): string {
  const cells = [row.latency.reloading, row.latency.quiet].flatMap(({ answered, latencyUs }) => {
    const { p50, p99, p99_9, max } = latencyUs;
    return [p50, p99, p99_9, max].map((us) => (answered === 0 ? '-' : msOf(us)));
  });
  return line(nameOf(row), TIME_WIDTHS, cells);
}

function plainRow(row: Row): string {
  const what = row.kind === 'failed' ? 'failed' : 'not measured';
  return `${nameOf(row)}  ${what}, see below`;
}

/** The name of a row; one that is too long has a line of its own. */
function nameOf(row: Row): string {
  const mark = isMeasured(row) && row.refused !== null ? '*' : '';
  const name = `${mark}${rowLabel(row)}`;
  return name.length < NAME_WIDTH ? name.padEnd(NAME_WIDTH) : `${name}\n${NO_NAME}`;
}

function notes(rows: readonly Row[]): string {
  const sections = [
    section('lost by cause', rows, (row) => {
      return isMeasured(row)
        ? causesOf(row.lost).map(([cause, n]) => `${thousands(n)} ${cause}`)
        : [];
    }),
    section('kernel counters', rows, (row) => (isMeasured(row) ? kernelChanges(row) : [])),
    section('reloads that failed', rows, (row) => {
      if (!isMeasured(row) || row.failedReloads === 0) return [];
      return [`${row.failedReloads} of ${row.reloads.length}: ${row.failure ?? ''}`];
    }),
    section('* refused by hitless without --allow-loss', rows, (row) => {
      return isMeasured(row) && row.refused !== null ? [row.refused] : [];
    }),
    section('not measured', rows, (row) => (isMeasured(row) ? [] : [row.why])),
  ];
  return sections.filter((text) => text !== '').join('\n');
}

function section(title: string, rows: readonly Row[], of: (row: Row) => readonly string[]): string {
  const lines = rows.flatMap((row) => {
    const said = of(row);
    if (said.length === 0) return [];
    const name = `${rowLabel(row)}, ${row.connections}:`;
    return [wrap(`${name} ${said.join(', ')}`, WIDTH, '  ')];
  });
  return lines.length === 0 ? '' : [title, ...lines].join('\n');
}

function verdictText(comparison: Comparison, colour: boolean): string {
  const { verdict, sent, lost, reloads, why, lossRateUpperBound95 } = comparison;
  const counted = `hitless lost ${thousands(lost)} of ${thousands(sent)} requests over ${reloads} reloads`;
  const text = wrap(
    `${verdict}: ${counted}: at most ${percent(lossRateUpperBound95)} at 95 %`,
    WIDTH,
  );
  const style = verdict === 'lossless' ? 'green' : verdict === 'lossy' ? 'red' : 'yellow';
  return [paint(style, text, colour), ...why.map((reason) => wrap(reason, WIDTH, '  '))].join('\n');
}
