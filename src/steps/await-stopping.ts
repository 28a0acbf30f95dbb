import { failed } from '../error.js';
import { waitFor } from '../host/wait.js';
import { describeRef, processOf, type ProcessRef, type StepDefinition } from './definition.js';
import type { StepContext } from './definition.js';

/** Waits until a generation that somebody else told to finish has closed its listeners. */
export interface AwaitStopping {
  readonly kind: 'await-stopping';
  readonly id: string;
  readonly process: ProcessRef;
  /** The sockets on which it listened: looking for these alone takes no walk over all sockets. */
  readonly listenerInodes: readonly number[];
}

export const awaitStopping: StepDefinition<AwaitStopping> = {
  effect: 'none',
  describe: (step) => `wait until ${describeRef(step.process)} has stopped listening`,
  apply: async (step, context) => {
    const { pid } = processOf(step.process, context);
    const stopped = await waitFor(
      async () => ((await listensStill(step, context)) === undefined ? true : undefined),
      { timeoutMs: context.timeoutMs, clock: context.host.clock },
    );
    if (stopped !== undefined) return undefined;
    throw failed('not-confirmed', `pid ${pid} goes on listening beside the new process`, {
      subject: `pid ${pid}`,
      hint: `is pid ${pid} stopped or stuck? "hitless status" shows it`,
    });
  },
  verify: listensStill,
};

/** What is wrong, or undefined when the process listens no more. */
export async function listensStill(
  step: Pick<AwaitStopping, 'process' | 'listenerInodes'>,
  context: StepContext,
): Promise<string | undefined> {
  const process = processOf(step.process, context);
  if (!(await context.host.processes.isAlive(process))) return undefined;
  const open = await context.host.sockets.inodesOf(process.pid);
  const count = step.listenerInodes.filter((inode) => open.has(inode)).length;
  return count === 0 ? undefined : `pid ${process.pid} still holds ${count} listeners`;
}
