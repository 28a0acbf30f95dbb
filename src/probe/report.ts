import { lossRateUpperBound95 } from './bound.js';
import type { Carried } from './carried.js';
import {
  type Histogram,
  newHistogram,
  type Percentiles,
  percentiles,
  type PhaseHistograms,
  type PhaseLatency,
  phaseLatency,
} from './histogram.js';
import type { KernelView } from './kernel.js';
import type { Loss, LossCounts, LossTally, PhaseCounts } from './loss.js';
import type { Connections, Kind, ProbeOptions } from './options.js';
import type { ReloadReport } from './reloads.js';
import { arrivalsBefore, type Schedule } from './schedule.js';
import type { Series, SeriesReport } from './series.js';
import { type Doubt, judge, type Verdict } from './verdict.js';

export const SCHEMA_VERSION = 1;

export interface KindReport {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly late: number;
  readonly latencyUs: Percentiles;
}

/** What `prove --json` prints. sent = answered + lost.total + clientErrors + unsettled. */
export interface Report {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly verdict: Verdict;
  readonly doubts: readonly Doubt[];
  readonly runId: string;
  readonly url: string;
  readonly connections: Connections;
  readonly ratePerSecond: number;
  /** How long arrivals were sent, in ms. */
  readonly durationMs: number;
  readonly workers: number;
  readonly bodyCheck: 'digest' | 'framing';
  /** Ended early by the user. */
  readonly interrupted: boolean;
  readonly intended: number;
  /** Requests, and for `long` also the tunnels themselves. */
  readonly sent: number;
  readonly answered: number;
  readonly lost: LossCounts;
  readonly late: number;
  /** The prober's own failures (no descriptor or port left): neither answered nor lost. */
  readonly clientErrors: number;
  /** Given up while still under way, which only an early end does. */
  readonly unsettled: number;
  /** Connections opened in place of ones that the server had closed while they were idle. */
  readonly reopened: number;
  readonly lossRate: number;
  readonly lossRateUpperBound95: number;
  /** From the intended time; without the kinds whose pace the prober sets, unless there is no other. */
  readonly latencyUs: Percentiles;
  /** The same, by whether a reload command ran while the request was under way. */
  readonly latencyPhases: PhaseHistograms<PhaseLatency>;
  readonly proberLagUs: Percentiles;
  /** p99 of the lag above which the run is inconclusive. */
  readonly lagLimitUs: number;
  readonly kinds: Readonly<Partial<Record<Kind, KindReport>>>;
  readonly kernel: KernelView;
  readonly reloads: ReloadReport;
  readonly phases: PhaseCounts;
  /** The first thousand. */
  readonly losses: readonly Loss[];
  /** Kept connections and tunnels, summed over all reloads. */
  readonly carried: Carried;
  readonly series: SeriesReport;
  /** The same load with nothing else going on, where `--control` was given. */
  readonly control: Report | null;
}

/** Counts of one kind, summed over workers. */
export interface KindTotals {
  sent: number;
  answered: number;
  lost: number;
  late: number;
  readonly latency: PhaseHistograms<Histogram>;
}

export interface Totals {
  readonly kinds: Map<Kind, KindTotals>;
  /** Of `sent`, those that were connections of their own and not arrivals. */
  tunnels: number;
  clientErrors: number;
  unsettled: number;
  reopened: number;
  readonly lag: Histogram;
  carried: Carried;
  readonly series: Series;
}

export interface Findings {
  readonly options: ProbeOptions;
  readonly schedule: Schedule;
  readonly runId: string;
  readonly bodyCheck: 'digest' | 'framing';
  readonly interrupted: boolean;
  readonly durationMs: number;
  readonly totals: Totals;
  readonly losses: LossTally;
  readonly reloads: ReloadReport;
  readonly kernel: KernelView;
  readonly control: Report | null;
}

export function makeReport(findings: Findings): Report {
  const { options, schedule, totals, losses, reloads, durationMs } = findings;
  const sum = sumKinds(totals.kinds);
  const intended = arrivalsBefore(schedule, durationMs);
  const lag = percentiles(totals.lag);
  const counts = losses.counts;
  const latency = overallLatency(totals.kinds);
  const judgement = judge({
    intended,
    sent: sum.sent - totals.tunnels,
    lost: counts.total,
    timedOut: counts.timeout + counts['connect-timeout'],
    clientErrors: totals.clientErrors,
    unsettled: totals.unsettled,
    lagP99Us: lag.p99,
    lagLimitUs: options.maxLagMs * 1000,
    reloadsWanted: options.reloads !== undefined,
    reloadsRun: reloads.count,
  });
  return {
    schemaVersion: SCHEMA_VERSION,
    ...judgement,
    runId: findings.runId,
    url: options.url,
    connections: options.connections,
    ratePerSecond: options.ratePerSecond,
    durationMs,
    workers: schedule.workers,
    bodyCheck: findings.bodyCheck,
    interrupted: findings.interrupted,
    intended,
    ...sum,
    lost: counts,
    clientErrors: totals.clientErrors,
    unsettled: totals.unsettled,
    reopened: totals.reopened,
    lossRate: sum.sent === 0 ? 0 : counts.total / sum.sent,
    lossRateUpperBound95: lossRateUpperBound95(counts.total, sum.sent),
    latencyUs: percentiles(both(latency)),
    latencyPhases: {
      quiet: phaseLatency(latency.quiet),
      reloading: phaseLatency(latency.reloading),
    },
    proberLagUs: lag,
    lagLimitUs: options.maxLagMs * 1000,
    kinds: reportKinds(totals.kinds),
    kernel: findings.kernel,
    reloads,
    phases: losses.phases,
    losses: losses.kept,
    carried: totals.carried,
    series: totals.series.report(),
    control: findings.control,
  };
}

function sumKinds(kinds: Totals['kinds']): { sent: number; answered: number; late: number } {
  const sum = { sent: 0, answered: 0, late: 0 };
  for (const totals of kinds.values()) {
    sum.sent += totals.sent;
    sum.answered += totals.answered;
    sum.late += totals.late;
  }
  return sum;
}

const PACED: ReadonlySet<Kind> = new Set(['download', 'upload']);

function overallLatency(kinds: Totals['kinds']): PhaseHistograms<Histogram> {
  const unpaced = [...kinds].filter(([kind]) => !PACED.has(kind));
  const merged = { quiet: newHistogram(), reloading: newHistogram() };
  for (const [, { latency }] of unpaced.length > 0 ? unpaced : kinds) {
    merged.quiet.add(latency.quiet);
    merged.reloading.add(latency.reloading);
  }
  return merged;
}

function both({ quiet, reloading }: PhaseHistograms<Histogram>): Histogram {
  const merged = newHistogram();
  merged.add(quiet);
  merged.add(reloading);
  return merged;
}

function reportKinds(kinds: Totals['kinds']): Report['kinds'] {
  return Object.fromEntries(
    [...kinds].map(([kind, { latency, ...counts }]) => [
      kind,
      { ...counts, latencyUs: percentiles(both(latency)) } satisfies KindReport,
    ]),
  );
}
