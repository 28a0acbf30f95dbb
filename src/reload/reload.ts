import { EXIT, HitlessError, refused } from '../error.js';
import { openRuntimes } from '../haproxy/runtime/runtimes.js';
import { findInstance, type Instance } from '../haproxy/instance.js';
import { waitFor } from '../host/wait.js';
import type { Host } from '../host/host.js';
import { takeLock, type Lock } from '../journal/lock.js';
import type { MethodName } from '../methods/method.js';
import { endRun, handOver, notRetired, retire, untouched } from './execute.js';
import { needsWatching, type Plan } from './plan.js';
import { prepare, UNCHANGED, type Prepared } from './prepare.js';
import { recover, RELOAD_LOCK, runLock } from './recover.js';
import type { ReloadRequest } from './request.js';
import type { Run, RunEvent } from './runner.js';
import type { SessionOptions } from './session.js';

export interface ReloadOptions {
  readonly stateDir: string;
  readonly signal?: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
  /** Called with the plan before anything is touched. */
  readonly onPlan?: (plan: Plan) => void;
  readonly dryRun: boolean;
  /** Wait here until the old generation is gone instead of leaving that to `onDraining`. */
  readonly wait: boolean;
  readonly waitLockMs: number;
  /** Has another process carry the run on (it only waits for the old generation to drain). */
  readonly onDraining: (runId: string) => Promise<void>;
}

export interface ReloadResult {
  readonly result: 'reloaded' | 'unchanged' | 'planned';
  readonly runId: string | null;
  readonly method: MethodName | null;
  /** Nothing is expected to be lost, and nothing that this rests on is unknown. */
  readonly lossless: boolean;
  readonly oldPids: readonly number[];
  readonly newPids: readonly number[];
  /** From the lock to the confirmed hand-over. */
  readonly durationMs: number;
  /** The old generation goes on serving the connections that it has. */
  readonly draining: boolean;
  readonly plan: Plan | null;
}

/**
 * The whole of a reload: lock, finish what an earlier run left, check, plan, hand over, retire.
 *
 * @throws HitlessError with the exit code that says how things stand
 */
export async function reload(
  host: Host,
  request: ReloadRequest,
  options: ReloadOptions,
): Promise<ReloadResult> {
  if (options.dryRun) return await planOnly(host, request, options);
  const startedMs = host.clock.now();
  const lock = await lockNetwork(host, request, options);
  try {
    await recover(host, {
      ...sessionOptions(request, options),
      onDraining: options.onDraining,
      holdsReloadLock: true,
    });
    const instance = await awaitRoom(host, request);
    const runtimes = openRuntimes(host, request.timeoutMs);
    const prepared = await prepareOrClose(host, request, instance, runtimes, options.stateDir);
    if (prepared === UNCHANGED) return unchanged();
    options.onPlan?.(prepared.plan);
    try {
      return await carryOutPlan(host, request, options, prepared, runtimes, startedMs);
    } finally {
      // Whatever happened: an open connection would keep this process from ending.
      runtimes.closeAll();
    }
  } finally {
    await lock.release();
  }
}

async function planOnly(
  host: Host,
  request: ReloadRequest,
  options: ReloadOptions,
): Promise<ReloadResult> {
  const runtimes = openRuntimes(host, request.timeoutMs);
  try {
    const instance = await findInstance(host, request.target);
    const prepared = await prepare(host, runtimes, request, instance, null);
    if (prepared === UNCHANGED) return unchanged();
    options.onPlan?.(prepared.plan);
    return {
      ...describe(prepared.plan),
      result: 'planned',
      runId: null,
      newPids: [],
      durationMs: 0,
      draining: false,
    };
  } finally {
    runtimes.closeAll();
  }
}

async function prepareOrClose(
  host: Host,
  request: ReloadRequest,
  instance: Instance,
  runtimes: ReturnType<typeof openRuntimes>,
  stateDir: string,
): Promise<Prepared | typeof UNCHANGED> {
  try {
    return await prepare(host, runtimes, request, instance, stateDir);
  } catch (error) {
    runtimes.closeAll();
    throw untouched(error);
  }
}

async function carryOutPlan(
  host: Host,
  request: ReloadRequest,
  options: ReloadOptions,
  { plan }: Prepared,
  runtimes: ReturnType<typeof openRuntimes>,
  startedMs: number,
): Promise<ReloadResult> {
  const runId = newRunId(host);
  const runHeld = await takeLock(host, options.stateDir, runLock(runId));
  try {
    const run = await handOver(host, runId, plan, {
      ...sessionOptions(request, options),
      runtimes,
    });
    const durationMs = host.clock.now() - startedMs;
    const draining = plan.retire.length > 0 && !options.wait && !needsWatching(plan);
    if (draining) await leaveDraining(options, run, runHeld);
    else if (plan.retire.length > 0) await retire(host, run, plan, options.stateDir);
    else await endRun(host, run, plan, options.stateDir);
    return {
      ...describe(plan),
      result: 'reloaded',
      runId,
      newPids: newPidsOf(run),
      durationMs,
      draining,
    };
  } finally {
    await runHeld.release();
  }
}

async function leaveDraining(options: ReloadOptions, run: Run, lock: Lock): Promise<void> {
  run.context.runtimes.closeAll();
  await lock.release();
  try {
    await options.onDraining(run.journal.runId);
  } catch (error) {
    throw notRetired(error);
  }
}

function newPidsOf(run: Run): readonly number[] {
  const last = run.state.after.get('again') ?? run.state.after.get('start');
  const pid = last?.['pid'];
  return typeof pid === 'number' ? [pid] : [];
}

function describe(plan: Plan): Pick<ReloadResult, 'method' | 'lossless' | 'oldPids' | 'plan'> {
  const lossless = plan.losses.length === 0 && plan.unverified === null;
  return { method: plan.method, lossless, oldPids: plan.oldPids, plan };
}

function unchanged(): ReloadResult {
  return {
    result: 'unchanged',
    runId: null,
    method: null,
    lossless: true,
    oldPids: [],
    newPids: [],
    durationMs: 0,
    draining: false,
    plan: null,
  };
}

function sessionOptions(request: ReloadRequest, options: ReloadOptions): SessionOptions {
  return {
    stateDir: options.stateDir,
    timeoutMs: request.timeoutMs,
    onEvent: options.onEvent,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

/**
 * One reload at a time on a host: two at once leave generations that nobody stops, and a kernel
 * setting that one run puts back may be in use by the other.
 */
async function lockNetwork(
  host: Host,
  request: ReloadRequest,
  options: ReloadOptions,
): Promise<Lock> {
  let last: unknown;
  const lock = await waitFor(
    async () => {
      try {
        return await takeLock(host, options.stateDir, RELOAD_LOCK);
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

/** Each old generation costs memory, and HAProxy's accept rate falls with their number. */
async function awaitRoom(host: Host, request: ReloadRequest): Promise<Instance> {
  let draining = 0;
  const room = await waitFor(
    async () => {
      const instance = await findInstance(host, request.target);
      draining = instance.draining.length;
      return draining < request.maxDraining ? instance : undefined;
    },
    { timeoutMs: request.timeoutMs, intervalMs: 50, clock: host.clock },
  );
  if (room !== undefined) return room;
  throw refused('too-many-generations', `${draining} old generations are still draining`, {
    hint: '"hitless status" shows what they wait for; raise --max-draining, or set hard-stop-after',
  });
}

function newRunId(host: Host): string {
  const stamp = new Date(host.clock.now()).toISOString().replace(/[-:.]/g, '').replace('Z', '');
  return `${stamp}-${host.self.pid}`;
}
