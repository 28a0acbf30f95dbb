import type { ProcessId } from '../host/host.js';
import { waitFor } from '../host/wait.js';
import type { StepDefinition } from './definition.js';

/** Tells an instance to finish, in the way that its program takes for graceful. */
export interface StopInstance {
  readonly kind: 'stop-instance';
  readonly id: string;
  readonly process: ProcessId;
  readonly signal: NodeJS.Signals;
  /** How long it may take to end; it is not killed then, for it may have clients. */
  readonly timeoutMs: number;
}

const LOOK_EVERY_MS = 50;

export const stopInstance: StepDefinition<StopInstance> = {
  effect: 'final',
  describe: (step) => `tell pid ${step.process.pid} to finish (${step.signal})`,
  apply: async ({ process, signal, timeoutMs }, { host, runtimes }) => {
    // The connection that hitless holds would keep it from ending.
    runtimes.close(process);
    await host.processes.signal(process, signal);
    const ended = await waitFor(
      async () => ((await host.processes.isAlive(process)) ? undefined : true),
      { timeoutMs, intervalMs: LOOK_EVERY_MS, clock: host.clock },
    );
    return { ended: ended === true };
  },
  verify: async () => undefined,
};
