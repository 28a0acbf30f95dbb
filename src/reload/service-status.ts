import { listenersOf } from '../haproxy/listeners.js';
import { portOf } from '../host/endpoint.js';
import type { Host, ProcessInfo, Socket } from '../host/host.js';
import { processesNamed, processesOf } from '../services/processes.js';
import { SERVICES } from '../services/registry.js';
import type { Service, ServiceName } from '../services/service.js';
import { clientOf, isHalted, masterOf, type Generation } from './generations.js';
import { retiringRun, type OpenRun } from './retiring-runs.js';
import { mastersOf } from './service-instance.js';

/** One running nginx or Apache that no flip has started or led away from. */
export interface ServiceStatus {
  readonly service: ServiceName;
  /** Of the master. */
  readonly argv: readonly string[];
  /**
   * The master (`leading`), then its workers: those that take new connections (`serving`), and those
   * of earlier generations, which have been told to finish (`stopping`).
   */
  readonly generations: readonly Generation[];
}

/** @param flipped pids of masters that are shown with their flip */
export async function readServices(
  host: Host,
  runs: readonly OpenRun[],
  flipped: ReadonlySet<number>,
): Promise<readonly ServiceStatus[]> {
  const found: ServiceStatus[] = [];
  for (const service of Object.values(SERVICES)) {
    const masters = mastersOf(service, await processesNamed(host, service));
    for (const master of masters) {
      if (!flipped.has(master.pid)) found.push(await statusOf(host, service, master, runs));
    }
  }
  return found;
}

async function statusOf(
  host: Host,
  service: Service,
  master: ProcessInfo,
  runs: readonly OpenRun[],
): Promise<ServiceStatus> {
  const { workers, others } = await processesOf(host, service, master);
  // The master keeps every socket that a generation has taken connections from.
  const ports = new Set((await listenersOf(host, master)).map(({ local }) => portOf(local)));
  const open = (await host.sockets.connections(master.pid)).filter(
    ({ family, local }) => family !== 'unix' && ports.has(portOf(local)),
  );
  const serving: Generation[] = [];
  for (const one of workers) serving.push(await workerOf(host, one, 'serving', open, runs));
  const leaving: Generation[] = [];
  for (const one of others.filter((other) => isWorker(service, other))) {
    leaving.push(await workerOf(host, one, 'stopping', open, runs));
  }
  return {
    service: service.name,
    argv: master.argv,
    generations: [masterOf(master), ...serving, ...leaving],
  };
}

/** And neither nginx's cache manager nor one that executes another program. */
function isWorker(service: Service, { argv }: ProcessInfo): boolean {
  const role = service.roleOf(argv, true);
  return role === 'worker' || role === 'retired';
}

async function workerOf(
  host: Host,
  worker: ProcessInfo,
  state: 'serving' | 'stopping',
  open: readonly Socket[],
  runs: readonly OpenRun[],
): Promise<Generation> {
  const own = await host.sockets.inodesOf(worker.pid);
  const run = runs.find(({ oldPids }) => oldPids.includes(worker.pid));
  return {
    pid: worker.pid,
    role: 'worker',
    state,
    halted: isHalted(worker),
    ageMs: worker.ageMs,
    connections: open.filter(({ inode }) => own.has(inode)).map(clientOf),
    retiredBy: run === undefined ? null : retiringRun(run),
  };
}
