import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import type { Host, ProcessId } from '../host/host.js';

/** Plain JSON values that a step learnt: before its effect (for `undo`) or by it (for later steps). */
export type Values = Readonly<Record<string, unknown>>;

/** A process known when the plan is made, or the one that an earlier step started. */
export type ProcessRef = ProcessId | { readonly startedBy: string };

/** Environment variable by which a process that a run starts is found again after a crash. */
export const RUN_MARK = 'HITLESS_RUN';

export interface StepContext {
  readonly host: Host;
  /** Name of the run; marks every process that the run starts (`HITLESS_RUN` in its environment). */
  readonly runId: string;
  /** What the step (or an earlier one) recorded before its effect. */
  readonly before: (stepId: string) => Values;
  /** What the step (or an earlier one) recorded after it. */
  readonly after: (stepId: string) => Values;
  readonly runtimes: Runtimes;
  /** How long one step may wait for the machine. */
  readonly timeoutMs: number;
}

/**
 * `none`: it only looks or waits. `reversible`: `undo` puts everything back.
 * `final`: from its beginning on a run goes forward, because the old state cannot come back.
 */
export type Effect = 'none' | 'reversible' | 'final';

/**
 * One kind of step. `apply`, `verify` and `undo` are idempotent: after a crash they run again, and
 * they read the machine, never the memory of an earlier call.
 */
export interface StepDefinition<S> {
  readonly effect: Effect | ((step: S) => Effect);
  /** What it will do, for the plan: no subject, lower case, present tense. */
  readonly describe: (step: S) => string;
  /** Reads what `undo` will need. Recorded durably before `apply` begins. */
  readonly prepare?: (step: S, context: StepContext) => Promise<Values>;
  readonly apply: (step: S, context: StepContext) => Promise<Values | undefined>;
  /** Undefined when the machine shows the effect, else what it shows instead. */
  readonly verify: (step: S, context: StepContext) => Promise<string | undefined>;
  readonly undo?: (step: S, context: StepContext) => Promise<void>;
  /**
   * Of an effect that fades with time, and that other steps rest upon: has it again, before a run
   * is undone or taken up after a crash.
   */
  readonly renew?: (step: S, context: StepContext, direction: 'forward' | 'undo') => Promise<void>;
  /** Removes what was kept for `undo`, once it will not be needed any more. */
  readonly tidy?: (step: S, context: StepContext) => Promise<void>;
}

/**
 * The machine refused a `final` step as a whole, so that nothing has changed: what came before it
 * may still be undone.
 */
export class NothingDone extends Error {
  override readonly cause: unknown;

  constructor(cause: unknown) {
    super('nothing was done');
    this.cause = cause;
  }
}

export function processOf(ref: ProcessRef, context: StepContext): ProcessId {
  if ('pid' in ref) return ref;
  const { pid, startTicks } = context.after(ref.startedBy);
  if (typeof pid !== 'number' || typeof startTicks !== 'number') {
    throw new TypeError(`step ${ref.startedBy} recorded no process`);
  }
  return { pid, startTicks };
}

export function describeRef(ref: ProcessRef): string {
  return 'pid' in ref ? `pid ${ref.pid}` : 'the new process';
}
