import { clientConnections, type Listener } from '../haproxy/listeners.js';
import { waitFor } from '../host/wait.js';
import { describeRef, processOf, type ProcessRef, type StepDefinition } from './definition.js';

/**
 * Waits until no client is connected to a quiesced generation any more, as the kernel sees it, or
 * until the deadline. The deadline is no failure: what is open then is a request in progress or a
 * tunnel, and those survive a soft stop.
 */
export interface AwaitDrained {
  readonly kind: 'await-drained';
  readonly id: string;
  readonly process: ProcessRef;
  readonly listeners: readonly Pick<Listener, 'family' | 'local'>[];
  readonly timeoutMs: number;
}

const LOOK_EVERY_MS = 50;

export const awaitDrained: StepDefinition<AwaitDrained> = {
  effect: 'none',
  describe: (step) =>
    `wait until no client is connected to ${describeRef(step.process)} (at most ${step.timeoutMs / 1000} s)`,
  apply: async (step, context) => {
    const process = processOf(step.process, context);
    let open = 0;
    let emptyBefore = false;
    await waitFor(
      async () => {
        open = (await clientConnections(context.host, process, step.listeners)).length;
        // Twice: a thread that was accepting when the listeners stopped has finished by then.
        const empty = open === 0;
        const drained = empty && emptyBefore;
        emptyBefore = empty;
        return drained ? true : undefined;
      },
      { timeoutMs: step.timeoutMs, intervalMs: LOOK_EVERY_MS, clock: context.host.clock },
    );
    return { open };
  },
  verify: async () => undefined,
};
