import type { KernelView } from '../probe/kernel.js';
import type { KernelCounters } from '../probe/netstat.js';
import type { TrialOutcome } from '../trial/outcome.js';
import type { Trial } from '../trial/trial.js';
import type { MeasuredRow, Row, RowName } from './model.js';

/** What is known of a way besides what was measured. */
export interface WayFacts {
  readonly control: boolean;
  readonly refused: string | undefined;
}

export function rowOf(outcome: TrialOutcome, facts: WayFacts): Row {
  const { way, connections, stalled } = outcome.spec;
  const name = { way, control: facts.control, connections, stalled };
  if (outcome.kind !== 'measured') return { ...name, kind: outcome.kind, why: outcome.why };
  return measuredRow(name, outcome.trial, facts);
}

function measuredRow(name: RowName, trial: Trial, facts: WayFacts): MeasuredRow {
  const { report, reloads, processesMax, cpuMs } = trial;
  const failures = reloads.filter(({ ok }) => !ok);
  return {
    kind: 'measured',
    ...name,
    refused: facts.refused ?? null,
    verdict: report.verdict,
    doubts: report.doubts,
    sent: report.sent,
    answered: report.answered,
    lost: report.lost,
    late: report.late,
    lossRateUpperBound95: report.lossRateUpperBound95,
    latency: report.latencyPhases,
    reloads: report.reloads.runs.map(({ startMs, endMs, ok, lost }) => {
      return { startMs, endMs, ok, lost };
    }),
    failedReloads: failures.length,
    failure: failures[0]?.said.trim() ?? null,
    handOverMsMedian: median(reloads.map(({ commandMs }) => commandMs)),
    processesMax,
    cpuMs,
    carried: report.carried.open === 0 ? null : report.carried,
    kernel: ofProxy(report.kernel),
    series: report.series,
  };
}

/** The prober reads its own namespace too; the other one is the proxy's. */
function ofProxy(kernel: KernelView): KernelCounters {
  return Object.entries(kernel).find(([name]) => name !== 'self')?.[1] ?? {};
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
