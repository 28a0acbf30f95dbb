import { EXIT, HitlessError, messageOf } from '../error.js';
import type { Host } from '../host/host.js';
import { definitionOf, type Step } from '../steps/registry.js';
import { forgetOldRuns, markEnded, markOpen } from './open-runs.js';
import type { Plan } from './plan.js';
import { carryOut, hasFinalStep, undo, type Run } from './runner.js';
import { openRun, type SessionOptions } from './session.js';

/**
 * Carries a plan out up to the hand-over. What fails before the first final step is undone.
 *
 * @returns the run, of which the retiring of the old generation is left
 * @throws HitlessError as the failing step had it, with exit code 11 (put back), 12 (not put
 *   back), or 130 (interrupted, put back)
 */
export async function handOver(
  host: Host,
  runId: string,
  plan: Plan,
  options: SessionOptions,
): Promise<Run> {
  const run = openRun(host, runId, options);
  await begin(host, run, plan, options);
  try {
    await carryOut(run, plan.handOver);
    await run.journal.write({ type: 'handed-over', atMs: host.clock.now() });
  } catch (error) {
    throw await putBack(host, run, plan.handOver, options, error);
  }
  return run;
}

async function begin(host: Host, run: Run, plan: Plan, options: SessionOptions): Promise<void> {
  const { runId } = run.journal;
  try {
    await markOpen(host, options.stateDir, runId);
    const bootId = await host.kernel.bootId();
    await run.journal.write({ type: 'plan', atMs: host.clock.now(), bootId, plan });
  } catch (error) {
    // A mark that stays behind after all is closed by the next recovery: it has no plan.
    await markEnded(host, options.stateDir, runId).catch(() => undefined);
    run.context.runtimes.closeAll();
    throw untouched(error);
  }
}

/** Ends a run whose every step has been carried out. */
export async function endRun(host: Host, run: Run, plan: Plan, stateDir: string): Promise<void> {
  try {
    await tidy(run, plan.handOver);
    await run.journal.write({ type: 'end', atMs: host.clock.now(), result: 'done' });
    await markEnded(host, stateDir, run.journal.runId);
    await forgetOldRuns(host, stateDir);
  } catch (error) {
    throw notPutBack(error, ['the new generation serves; the files of the run are left']);
  } finally {
    run.context.runtimes.closeAll();
  }
}

/**
 * Waits for the old generation to drain, and retires it. What fails before the first final step is
 * undone, the hand-over included.
 */
export async function retire(host: Host, run: Run, plan: Plan, stateDir: string): Promise<void> {
  try {
    await carryOut(run, plan.retire);
  } catch (error) {
    const all = [...plan.handOver, ...plan.retire];
    // Whoever took over has failed while the old generation still listens: it goes on.
    if (!isAbort(error) && !hasFinalStep(run, all)) {
      throw await putBack(host, run, all, { stateDir }, error);
    }
    run.context.runtimes.closeAll();
    throw notRetired(error);
  }
  await endRun(host, run, plan, stateDir);
}

/** The hand-over is over and done with; only the old generation has not been told to finish. */
export function notRetired(error: unknown): HitlessError {
  const what = 'the new generation serves, the old one has not been told to finish';
  if (!isAbort(error)) return notPutBack(error, [what]);
  return new HitlessError('interrupted', EXIT.interrupted, `interrupted; ${what}`, {
    hint: '"hitless recover" finishes it',
  });
}

/** Undoes what has been begun, or leaves it to `recover` when there is no way back. */
export async function putBack(
  host: Host,
  run: Run,
  steps: readonly Step[],
  options: Pick<SessionOptions, 'stateDir'>,
  error: unknown,
): Promise<HitlessError> {
  try {
    if (hasFinalStep(run, steps)) return notPutBack(error, ['the hand-over has begun']);
    const left = await undo(run, steps);
    if (left.length > 0) return notPutBack(error, left);
    // A journal that cannot be written is no reason to leave something behind.
    await run.journal
      .write({ type: 'end', atMs: host.clock.now(), result: 'put-back' })
      .catch(() => undefined);
    await markEnded(host, options.stateDir, run.journal.runId).catch(() => undefined);
    return asPutBack(error);
  } finally {
    run.context.runtimes.closeAll();
  }
}

async function tidy(run: Run, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await definitionOf(step).tidy?.(step, run.context);
}

/** Whatever it was, it happened before anything was touched. */
export function untouched(error: unknown): HitlessError {
  if (!(error instanceof HitlessError)) {
    return new HitlessError('internal', EXIT.refused, messageOf(error), { cause: error });
  }
  return error.exitCode === EXIT.failed
    ? withExit(error, EXIT.refused, error.message, error.hint)
    : error;
}

function asPutBack(error: unknown): HitlessError {
  if (isAbort(error)) {
    return new HitlessError(
      'interrupted',
      EXIT.interrupted,
      'interrupted; everything was put back',
    );
  }
  if (!(error instanceof HitlessError)) {
    return new HitlessError('internal', EXIT.putBack, messageOf(error), { cause: error });
  }
  // Refused by the first look at the machine: nothing had been touched.
  const exitCode = error.exitCode === EXIT.refused ? EXIT.refused : EXIT.putBack;
  return withExit(error, exitCode, error.message, error.hint);
}

export function notPutBack(error: unknown, left: readonly string[]): HitlessError {
  if (error instanceof HitlessError && error.exitCode === EXIT.notPutBack) return error;
  const message = `${messageOf(error)}\nnot put back: ${left.join('; ')}`;
  const hint = '"hitless recover" finishes or undoes it; "hitless status" shows what is running';
  return error instanceof HitlessError
    ? withExit(error, EXIT.notPutBack, message, hint)
    : new HitlessError('internal', EXIT.notPutBack, message, { hint, cause: error });
}

function withExit(
  error: HitlessError,
  exitCode: HitlessError['exitCode'],
  message: string,
  hint: string | undefined,
): HitlessError {
  return new HitlessError(error.code, exitCode, message, {
    ...(error.subject === undefined ? {} : { subject: error.subject }),
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
