import { failed } from '../error.js';
import type { ProcessId } from '../host/host.js';
import type { StepDefinition } from './definition.js';
import { pidInside } from './holds/namespace.js';
import { awaitOthersQuiet, awaitQuiet } from './holds/quiet.js';
import { SYN_HOLDS, type HoldTarget } from './holds/syn-hold.js';

/** Holds SYNs to these listeners back, and waits until nothing is left between SYN and accept. */
export interface HoldSyns extends HoldTarget {
  readonly kind: 'hold-syns';
  readonly id: string;
  /** It only gives an earlier hold its whole time again. */
  readonly renews: boolean;
  /** The old process. */
  readonly process: ProcessId;
  /** After this the hold ends by itself, whatever has become of hitless. */
  readonly holdMs: number;
  readonly quietTimeoutMs: number;
}

export const holdSyns: StepDefinition<HoldSyns> = {
  effect: (step) => (step.renews ? 'none' : 'reversible'),
  describe: (step) => {
    const verb = step.by === 'nft' ? 'drop' : 'hold';
    const names = step.listeners.map(({ local }) => local).join(', ');
    if (step.renews) return `${verb} SYNs for another ${step.holdMs / 1000} s at most`;
    return `${verb} SYNs to ${names} (at most ${step.holdMs / 1000} s), and wait until every connection under way is accepted`;
  },
  apply: async (step, context) => {
    const { host } = context;
    const { pid } = step.process;
    if (!(await host.processes.isAlive(step.process))) {
      throw failed('target-gone', `pid ${pid} has ended`, { subject: `pid ${pid}` });
    }
    const heldAtMs = await SYN_HOLDS[step.by].hold(step, step.holdMs, pid, context);
    const unfinished = await awaitQuiet(host, pid, step.listeners, step.quietTimeoutMs);
    return { heldAtMs, unfinished };
  },
  verify: async (step, context) =>
    await SYN_HOLDS[step.by].problem(step, await pidInside([step.process], context), context),
  undo: async (step, context) => {
    if (step.renews) return;
    await SYN_HOLDS[step.by].release(step, await pidInside([step.process], context), context);
  },
  renew: async (step, context, direction) => {
    // With the old process its queues are gone: there is nothing left that a hold could save.
    if (step.renews || !(await context.host.processes.isAlive(step.process))) return;
    const { pid } = step.process;
    await SYN_HOLDS[step.by].hold(step, step.holdMs, pid, context);
    const untilQuiet = direction === 'forward' ? awaitQuiet : awaitOthersQuiet;
    await untilQuiet(context.host, pid, step.listeners, step.quietTimeoutMs);
  },
};
