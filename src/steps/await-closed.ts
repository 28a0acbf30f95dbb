import { failed } from '../error.js';
import type { Listener } from '../haproxy/listeners.js';
import { waitFor } from '../host/wait.js';
import {
  describeRef,
  processOf,
  type ProcessRef,
  type StepContext,
  type StepDefinition,
} from './definition.js';

/**
 * Waits until the kernel lists none of these sockets as listening any more: only the listeners of
 * the next generation are left, and every SYN that comes now is theirs.
 */
export interface AwaitClosed {
  readonly kind: 'await-closed';
  readonly id: string;
  readonly process: ProcessRef;
  readonly listeners: readonly Listener[];
}

export const awaitClosed: StepDefinition<AwaitClosed> = {
  effect: 'none',
  describe: (step) => `wait until only the listeners after ${describeRef(step.process)} are left`,
  apply: async (step, context) => {
    const closed = await waitFor(
      async () => ((await listening(step, context)).length === 0 ? true : undefined),
      { timeoutMs: context.timeoutMs, clock: context.host.clock },
    );
    if (closed !== undefined) return undefined;
    const { pid } = processOf(step.process, context);
    throw failed('not-confirmed', `pid ${pid} goes on listening beside the new process`, {
      subject: `pid ${pid}`,
      hint: `is pid ${pid} stopped or stuck? "hitless status" shows it`,
    });
  },
  verify: async (step, context) => {
    const open = await listening(step, context);
    return open.length === 0 ? undefined : `${open.join(', ')} still listen`;
  },
};

async function listening(step: AwaitClosed, context: StepContext): Promise<readonly string[]> {
  const process = processOf(step.process, context);
  if (!(await context.host.processes.isAlive(process))) return [];
  const inodes = new Set(step.listeners.map(({ inode }) => inode));
  const sockets = await context.host.sockets.listeners(process.pid);
  return sockets.filter(({ inode }) => inodes.has(inode)).map(({ local }) => local);
}
