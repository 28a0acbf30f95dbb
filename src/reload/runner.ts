import { failed, messageOf } from '../error.js';
import type { Journal } from '../journal/journal.js';
import { NothingDone, type StepContext, type Values } from '../steps/definition.js';
import { definitionOf, effectOf, type Step } from '../steps/registry.js';

/** What the runner says while it works: the same list drives progress display and NDJSON. */
export type RunEvent =
  | { readonly kind: 'step'; readonly step: Step; readonly state: 'begun' | 'done' | 'undone' }
  | { readonly kind: 'step'; readonly step: Step; readonly state: 'failed'; readonly why: string };

/** The state of one run in memory, as its journal has it. */
export interface RunState {
  readonly before: Map<string, Values>;
  readonly after: Map<string, Values>;
  readonly begun: Set<string>;
}

export interface Run {
  readonly journal: Journal;
  readonly state: RunState;
  readonly context: StepContext;
  readonly onEvent: (event: RunEvent) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Carries steps out in order; those that are done already are left alone.
 * Each effect is journaled before it begins, and counts only when the machine shows it.
 *
 * @throws what the first failing step threw; the caller decides between undoing and going on
 */
export async function carryOut(run: Run, steps: readonly Step[]): Promise<void> {
  const lastBegun = steps.findLastIndex((step) => run.state.begun.has(step.id));
  for (const [at, step] of steps.entries()) {
    if (run.state.after.has(step.id)) continue;
    // Taken up after a crash: what was looked at before the last effect need not be seen again.
    if (at < lastBegun && effectOf(step) === 'none') continue;
    if (!hasFinalStep(run, steps)) run.signal?.throwIfAborted();
    await carryOutOne(run, step);
  }
}

async function carryOutOne(run: Run, step: Step): Promise<void> {
  const definition = definitionOf(step);
  run.onEvent({ kind: 'step', step, state: 'begun' });
  try {
    if (effectOf(step) !== 'none' && !run.state.begun.has(step.id)) {
      const before = (await definition.prepare?.(step, run.context)) ?? {};
      await run.journal.write({ type: 'begin', step: step.id, before });
      run.state.before.set(step.id, before);
      run.state.begun.add(step.id);
    }
    const after = (await definition.apply(step, run.context)) ?? {};
    const wrong = await definition.verify(step, run.context);
    if (wrong !== undefined) throw failed('not-confirmed', wrong, { subject: step.id });
    // A step without effect or result is looked at again after a crash: no need for the disk.
    const counts = effectOf(step) !== 'none' || Object.keys(after).length > 0;
    if (counts) await run.journal.write({ type: 'done', step: step.id, after, atMs: now(run) });
    run.state.after.set(step.id, after);
  } catch (error) {
    run.onEvent({ kind: 'step', step, state: 'failed', why: messageOf(reasonOf(error)) });
    if (error instanceof NothingDone) {
      await run.journal.write({ type: 'not-done', step: step.id, why: messageOf(error.cause) });
      run.state.begun.delete(step.id);
    }
    throw reasonOf(error);
  }
  run.onEvent({ kind: 'step', step, state: 'done' });
}

function now({ context }: Run): number {
  return context.host.clock.now();
}

function reasonOf(error: unknown): unknown {
  return error instanceof NothingDone ? error.cause : error;
}

export function hasFinalStep(run: Run, steps: readonly Step[]): boolean {
  return steps.some((step) => run.state.begun.has(step.id) && effectOf(step) === 'final');
}

/**
 * Takes back what has been begun, last first, and stops at a step that cannot be undone: what came
 * before it may be needed as long as its effect lasts (a kernel setting under open queues).
 *
 * @returns what could not be undone, in words; empty when everything is as it was
 */
export async function undo(run: Run, steps: readonly Step[]): Promise<readonly string[]> {
  const left: string[] = [];
  const begun = steps.filter((step) => run.state.begun.has(step.id)).reverse();
  // Nothing rests upon the last one.
  const unheld = await renewAll(run, begun.slice(1), 'undo');
  if (unheld !== undefined) return [unheld, ...begun.map(describe)];
  for (const [at, step] of begun.entries()) {
    try {
      await definitionOf(step).undo?.(step, run.context);
    } catch (error) {
      const waiting = begun.slice(at + 1).map(describe);
      return [...left, `${describe(step)}: ${messageOf(error)}`, ...waiting];
    }
    run.state.begun.delete(step.id);
    run.onEvent({ kind: 'step', step, state: 'undone' });
    // A full disk must not keep the rest from being put back: undoing twice does no harm.
    await run.journal.write({ type: 'undone', step: step.id }).catch((error: unknown) => {
      left.push(`${describe(step)}: ${messageOf(error)}`);
    });
  }
  return left;
}

/** @returns what kept an effect that fades from being had again */
async function renewAll(
  run: Run,
  steps: readonly Step[],
  direction: 'forward' | 'undo',
): Promise<string | undefined> {
  for (const step of steps) {
    try {
      await definitionOf(step).renew?.(step, run.context, direction);
    } catch (error) {
      return `${describe(step)}: ${messageOf(error)}`;
    }
  }
  return undefined;
}

/** Before a run is taken up: what has faded since. */
export async function renewBegun(run: Run, steps: readonly Step[]): Promise<void> {
  const begun = steps.filter((step) => run.state.begun.has(step.id));
  const unheld = await renewAll(run, begun, 'forward');
  if (unheld !== undefined) throw failed('step-failed', unheld);
}

function describe(step: Step): string {
  return definitionOf(step).describe(step);
}
