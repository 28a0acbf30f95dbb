import type { LossCounts } from '../../src/probe/loss.js';
import { LOSS_CAUSES, type LossCause } from '../../src/probe/outcome.js';
import type { Report } from '../../src/probe/report.js';
import type { TrialSpec } from '../../src/trial/spec.js';
import type { Trial } from '../../src/trial/trial.js';
import type { WayName } from '../../src/trial/ways/registry.js';

export function losses(of: Partial<Record<LossCause, number>> = {}): LossCounts {
  const all = Object.fromEntries(LOSS_CAUSES.map((cause) => [cause, of[cause] ?? 0]));
  const total = Object.values(of).reduce((sum, count) => sum + count, 0);
  return { ...(all as Record<LossCause, number>), total };
}

export function report(changes: Partial<Report> = {}): Report {
  const latency = { p50: 900, p90: 1000, p99: 12_000, p99_9: 20_000, max: 31_000 };
  const curve = [
    [0, 900],
    [0.5, 950],
    [0.99, 12_000],
    [0.9998, 31_000],
  ] as const;
  const phase = { answered: 2500, latencyUs: latency, curve };
  return {
    schemaVersion: 1,
    verdict: 'lossless',
    doubts: [],
    runId: 'r',
    url: 'http://10.0.0.1/',
    connections: 'new',
    ratePerSecond: 1000,
    durationMs: 5000,
    workers: 1,
    bodyCheck: 'digest',
    interrupted: false,
    intended: 5000,
    sent: 5000,
    answered: 5000,
    lost: losses(),
    late: 2,
    clientErrors: 0,
    unsettled: 0,
    reopened: 0,
    lossRate: 0,
    lossRateUpperBound95: 0,
    latencyUs: latency,
    latencyPhases: { quiet: phase, reloading: phase },
    proberLagUs: latency,
    lagLimitUs: 20_000,
    kinds: {},
    kernel: {},
    reloads: {
      planned: null,
      count: 3,
      failed: 0,
      overran: 0,
      durationMs: null,
      exitCodes: {},
      runs: [],
    },
    phases: { before: losses(), during: losses(), after: losses() },
    losses: [],
    carried: { open: 0, kept: 0 },
    series: SERIES,
    control: null,
    ...changes,
  };
}

/** Five seconds in which nothing was lost over three reloads. */
export function trial(
  way: WayName,
  changes: Partial<Report> = {},
  spec: Partial<TrialSpec> = {},
): Trial {
  const load = { ratePerSecond: 1000, forMs: 5000, everyMs: 500, ipv6: false };
  const reloads = [80, 40, 60].map((commandMs) => ({ ok: true, commandMs, said: '' }));
  return {
    spec: { way, connections: 'new', stalled: false, ...load, ...spec },
    report: report(changes),
    reloads,
    processesMax: 2,
    cpuMs: { proxy: 900, hitless: 400 },
  };
}

const SERIES = {
  bucketMs: 100,
  answered: [100, 100, 0],
  lost: [0, 4, 0],
  p50Us: [900, 950, null],
  p99Us: [1200, 12_000, null],
  maxUs: [1300, 31_000, null],
};
