import { parsePeers } from '../haproxy/runtime/tables.js';
import { waitFor } from '../host/wait.js';
import type { ProcessId } from '../host/host.js';
import type { StepDefinition } from './definition.js';

/**
 * Waits until a process would hand its stick tables on. In the first seconds after its start it
 * waits for what other peers may teach it; told to finish meanwhile, it ends without a word.
 */
export interface AwaitPeers {
  readonly kind: 'await-peers';
  readonly id: string;
  readonly process: ProcessId;
  readonly sockets: readonly string[];
}

/** PEER_RESYNC_TIMEOUT for an earlier process, and again for other hosts; later it gives up. */
const LEARNING_MS = 11_000;

export const awaitPeers: StepDefinition<AwaitPeers> = {
  effect: 'none',
  describe: (step) => `wait until pid ${step.process.pid} is ready to hand its stick tables on`,
  apply: async (step, context) => {
    const connection = await context.runtimes.to(step.process, step.sockets);
    // Over or not: it has been given the time that it takes at most.
    await waitFor(
      async () => {
        const sections = parsePeers(await connection.ask('show peers'));
        return sections.some(({ isLearning }) => isLearning) ? undefined : true;
      },
      { timeoutMs: LEARNING_MS, intervalMs: 50, clock: context.host.clock },
    );
    return undefined;
  },
  verify: async () => undefined,
};
