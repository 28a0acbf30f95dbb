import type { Report } from '../probe/report.js';
import type { Judgement } from '../trial/judgement.js';
import { trialLabel } from '../trial/spec.js';
import type { Trial } from '../trial/trial.js';
import { WAYS } from '../trial/ways/registry.js';
import { paint, wrap } from './style.js';

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
    trialLabel(trial.spec).padEnd(NAME_WIDTH),
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

function causes(trials: readonly Trial[]): string {
  const lossy = trials.filter(({ report }) => report.lost.total > 0);
  const lines = lossy.map((trial) => {
    const list = causeList(trial.report).join(', ');
    const row = `  ${trialLabel(trial.spec)}, ${trial.spec.connections}: ${list}`;
    return WAYS[trial.spec.way].control ? row : `${row}\n${moments(trial.report)}`;
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

/** Losses of a way that should lose nothing, shown one by one: enough to see which reload it was. */
const MOMENTS_SHOWN = 5;

function moments({ losses }: Report): string {
  return losses
    .slice(0, MOMENTS_SHOWN)
    .map(({ atMs, phase, cause, id, detail }) => {
      const when = phase.kind === 'before' ? phase.kind : `${phase.kind} reload ${phase.reload}`;
      return `    ${(atMs / 1000).toFixed(3)} s, ${when}: ${cause} ${detail} (${id})`;
    })
    .join('\n');
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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
