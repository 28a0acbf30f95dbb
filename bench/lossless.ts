import type { Connections } from '../src/probe/options.js';
import { trialName, type TrialSpec } from '../src/trial/spec.js';
import type { WayName } from '../src/trial/ways/registry.js';
import { runTrial } from '../src/trial/trial.js';
import type { Finding } from './result.js';
import { summary } from './summary.js';

const REQUESTS = 200_000;
const RATE = 2000;
const EVERY_MS = 100;
/** Old generations that may be alive at once (the default of --max-draining) and the new one. */
const GENERATIONS_LIMIT = 8 + 2;
const CONTROL_MS = 20_000;

/** Two hundred thousand requests each under reloads as fast as they come, and the control. */
export async function benchLossless(): Promise<readonly Finding[]> {
  const findings = [await controlFinding('new'), await controlFinding('keep-alive')];
  const rows: readonly (readonly [WayName, Connections, number])[] = [
    ['fd-pass', 'new', GENERATIONS_LIMIT],
    ['migrate', 'new', GENERATIONS_LIMIT],
    ['quiesce', 'keep-alive', GENERATIONS_LIMIT],
    // An old instance drains for two seconds there, however many there are.
    ['flip', 'new', Number.POSITIVE_INFINITY],
    ['rolling', 'new', Number.POSITIVE_INFINITY],
    ['handoff', 'new', Number.POSITIVE_INFINITY],
  ];
  for (const [way, connections, processesLimit] of rows) {
    findings.push(await methodFinding(way, connections, processesLimit));
  }
  return findings;
}

async function controlFinding(connections: Connections): Promise<Finding> {
  const stalled = connections === 'new';
  const trial = await runTrial({
    ...load(connections, CONTROL_MS),
    way: 'haproxy -sf',
    stalled,
  });
  return {
    what: `control: ${trialName(trial.spec)}`,
    measured: summary(trial),
    limit: 'loses',
    met: trial.report.lost.total > 0,
  };
}

async function methodFinding(
  way: WayName,
  connections: Connections,
  processesLimit: number,
): Promise<Finding> {
  const forMs = (REQUESTS / RATE) * 1000;
  const trial = await runTrial({ ...load(connections, forMs), way, stalled: false });
  const failed = trial.reloads.filter(({ ok }) => !ok);
  const why = failed[0] === undefined ? '' : ` (${failed[0].said.trim().split('\n').at(-1) ?? ''})`;
  const { report, processesMax } = trial;
  return {
    what: trialName(trial.spec),
    measured: `${summary(trial)}, ${failed.length} failed${why}, at most ${processesMax} processes`,
    limit: Number.isFinite(processesLimit)
      ? `0 lost, at most ${processesLimit} processes`
      : '0 lost',
    met:
      report.lost.total === 0 &&
      report.sent >= REQUESTS &&
      failed.length === 0 &&
      processesMax <= processesLimit,
  };
}

function load(
  connections: Connections,
  forMs: number,
): Pick<TrialSpec, 'connections' | 'ratePerSecond' | 'forMs' | 'everyMs' | 'ipv6'> {
  return { connections, ratePerSecond: RATE, forMs, everyMs: EVERY_MS, ipv6: false };
}
