import type { Target } from '../haproxy/instance.js';
import type { Host } from '../host/host.js';
import { readFlips, type FlipStatus } from './flip-status.js';
import { readInstances, type InstanceStatus } from './generations.js';
import { readOpenRuns } from './retiring-runs.js';
import { readServices, type ServiceStatus } from './service-status.js';

/** All that serves on this machine, as far as hitless knows such programs. */
export interface Status {
  /** When it was read, in ms since the epoch. */
  readonly atMs: number;
  /** HAProxys, those behind the map included. */
  readonly instances: readonly InstanceStatus[];
  /** Services behind the map of `hitless flip`; null when this user may not look at it. */
  readonly flips: readonly FlipStatus[] | null;
  /** nginx and Apache that are not behind the map. */
  readonly services: readonly ServiceStatus[];
  /** Runs that nobody looks after: `hitless recover` takes them up. */
  readonly abandonedRuns: readonly string[];
}

/** Everything, or that HAProxy alone which the target names, with its flip. */
export async function readStatus(host: Host, target: Target, stateDir: string): Promise<Status> {
  const atMs = host.clock.now();
  const runs = await readOpenRuns(host, stateDir);
  const [instances, flips] = await Promise.all([
    readInstances(host, target, runs),
    readFlips(host, stateDir, runs),
  ]);
  const abandonedRuns = runs.filter(({ abandoned }) => abandoned).map(({ runId }) => runId);
  if (Object.keys(target).length > 0) {
    const pids = new Set(instances.flatMap(({ generations }) => generations.map(({ pid }) => pid)));
    return {
      atMs,
      instances,
      flips: flips?.filter((flip) => flip.instances.some(({ pid }) => pids.has(pid))) ?? null,
      services: [],
      abandonedRuns,
    };
  }
  const services = await readServices(host, runs, pidsOf(flips ?? []));
  return { atMs, instances, flips, services, abandonedRuns };
}

function pidsOf(flips: readonly FlipStatus[]): ReadonlySet<number> {
  return new Set(flips.flatMap(({ instances }) => instances.map(({ pid }) => pid)));
}
