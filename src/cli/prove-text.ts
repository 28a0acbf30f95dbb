import type { ProbeEvent } from '../probe/events.js';
import type { Loss, LossCounts } from '../probe/loss.js';
import { LOSS_CAUSES, type LossCause } from '../probe/outcome.js';
import type { Report } from '../probe/report.js';
import { type Doubt, MIN_SAMPLES, MIN_SENT_SHARE } from '../probe/verdict.js';

/** The report for people: at most 80 columns, the verdict last. */
export function reportText(report: Report): string {
  const lines = [
    ...headLines(report),
    ...causeLines(report),
    ...kindLines(report),
    ...lossLines(report.losses, report.lost.total),
    ...reloadLines(report),
    ...kernelLines(report),
    ...controlLines(report),
    '',
    ...verdictLines(report),
  ];
  return `${lines.join('\n')}\n`;
}

/** One line of a run under way, cut to the width of the terminal. */
export function progressLine(
  event: Extract<ProbeEvent, { event: 'progress' }>,
  columns: number,
): string {
  const line =
    `${event.control ? 'quiet ' : ''}${(event.atMs / 1000).toFixed(1)} s  ` +
    `${thousands(event.sent)} sent  ${thousands(event.lost)} lost  ` +
    `${event.inFlight} under way  slowest ${duration(event.recentMaxUs)}`;
  return line.slice(0, Math.max(1, columns - 1));
}

function headLines(report: Report): string[] {
  const { p50, p90, p99, p99_9, max } = report.latencyUs;
  const lag = report.proberLagUs;
  return [
    row('load', `${thousands(report.ratePerSecond)}/s ${report.connections}, ${seconds(report)}`),
    row('sent', `${thousands(report.sent)} of ${thousands(report.intended)} intended`),
    row('answered', `${thousands(report.answered)}, ${thousands(report.late)} of them late`),
    row('lost', `${thousands(report.lost.total)}${shareOf(report)}`),
    ...optional('own errors', report.clientErrors),
    ...optional('unsettled', report.unsettled),
    ...optional('reopened', report.reopened),
    row('latency', `p50 ${duration(p50)}  p90 ${duration(p90)}  p99 ${duration(p99)}`),
    row('', `p99.9 ${duration(p99_9)}  max ${duration(max)}`),
    row('prober lag', `p50 ${duration(lag.p50)}  p99 ${duration(lag.p99)}`),
    row('bodies', report.bodyCheck === 'digest' ? 'compared' : 'not compared, only framing'),
  ];
}

function causeLines(report: Report): string[] {
  const { before, during, after } = report.phases;
  if (report.lost.total === 0) return [];
  const columns = (cause: LossCause | 'total') =>
    [report.lost, before, during, after].map((counts) => cell(counts, cause)).join('');
  return [
    '',
    `${'lost by cause'.padEnd(20)}${['all', 'before', 'during', 'after'].map(right).join('')}`,
    ...LOSS_CAUSES.filter((cause) => report.lost[cause] > 0).map(
      (cause) => `  ${cause.padEnd(18)}${columns(cause)}`,
    ),
  ];
}

function kindLines(report: Report): string[] {
  const kinds = Object.entries(report.kinds);
  if (kinds.length < 2) return [];
  return [
    '',
    `${'kind'.padEnd(20)}${['sent', 'lost', 'p50', 'p99', 'max'].map(right).join('')}`,
    ...kinds.map(([kind, { sent, lost, latencyUs }]) => {
      const times = [latencyUs.p50, latencyUs.p99, latencyUs.max].map(duration);
      return `  ${kind.padEnd(18)}${[thousands(sent), thousands(lost), ...times].map(right).join('')}`;
    }),
  ];
}

const LOSSES_SHOWN = 5;

function lossLines(losses: readonly Loss[], total: number): string[] {
  if (losses.length === 0) return [];
  const shown = losses.slice(0, LOSSES_SHOWN).map((loss) => {
    const at = `${(loss.atMs / 1000).toFixed(3)} s`.padStart(9);
    return clip(`  ${at}  ${loss.cause}  ${phaseText(loss)}  ${loss.id}  ${loss.detail}`);
  });
  const rest = total - shown.length;
  return ['', 'first losses', ...shown, ...(rest > 0 ? [`  and ${thousands(rest)} more`] : [])];
}

function phaseText({ phase }: Loss): string {
  if (phase.kind === 'before') return 'before any reload';
  return `${phase.sinceMs.toFixed(1)} ms ${phase.kind === 'during' ? 'into' : 'after'} reload ${phase.reload}`;
}

function reloadLines({ reloads }: Report): string[] {
  if (reloads.planned === null && reloads.count === 0) return [];
  const planned = reloads.planned === null ? '' : ` of ${thousands(reloads.planned)} planned`;
  const { durationMs } = reloads;
  const times =
    durationMs === null
      ? []
      : [
          row(
            '',
            `each ${ms(durationMs.min)} to ${ms(durationMs.max)}, mean ${ms(durationMs.mean)}`,
          ),
        ];
  const failure = reloads.runs.find((run) => !run.ok);
  return [
    '',
    row('reloads', `${thousands(reloads.count)}${planned}, ${thousands(reloads.failed)} failed`),
    ...times,
    ...(failure === undefined
      ? []
      : [clip(row('', `reload ${failure.id}: ${failureText(failure)}`))]),
    ...(reloads.overran > 0 ? [row('', `${reloads.overran} ended only after the load had`)] : []),
  ];
}

function failureText(run: Report['reloads']['runs'][number]): string {
  const code = run.exitCode === null ? '' : `exit code ${run.exitCode}`;
  return [code, run.label].filter((part) => part !== '').join(', ');
}

function kernelLines({ kernel }: Report): string[] {
  return Object.entries(kernel).flatMap(([name, counters]) => {
    const changed = Object.entries(counters).filter(([, difference]) => difference !== 0);
    const where = name === 'self' ? 'kernel' : `pid ${name}`;
    if (changed.length === 0) return [row(where, 'no drops, no retransmitted SYNs, no resets')];
    return changed.map(([counter, n], i) =>
      row(i === 0 ? where : '', `${counter} +${thousands(n)}`),
    );
  });
}

function controlLines({ control }: Report): string[] {
  if (control === null) return [];
  const { p50, p99, max } = control.latencyUs;
  const times = `p50 ${duration(p50)}  p99 ${duration(p99)}  max ${duration(max)}`;
  const quiet = control.lost.total;
  return [
    '',
    row(
      'quiet run',
      `${thousands(control.sent)} sent, ${thousands(quiet)} lost, ${control.verdict}`,
    ),
    row('', times),
    ...(quiet > 0
      ? [row('', "It lost without any reload: the losses are not only the reload's.")]
      : []),
  ];
}

function verdictLines(report: Report): string[] {
  const { verdict, doubts } = report;
  const bound = `${thousands(report.lost.total)} lost of ${thousands(report.sent)}: at most ${percent(report.lossRateUpperBound95)} at 95 %`;
  const ended = report.interrupted ? ['Ended early.'] : [];
  return [
    ...ended,
    `${verdict[0]?.toUpperCase()}${verdict.slice(1)}: ${bound}`,
    ...doubts.map((doubt) => `  ${doubtText(doubt, report)}`),
  ];
}

function doubtText(doubt: Doubt, report: Report): string {
  switch (doubt) {
    case 'prober-lagged':
      return `The prober itself lagged: p99 ${duration(report.proberLagUs.p99)}, limit ${duration(report.lagLimitUs)}.`;
    case 'client-errors':
      return 'The prober ran out of descriptors or ports (ulimit -n, ip_local_port_range).';
    case 'undersent':
      return `Fewer than ${MIN_SENT_SHARE * 100} % of the intended requests could be sent.`;
    case 'unsettled':
      return 'Requests that were still under way were given up.';
    case 'too-few-samples':
      return `Fewer than ${MIN_SAMPLES} requests say too little.`;
    case 'no-reload-ran':
      return 'No reload ran.';
  }
}

function row(name: string, value: string): string {
  return `${name.padEnd(12)}${value}`;
}

function optional(name: string, count: number): string[] {
  return count === 0 ? [] : [row(name, thousands(count))];
}

function right(text: string): string {
  return text.padStart(11);
}

function cell(counts: LossCounts, cause: LossCause | 'total'): string {
  return right(thousands(counts[cause]));
}

function clip(line: string): string {
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}

function thousands(value: number): string {
  return value.toLocaleString('en-US');
}

function seconds(report: Report): string {
  return `${(report.durationMs / 1000).toFixed(1)} s`;
}

function shareOf(report: Report): string {
  return report.lost.total === 0 ? '' : ` (${percent(report.lossRate)})`;
}

/** Two significant digits. */
function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

function duration(us: number): string {
  if (us < 1000) return `${us} us`;
  return us < 1_000_000 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1_000_000).toFixed(2)} s`;
}

function ms(value: number): string {
  return duration(Math.round(value * 1000));
}
