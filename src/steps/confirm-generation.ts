import { failed } from '../error.js';
import { listenersOf, type Listener } from '../haproxy/listeners.js';
import { waitFor } from '../host/wait.js';
import { describeRef, processOf, type ProcessRef, type StepDefinition } from './definition.js';
import type { StepContext } from './definition.js';

/** Waits until a generation is proven to serve: it answers itself, and it owns each listener. */
export interface ConfirmGeneration {
  readonly kind: 'confirm-generation';
  readonly id: string;
  readonly process: ProcessRef;
  /** Runtime sockets of the configuration; none means that only the listeners can be looked at. */
  readonly sockets: readonly string[];
  readonly listeners: readonly ExpectedListener[];
  /** Shorter than usual, where clients wait meanwhile. */
  readonly timeoutMs?: number;
}

export interface ExpectedListener extends Pick<Listener, 'family' | 'local'> {
  /** The very socket that must have been passed on; null when a new one is expected. */
  readonly inode: number | null;
}

export const confirmGeneration: StepDefinition<ConfirmGeneration> = {
  effect: 'none',
  describe: (step) =>
    `wait until ${describeRef(step.process)} answers and owns ${count(step.listeners.length, 'listener')}`,
  apply: async (step, context) => {
    const process = processOf(step.process, context);
    let missing: string | undefined;
    const owned = await waitFor(
      async () => {
        if (!(await context.host.processes.isAlive(process))) {
          throw failed('not-confirmed', `the new process (pid ${process.pid}) ended`);
        }
        missing = await missingListener(step, context);
        return missing === undefined ? true : undefined;
      },
      {
        timeoutMs: Math.min(step.timeoutMs ?? context.timeoutMs, context.timeoutMs),
        clock: context.host.clock,
      },
    );
    if (owned === undefined) throw failed('not-confirmed', missing ?? 'not confirmed in time');
    if (step.sockets.length > 0) {
      await context.runtimes.to(process, step.sockets);
      context.runtimes.close(process);
    }
    return undefined;
  },
  verify: async (step, context) => await missingListener(step, context),
};

async function missingListener(
  step: ConfirmGeneration,
  context: StepContext,
): Promise<string | undefined> {
  const process = processOf(step.process, context);
  // Most are known by their very socket, and need no walk over all sockets of the host.
  const open = await context.host.sockets.inodesOf(process.pid);
  const unseen = step.listeners.filter(({ inode }) => inode === null || !open.has(inode));
  if (unseen.length === 0) return undefined;
  const owned = await listenersOf(context.host, process);
  for (const wanted of unseen) {
    const there = owned.some(
      ({ family, local }) => family === wanted.family && local === wanted.local,
    );
    if (!there) return `pid ${process.pid} does not listen on ${wanted.local}`;
    if (wanted.inode !== null) {
      return `pid ${process.pid} listens on ${wanted.local} with a socket of its own: the old one was not passed on`;
    }
  }
  return undefined;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
