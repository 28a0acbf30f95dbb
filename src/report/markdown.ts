import type { PhaseLatency } from '../probe/histogram.js';
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
} from './figures.js';
import { byConnections, type Comparison, isMeasured, type Row, rowLabel } from './model.js';

const HEAD = [
  ...['way', 'sent', 'lost', 'by cause', 'at most (95 %)', 'late', 'hand over (ms)'],
  ...['p50 / p99 / p99.9 / max (ms) in reloads', 'the same, quiet', 'carried', 'cpu (s)'],
] as const;

/** Tables to paste, one for each kind of connections, with the facts of the run. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { facts, load, rows } = comparison;
  const tables = byConnections(rows).map(
    ([kind, group]) => `### ${kind} connections\n\n${markdownTable(group)}`,
  );
  const parts = [
    verdictLine(comparison),
    ...(comparison.why.length === 0 ? [] : [comparison.why.map((why) => `- ${why}`).join('\n')]),
    ...tables,
    noteList(rows),
    `${loadText(load)}. hitless ${facts.hitless}, HAProxy ${facts.haproxy}, ${facts.kernel}, ` +
      `${facts.cores} cores (${facts.cpu}), ${facts.startedAt}: \`${facts.command}\``,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

export function markdownTable(rows: readonly Row[]): string {
  const rule = HEAD.map((_, at) => (at === 0 || at === 3 ? '---' : '---:'));
  return [HEAD, rule, ...rows.map(cellsOf)].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function verdictLine({ verdict, lost, sent, reloads, lossRateUpperBound95 }: Comparison): string {
  const counted = `hitless lost ${thousands(lost)} of ${thousands(sent)} requests`;
  return `**${verdict}**: ${counted} over ${reloads} reloads: at most ${percent(lossRateUpperBound95)} at 95 %`;
}

function cellsOf(row: Row): readonly string[] {
  const name = escapeCell(rowLabel(row));
  if (!isMeasured(row))
    return [name, `${row.kind}: ${escapeCell(row.why)}`, ...HEAD.slice(2).map(() => '')];
  const { lost, latency, cpuMs } = row;
  return [
    `${name}${row.refused === null ? '' : ' \\*'}`,
    thousands(row.sent),
    lost.total === 0 ? '0' : `**${thousands(lost.total)}**`,
    causesOf(lost)
      .map(([cause, count]) => `${thousands(count)} ${cause}`)
      .join(', '),
    percent(row.lossRateUpperBound95),
    thousands(row.late),
    wholeMs(row.handOverMsMedian),
    timesOf(latency.reloading),
    timesOf(latency.quiet),
    carriedText(row),
    `${seconds(cpuMs.proxy)} + ${seconds(cpuMs.hitless)}`,
  ];
}

function timesOf({ answered, latencyUs }: PhaseLatency): string {
  if (answered === 0) return '-';
  const { p50, p99, p99_9, max } = latencyUs;
  return [p50, p99, p99_9, max].map(msOf).join(' / ');
}

function noteList(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) => {
    if (!isMeasured(row)) return [];
    const name = `${rowLabel(row)}, ${row.connections}`;
    const kernel = kernelChanges(row);
    return [
      ...(row.refused === null
        ? []
        : [`- \\* ${name}: hitless refuses this without \`--allow-loss\`: ${row.refused}`]),
      ...(row.failedReloads === 0
        ? []
        : [`- ${name}: ${row.failedReloads} reloads failed: ${row.failure ?? ''}`]),
      ...(kernel.length === 0 ? [] : [`- ${name}: kernel counters ${kernel.join(', ')}`]),
    ];
  });
  return lines.join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
