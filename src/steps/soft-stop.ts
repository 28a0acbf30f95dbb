import { failed } from '../error.js';
import { waitFor } from '../host/wait.js';
import { describeRef, processOf, type ProcessRef, type StepDefinition } from './definition.js';
import { listensStill } from './await-stopping.js';

/** Tells a generation to finish: it closes its listeners and ends with its last connection. */
export interface SoftStop {
  readonly kind: 'soft-stop';
  readonly id: string;
  readonly process: ProcessRef;
  readonly listenerInodes: readonly number[];
}

export const softStop: StepDefinition<SoftStop> = {
  effect: 'final',
  describe: (step) => `tell ${describeRef(step.process)} to finish (SIGUSR1)`,
  apply: async (step, context) => {
    const process = processOf(step.process, context);
    // The connection that hitless holds would keep it from ending.
    context.runtimes.close(process);
    await context.host.processes.signal(process, 'SIGUSR1');
    const stopped = await waitFor(
      async () => ((await listensStill(step, context)) === undefined ? true : undefined),
      { timeoutMs: context.timeoutMs, clock: context.host.clock },
    );
    if (stopped === undefined) {
      throw failed('not-confirmed', `pid ${process.pid} goes on listening after SIGUSR1`, {
        hint: `look at pid ${process.pid} (is it stopped or stuck?), then run "hitless recover"`,
      });
    }
    return undefined;
  },
  verify: listensStill,
};
