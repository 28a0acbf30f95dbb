import type { ProcessRef, StepDefinition } from './definition.js';
import { pidInside } from './holds/namespace.js';
import { SYN_HOLDS, type HoldTarget } from './holds/syn-hold.js';

/** Lets SYNs pass again that an earlier step of the same run holds back. */
export interface ReleaseSyns extends HoldTarget {
  readonly kind: 'release-syns';
  readonly id: string;
  /** The `hold-syns` step that is taken back. */
  readonly heldBy: string;
  /** Processes in the network namespace; the first that lives is used. */
  readonly namespaceOf: readonly ProcessRef[];
}

export const releaseSyns: StepDefinition<ReleaseSyns> = {
  effect: 'final',
  describe: () => 'let SYNs pass again',
  apply: async (step, context) => {
    const pid = await pidInside(step.namespaceOf, context);
    return { openAtMs: await SYN_HOLDS[step.by].release(step, pid, context) };
  },
  verify: async (step, context) =>
    await SYN_HOLDS[step.by].left(step, await pidInside(step.namespaceOf, context), context),
};
