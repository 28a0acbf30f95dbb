import { EXIT, HitlessError } from '../error.js';
import { openRuntimes, type Runtimes } from '../haproxy/runtime/runtimes.js';
import { waitFor } from '../host/wait.js';
import type { Host } from '../host/host.js';
import { takeLock, type Lock } from '../journal/lock.js';
import type { PlanMethod } from '../methods/method.js';
import { endRun, handOver, notRetired, retire, untouched } from './execute.js';
import { needsWatching, type Plan } from './plan.js';
import { recover, RELOAD_LOCK, runLock } from './recover.js';
import type { Run, RunEvent } from './runner.js';
import type { SessionOptions } from './session.js';

/** How a plan is carried out, whatever it is about. */
export interface PlanOptions {
  readonly stateDir: string;
  readonly signal?: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
  /** Called with the plan before anything is touched; what it throws ends the run there. */
  readonly onPlan?: (plan: Plan) => void | Promise<void>;
  readonly dryRun: boolean;
  /** Wait here until the old generation is gone instead of leaving that to `onDraining`. */
  readonly wait: boolean;
  readonly waitLockMs: number;
  /** What may not go on at the same time; reloads exclude each other when absent. */
  readonly lock?: string;
  /** How long each step may wait for the machine. */
  readonly timeoutMs: number;
  /** Has another process carry the run on (it only waits for the old generation to drain). */
  readonly onDraining: (runId: string) => Promise<void>;
}

export interface PlanResult {
  /** `applied`: changed at run time, by the process that serves. */
  readonly result: 'reloaded' | 'applied' | 'unchanged' | 'planned';
  readonly runId: string | null;
  readonly method: PlanMethod | null;
  /** Nothing is expected to be lost, and nothing that this rests on is unknown. */
  readonly lossless: boolean;
  readonly oldPids: readonly number[];
  readonly newPids: readonly number[];
  /** From the lock to the confirmed hand-over. */
  readonly durationMs: number;
  /** For how long new connections were held back; null when none were. */
  readonly heldMs: number | null;
  /** The old generation goes on serving the connections that it has. */
  readonly draining: boolean;
  readonly plan: Plan | null;
}

/** There is nothing to do: all is as the request wants it. */
export const UNCHANGED = 'unchanged';

/**
 * Looks at the machine, checks what will be started, and plans; touches nothing that serves.
 *
 * @param runtimes for runtime connections that the steps will use too
 * @param stateDir null for a dry run
 * @throws HitlessError, exit code 10 (refused) or 2
 */
export type Prepare = (
  runtimes: Runtimes,
  stateDir: string | null,
) => Promise<Plan | typeof UNCHANGED>;

/**
 * The course of every change: lock, finish what an earlier run left, prepare, hand over, retire.
 *
 * @throws HitlessError with the exit code that says how things stand
 */
export async function runPlan(
  host: Host,
  options: PlanOptions,
  prepare: Prepare,
): Promise<PlanResult> {
  if (options.dryRun) return await planOnly(host, options, prepare);
  const startedMs = host.clock.now();
  const lock = await lockHost(host, options);
  try {
    await recover(host, {
      ...sessionOptions(options),
      onDraining: options.onDraining,
      holdsReloadLock: (options.lock ?? RELOAD_LOCK) === RELOAD_LOCK,
    });
    const runtimes = openRuntimes(host, options.timeoutMs);
    try {
      const plan = await preparedOrUntouched(prepare, runtimes, options.stateDir);
      if (plan === UNCHANGED) return unchanged();
      await options.onPlan?.(plan);
      return await carryOutPlan(host, options, plan, runtimes, startedMs);
    } finally {
      // Whatever happened: an open connection would keep this process from ending.
      runtimes.closeAll();
    }
  } finally {
    await lock.release();
  }
}

async function planOnly(host: Host, options: PlanOptions, prepare: Prepare): Promise<PlanResult> {
  const runtimes = openRuntimes(host, options.timeoutMs);
  try {
    const plan = await prepare(runtimes, null);
    if (plan === UNCHANGED) return unchanged();
    await options.onPlan?.(plan);
    return {
      ...describe(plan),
      result: 'planned',
      runId: null,
      newPids: [],
      durationMs: 0,
      heldMs: null,
      draining: false,
    };
  } finally {
    runtimes.closeAll();
  }
}

async function preparedOrUntouched(
  prepare: Prepare,
  runtimes: Runtimes,
  stateDir: string,
): Promise<Plan | typeof UNCHANGED> {
  try {
    return await prepare(runtimes, stateDir);
  } catch (error) {
    throw untouched(error);
  }
}

async function carryOutPlan(
  host: Host,
  options: PlanOptions,
  plan: Plan,
  runtimes: Runtimes,
  startedMs: number,
): Promise<PlanResult> {
  const runId = newRunId(host);
  const runHeld = await takeLock(host, options.stateDir, runLock(runId));
  try {
    const run = await handOver(host, runId, plan, { ...sessionOptions(options), runtimes });
    const durationMs = host.clock.now() - startedMs;
    const draining = plan.retire.length > 0 && !options.wait && !needsWatching(plan);
    if (draining) await leaveDraining(options, run, runHeld);
    else if (plan.retire.length > 0) await retire(host, run, plan, options.stateDir);
    else await endRun(host, run, plan, options.stateDir);
    return {
      ...describe(plan),
      result: plan.method === 'runtime' ? 'applied' : 'reloaded',
      runId,
      newPids: newPidsOf(run, plan),
      durationMs,
      heldMs: heldMsOf(run),
      draining,
    };
  } finally {
    await runHeld.release();
  }
}

async function leaveDraining(options: PlanOptions, run: Run, lock: Lock): Promise<void> {
  run.context.runtimes.closeAll();
  await lock.release();
  try {
    await options.onDraining(run.journal.runId);
  } catch (error) {
    throw notRetired(error);
  }
}

function newPidsOf(run: Run, { starts, method, oldPids }: Plan): readonly number[] {
  if (method === 'runtime') return oldPids;
  const pids = starts.flatMap((id) => {
    const after = run.state.after.get(id);
    return Array.isArray(after?.['pids'])
      ? (after['pids'] as readonly unknown[])
      : [after?.['pid']];
  });
  return pids.filter((pid) => typeof pid === 'number');
}

function heldMsOf({ state }: Run): number | null {
  const learnt = [...state.after.values()];
  const from = learnt.map(({ heldAtMs }) => heldAtMs).find((ms) => typeof ms === 'number');
  const to = learnt.map(({ openAtMs }) => openAtMs).findLast((ms) => typeof ms === 'number');
  return from === undefined || to === undefined ? null : to - from;
}

function describe(plan: Plan): Pick<PlanResult, 'method' | 'lossless' | 'oldPids' | 'plan'> {
  const lossless = plan.losses.length === 0 && plan.unverified === null;
  return { method: plan.method, lossless, oldPids: plan.oldPids, plan };
}

function unchanged(): PlanResult {
  return {
    result: 'unchanged',
    runId: null,
    method: null,
    lossless: true,
    oldPids: [],
    newPids: [],
    durationMs: 0,
    heldMs: null,
    draining: false,
    plan: null,
  };
}

function sessionOptions({ stateDir, timeoutMs, onEvent, signal }: PlanOptions): SessionOptions {
  return { stateDir, timeoutMs, onEvent, ...(signal === undefined ? {} : { signal }) };
}

/**
 * One change at a time on a host: two at once leave generations that nobody stops, and a kernel
 * setting that one run puts back may be in use by the other.
 */
async function lockHost(host: Host, options: PlanOptions): Promise<Lock> {
  let last: unknown;
  const lock = await waitFor(
    async () => {
      try {
        return await takeLock(host, options.stateDir, options.lock ?? RELOAD_LOCK);
      } catch (error) {
        if (!(error instanceof HitlessError) || error.exitCode !== EXIT.locked) throw error;
        last = error;
        return undefined;
      }
    },
    { timeoutMs: options.waitLockMs, intervalMs: 20, clock: host.clock },
  );
  if (lock === undefined) throw last;
  return lock;
}

function newRunId(host: Host): string {
  const stamp = new Date(host.clock.now()).toISOString().replace(/[-:.]/g, '').replace('Z', '');
  return `${stamp}-${host.self.pid}`;
}
