import type { ProcessId } from '../host/host.js';
import { waitFor } from '../host/wait.js';
import type { StepDefinition } from './definition.js';

/**
 * Waits until workers that have been told to finish have ended, or until the deadline. That is no
 * failure: what they still serve are requests in progress and tunnels.
 */
export interface AwaitRetired {
  readonly kind: 'await-retired';
  readonly id: string;
  readonly workers: readonly ProcessId[];
  readonly timeoutMs: number;
}

const LOOK_EVERY_MS = 50;

export const awaitRetired: StepDefinition<AwaitRetired> = {
  effect: 'none',
  describe: ({ timeoutMs }) =>
    `wait until the old workers have ended (at most ${timeoutMs / 1000} s)`,
  apply: async (step, { host }) => {
    let left: readonly ProcessId[] = step.workers;
    await waitFor(
      async () => {
        const alive = await Promise.all(left.map(async (one) => await host.processes.isAlive(one)));
        left = left.filter((_, at) => alive[at]);
        return left.length === 0 ? true : undefined;
      },
      { timeoutMs: step.timeoutMs, intervalMs: LOOK_EVERY_MS, clock: host.clock },
    );
    return { left: left.map(({ pid }) => pid) };
  },
  verify: async () => undefined,
};
