import { runTrial } from '../src/trial/trial.js';
import type { WayName } from '../src/trial/ways/registry.js';
import type { Finding } from './result.js';

/** A load that leaves the cores idle most of the time: what is added is the reload's, not a queue's. */
const RATE = 200;
const RELOADS = 50;
const EVERY_MS = 1_000;
const LIMIT_MS = 10;

/** What a reload adds to the slowest answer, over the slowest one of the quiet times of the same run. */
export async function benchLatency(): Promise<readonly Finding[]> {
  return [await control(), await added('fd-pass'), await added('flip')];
}

/** Connections that a restart refuses are lost, not late: it is a control when it shows either. */
async function control(): Promise<Finding> {
  const finding = await added('restart');
  return { ...finding, limit: 'control: more, or losses', met: !finding.met };
}

async function added(way: WayName): Promise<Finding> {
  const { report, reloads } = await runTrial({
    way,
    connections: 'new',
    stalled: false,
    ratePerSecond: RATE,
    forMs: RELOADS * EVERY_MS + 1_000,
    everyMs: EVERY_MS,
    ipv6: false,
  });
  const { quiet, reloading } = report.latencyPhases;
  const over = (of: 'p99_9' | 'max'): string =>
    `${inMs(reloading.latencyUs[of])} over ${inMs(quiet.latencyUs[of])}`;
  const ms = (reloading.latencyUs.max - quiet.latencyUs.max) / 1000;
  const lost = report.lost.total;
  return {
    what: `${way}, slowest answer during a reload over the slowest one in quiet times`,
    measured: `${ms.toFixed(1)} ms (${over('max')} ms; p99.9 ${over('p99_9')} ms) in ${reloads.length} reloads, ${lost} of ${report.sent} lost`,
    limit: `at most ${LIMIT_MS} ms`,
    met: ms <= LIMIT_MS && lost === 0,
  };
}

function inMs(us: number): string {
  return (us / 1000).toFixed(1);
}
