import { lossRateUpperBound95 } from '../probe/bound.js';
import type { Report } from '../probe/report.js';
import { WAYS } from '../trial/ways/registry.js';
import type { Trial } from '../trial/trial.js';
import { paint, wrap } from './style.js';

export interface Judgement {
  readonly verdict: 'lossless' | 'lossy' | 'inconclusive';
  /** Over all runs of hitless. */
  readonly sent: number;
  readonly lost: number;
  readonly lossRateUpperBound95: number;
  readonly reloads: number;
  readonly why: readonly string[];
}

/** hitless must lose nothing, and the control must be seen to lose, or the proof proves nothing. */
export function judge(trials: readonly Trial[]): Judgement {
  const hitless = trials.filter(({ spec }) => !WAYS[spec.way].control);
  const control = trials.filter(({ spec }) => WAYS[spec.way].control);
  const sent = sum(hitless, ({ report }) => report.sent);
  const lost = sum(hitless, ({ report }) => report.lost.total);
  const doubtful = hitless.filter(({ report }) => report.verdict === 'inconclusive');
  const controlLost = sum(control, ({ report }) => report.lost.total);
  const why = [
    ...(controlLost === 0 ? ['the control lost nothing'] : []),
    ...doubtful.map((trial) => `${nameOf(trial)}: ${trial.report.doubts.join(', ')}`),
  ];
  const verdict = lost > 0 ? 'lossy' : why.length > 0 ? 'inconclusive' : 'lossless';
  const reloads = sum(hitless, (trial) => trial.reloads.length);
  return {
    verdict,
    sent,
    lost,
    lossRateUpperBound95: lossRateUpperBound95(lost, sent),
    reloads,
    why,
  };
}

export function demoText(trials: readonly Trial[], judgement: Judgement, colour: boolean): string {
  const kinds = [...new Set(trials.map(({ spec }) => spec.connections))];
  const tables = kinds.map((kind) => {
    const rows = trials.filter(({ spec }) => spec.connections === kind);
    return [tableHead(kind, rows[0]), ...rows.map((trial) => tableRow(trial, colour))].join('\n');
  });
  return `${['', ...tables, causes(trials), verdictText(judgement, colour)].join('\n\n')}\n`;
}

const COLUMNS = ['requests', 'lost', 'late', 'p50', 'p99', 'p99.9', 'max', 'reload'] as const;
const NAME_WIDTH = 22;
/** The tables are as wide. */
const WIDTH = 79;

function tableHead(kind: string, first: Trial | undefined): string {
  const load = `${first?.report.ratePerSecond ?? 0}/s for ${(first?.spec.forMs ?? 0) / 1000} s`;
  const title = `${kind} connections, ${load}; times in ms`;
  return `${title}\n${''.padEnd(NAME_WIDTH)}${COLUMNS.map(cell).join('')}`;
}

function tableRow(trial: Trial, colour: boolean): string {
  const { report, reloads } = trial;
  const { p50, p99, p99_9, max } = report.latencyUs;
  const times = [p50, p99, p99_9, max].map((us) => cell((us / 1000).toFixed(us < 10_000 ? 1 : 0)));
  const lost = cell(String(report.lost.total));
  const style = report.lost.total > 0 ? 'red' : 'green';
  return [
    nameOf(trial).padEnd(NAME_WIDTH),
    cell(String(report.sent)),
    paint(style, lost, colour),
    cell(String(report.late)),
    ...times,
    cell(median(reloads.map(({ commandMs }) => commandMs)).toFixed(0)),
  ].join('');
}

function cell(text: string): string {
  return text.padStart(text === 'requests' ? 9 : 7);
}

function nameOf({ spec }: Trial): string {
  return `${spec.way}${spec.stalled ? ', stalled' : ''}`;
}

function causes(trials: readonly Trial[]): string {
  const lossy = trials.filter(({ report }) => report.lost.total > 0);
  const lines = lossy.map((trial) => {
    const list = causeList(trial.report).join(', ');
    return `  ${nameOf(trial)}, ${trial.spec.connections}: ${list}`;
  });
  const legend =
    'stalled: the old process stands still for 0.3 s around each start of the new\n' +
    'one, as on a busy machine. reload: median time that the reload command took.';
  return lines.length === 0 ? legend : `${legend}\nlost by cause\n${lines.join('\n')}`;
}

function causeList({ lost }: Report): readonly string[] {
  return Object.entries(lost)
    .filter(([cause, count]) => cause !== 'total' && count > 0)
    .map(([cause, count]) => `${count} ${cause}`);
}

function verdictText(judgement: Judgement, colour: boolean): string {
  const { verdict, sent, lost, reloads, why } = judgement;
  const bound = `${(judgement.lossRateUpperBound95 * 100).toPrecision(2)} %`;
  const counted = `hitless lost ${lost} of ${sent} requests over ${reloads} reloads`;
  const line = wrap(`${verdict}: ${counted}: at most ${bound} at 95 %`, WIDTH);
  const style = verdict === 'lossless' ? 'green' : verdict === 'lossy' ? 'red' : 'yellow';
  return [paint(style, line, colour), ...why.map((reason) => `  ${reason}`)].join('\n');
}

export function demoDocument(trials: readonly Trial[], judgement: Judgement): unknown {
  return {
    schemaVersion: 1,
    ...judgement,
    trials: trials.map((trial) => ({
      way: trial.spec.way,
      connections: trial.spec.connections,
      stalled: trial.spec.stalled,
      reloads: trial.reloads.length,
      reloadMs: trial.reloads.map(({ commandMs }) => Math.round(commandMs)),
      processesMax: trial.processesMax,
      report: trial.report,
    })),
  };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
