import type { StepDefinition, ProcessRef } from './definition.js';
import { pidInside } from './holds/namespace.js';
import { SYN_HOLDS, type HoldTarget } from './holds/syn-hold.js';

/**
 * Looks, once the old listeners are closed, whether SYNs have been held back all the while: after a
 * switch that took longer than the hold, connections may have been reset.
 */
export interface ConfirmHold extends HoldTarget {
  readonly kind: 'confirm-hold';
  readonly id: string;
  /** Processes in the network namespace; the first that lives is used. */
  readonly namespaceOf: readonly ProcessRef[];
}

export const confirmHold: StepDefinition<ConfirmHold> = {
  effect: 'none',
  describe: () => 'see that SYNs have been held back all the while',
  apply: async () => undefined,
  verify: async (step, context) => {
    const pid = await pidInside(step.namespaceOf, context);
    const problem = await SYN_HOLDS[step.by].problem(step, pid, context);
    if (problem === undefined) return undefined;
    return `${problem}; connections may have been reset (was the old process stalled?)`;
  },
};
