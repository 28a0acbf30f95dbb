import { findInstance, findInstances, type Instance, type Target } from '../haproxy/instance.js';
import { clientConnections, listenersOf, type Listener } from '../haproxy/listeners.js';
import type { Host, ProcessInfo, Socket } from '../host/host.js';
import { retiringRun, type OpenRun, type RetiringRun } from './retiring-runs.js';

/** One run of HAProxy with one configuration, or one process of nginx or Apache, as it stands now. */
export interface Generation {
  readonly pid: number;
  readonly role: 'master' | 'worker' | 'process';
  /**
   * `serving`: takes new connections. `draining`: keeps the connections it has and will be told to
   * finish when they have ended. `stopping`: has been told. `leading`: a master.
   */
  readonly state: 'serving' | 'draining' | 'stopping' | 'leading';
  /** Stopped by a signal (SIGSTOP) or a debugger: it does nothing at all. */
  readonly halted: boolean;
  readonly ageMs: number;
  readonly connections: readonly ClientConnection[];
  /** The run that retires it, and the living process that sees to that, if any. */
  readonly retiredBy: RetiringRun | null;
}

export interface ClientConnection {
  readonly local: string;
  readonly peer: string;
  /** Bytes that the client has not taken yet. */
  readonly unsentBytes: number;
  /** Since data last went either way; null when unknown (unix sockets). */
  readonly idleMs: number | null;
}

export interface InstanceStatus {
  readonly mode: Instance['mode'];
  readonly argv: readonly string[];
  /** The one that serves first, then the others from old to new. */
  readonly generations: readonly Generation[];
  /** Runs that nobody looks after: `hitless recover` takes them up. */
  readonly abandonedRuns: readonly string[];
}

/** The HAProxys that run: one when the target names it, else all there are. */
export async function readInstances(
  host: Host,
  target: Target,
  runs: readonly OpenRun[],
): Promise<readonly InstanceStatus[]> {
  const named = Object.keys(target).length > 0;
  const instances = named ? [await findInstance(host, target)] : await findInstances(host);
  return await Promise.all(instances.map(async (instance) => await statusOf(host, instance, runs)));
}

async function statusOf(
  host: Host,
  instance: Instance,
  runs: readonly OpenRun[],
): Promise<InstanceStatus> {
  const { leader, serving, draining, mode } = instance;
  const processes = [serving, ...draining];
  const generations = await Promise.all(
    processes.map(async (process) => await generationOf(host, process, instance, runs)),
  );
  const master = leader.pid === serving.pid ? [] : [masterOf(leader)];
  return {
    mode,
    argv: leader.argv,
    generations: [...master, ...generations],
    abandonedRuns: runs.filter(({ abandoned }) => abandoned).map(({ runId }) => runId),
  };
}

/** It serves nobody itself. */
export function masterOf(leader: ProcessInfo): Generation {
  return {
    pid: leader.pid,
    role: 'master',
    state: 'leading',
    halted: isHalted(leader),
    ageMs: leader.ageMs,
    connections: [],
    retiredBy: null,
  };
}

async function generationOf(
  host: Host,
  process: ProcessInfo,
  instance: Instance,
  runs: readonly OpenRun[],
): Promise<Generation> {
  const own = await listenersOf(host, process);
  // A stopping process listens no more: its clients came by the addresses of the one that serves.
  const locals: readonly Listener[] = own.length > 0 ? own : instance.listeners;
  const open = await clientConnections(host, process, locals);
  const run = runs.find(({ oldPids }) => oldPids.includes(process.pid));
  const isServing = process.pid === instance.serving.pid;
  return {
    pid: process.pid,
    role: instance.mode === 'master-worker' ? 'worker' : 'process',
    state: isServing ? 'serving' : own.length > 0 ? 'draining' : 'stopping',
    halted: isHalted(process),
    ageMs: process.ageMs,
    connections: open.map(clientOf),
    retiredBy: run === undefined ? null : retiringRun(run),
  };
}

export function clientOf({ local, peer, sendQueue, idleMs }: Socket): ClientConnection {
  return { local, peer, unsentBytes: sendQueue, idleMs };
}

export function isHalted({ state }: ProcessInfo): boolean {
  return state === 'T' || state === 't';
}
