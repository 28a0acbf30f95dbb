import type { Host } from '../host/host.js';
import { mendJournal, readJournal } from '../journal/journal.js';
import { removeLeftLocks, takeLock, type Lock } from '../journal/lock.js';
import { removeLeftCandidates } from './candidates.js';
import { notPutBack, putBack, retire } from './execute.js';
import { markEnded, openRunIds } from './open-runs.js';
import { direction, progressOf, type Progress } from './progress.js';
import { needsWatching, type Plan } from './plan.js';
import { carryOut, renewBegun, type Run } from './runner.js';
import { definitionOf, type Step } from '../steps/registry.js';
import { openRun, type SessionOptions } from './session.js';
import { EXIT, HitlessError } from '../error.js';

export interface Recovered {
  readonly runId: string;
  /**
   * `nothing`: it had not begun. `finished`, `undone`: what was done about it. `watched`: another
   * process looks after it. `outdated`: from before a reboot; only closed.
   */
  readonly outcome: 'nothing' | 'finished' | 'undone' | 'watched' | 'outdated';
}

export interface RecoverOptions extends SessionOptions {
  /** Only this run. */
  readonly runId?: string;
  /**
   * Leave runs alone that have handed over and only wait for the old generation to drain; they are
   * given to this instead.
   */
  readonly onDraining?: (runId: string) => Promise<void>;
  /** The caller is a reload, which holds the lock already that undoing and finishing need. */
  readonly holdsReloadLock?: boolean;
}

/** Held by whoever changes which generation serves: one at a time on a host. */
export const RELOAD_LOCK = 'reload';

/**
 * Finishes or undoes what interrupted runs have left. Idempotent.
 *
 * @throws HitlessError with exit code 12 when something could be neither finished nor undone
 */
export async function recover(host: Host, options: RecoverOptions): Promise<readonly Recovered[]> {
  const ids = await openRunIds(host, options.stateDir);
  const recovered: Recovered[] = [];
  for (const runId of ids) {
    if (options.runId !== undefined && options.runId !== runId) continue;
    const outcome = await named(`run ${runId}`, recoverOne(host, runId, options));
    recovered.push({ runId, outcome });
  }
  await named('files of a killed run', removeLeftFiles(host, options.stateDir));
  return recovered;
}

async function removeLeftFiles(host: Host, stateDir: string): Promise<void> {
  await removeLeftCandidates(host, stateDir);
  await removeLeftLocks(host, stateDir);
}

/** Says of what could not be recovered what it was. */
async function named<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const known = error instanceof HitlessError ? error.exitCode : undefined;
    if (known === EXIT.notPutBack || known === EXIT.locked) throw error;
    throw notPutBack(error, [what]);
  }
}

async function recoverOne(
  host: Host,
  runId: string,
  options: RecoverOptions,
): Promise<Recovered['outcome']> {
  const lock = await takeRun(host, runId, options);
  if (lock === undefined) return 'watched';
  try {
    await mendJournal(host, options.stateDir, runId);
    const progress = progressOf(await readJournal(host, options.stateDir, runId));
    if (progress === undefined || progress.end !== undefined) {
      await markEnded(host, options.stateDir, runId);
      return 'nothing';
    }
    if (progress.bootId !== (await host.kernel.bootId())) return await close(host, runId, options);
    if (progress.handedOver && options.onDraining !== undefined && !needsWatching(progress.plan)) {
      await lock.release();
      await options.onDraining(runId);
      return 'watched';
    }
    return await takeUpAlone(host, runId, progress, options);
  } finally {
    await lock.release();
  }
}

/** Undefined when a living process holds the run; it may have taken it at this very moment. */
async function takeRun(
  host: Host,
  runId: string,
  { stateDir }: RecoverOptions,
): Promise<Lock | undefined> {
  try {
    return await takeLock(host, stateDir, runLock(runId));
  } catch (error) {
    if (error instanceof HitlessError && error.exitCode === EXIT.locked) return undefined;
    throw error;
  }
}

/** Draining needs no lock: it disturbs no reload, and may last for minutes. */
async function takeUpAlone(
  host: Host,
  runId: string,
  progress: Progress,
  options: RecoverOptions,
): Promise<'finished' | 'undone'> {
  const free = progress.handedOver || options.holdsReloadLock === true;
  const lock = free ? undefined : await takeLock(host, options.stateDir, RELOAD_LOCK);
  try {
    return await takeUp(host, runId, progress, options);
  } finally {
    await lock?.release();
  }
}

async function takeUp(
  host: Host,
  runId: string,
  progress: Progress,
  options: RecoverOptions,
): Promise<'finished' | 'undone'> {
  const run = openRun(host, runId, options, progress);
  const { plan } = progress;
  if (direction(progress) === 'undo' && !progress.handedOver) {
    const outcome = await putBack(host, run, plan.handOver, options, INTERRUPTED);
    if (outcome.exitCode === EXIT.notPutBack) throw outcome;
    return 'undone';
  }
  try {
    if (!progress.handedOver) {
      await forgetUndoneByOthers(run, plan);
      await renewBegun(run, unreleased(run, plan.handOver));
      await carryOut(run, plan.handOver);
      await run.journal.write({ type: 'handed-over', atMs: host.clock.now() });
    }
    await retire(host, run, plan, options.stateDir);
    return 'finished';
  } catch (error) {
    const outcome = await keepOpen(host, run, progress, options, error);
    if (outcome.exitCode === EXIT.notPutBack) throw outcome;
    // The machine refused the one step without a way back: all before it was undone.
    return 'undone';
  }
}

/**
 * The journal says done, the machine says otherwise: a new process that has died since must be
 * started again, or nobody would accept connections. Files are left alone: a change there was
 * made by somebody who knew.
 */
async function forgetUndoneByOthers(run: Run, plan: Plan): Promise<void> {
  for (const step of plan.handOver) {
    const makesOne = step.kind === 'start-generation' || step.kind === 'reload-master';
    if (!makesOne || !run.state.after.has(step.id)) continue;
    const wrong = await definitionOf(step).verify(step, run.context);
    if (wrong !== undefined) run.state.after.delete(step.id);
  }
}

/** What was held back and let go again must not be held once more. */
function unreleased(run: Run, steps: readonly Step[]): readonly Step[] {
  const releases = steps.filter(({ id }) => run.state.begun.has(id));
  const released = releases.flatMap((step) => ('heldBy' in step ? [step.heldBy] : []));
  return steps.filter(({ id }) => !released.includes(id));
}

async function keepOpen(
  host: Host,
  run: Run,
  progress: Progress,
  options: RecoverOptions,
  error: unknown,
): Promise<HitlessError> {
  return await putBack(
    host,
    run,
    [...progress.plan.handOver, ...progress.plan.retire],
    options,
    error,
  );
}

const INTERRUPTED = Object.assign(new Error('interrupted'), { name: 'AbortError' });

/** Its processes and kernel settings ended with that boot; files stay as they are. */
async function close(
  host: Host,
  runId: string,
  options: RecoverOptions,
): Promise<Recovered['outcome']> {
  await openRun(host, runId, options).journal.write({
    type: 'end',
    atMs: host.clock.now(),
    result: 'abandoned',
  });
  await markEnded(host, options.stateDir, runId);
  return 'outdated';
}

export function runLock(runId: string): string {
  return `run-${runId}`;
}
