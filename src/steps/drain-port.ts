import { awaitLetGo, openConnections } from '../host/let-go.js';
import { waitFor } from '../host/wait.js';
import type { StepDefinition } from './definition.js';

/**
 * Waits until an instance that takes no new connections has accepted those that were on their way,
 * and until its clients have left, or until the deadline.
 */
export interface DrainPort {
  readonly kind: 'drain-port';
  readonly id: string;
  readonly port: number;
  /** For what is on its way. */
  readonly letGoTimeoutMs: number;
  readonly drainTimeoutMs: number;
}

const LOOK_EVERY_MS = 50;

export const drainPort: StepDefinition<DrainPort> = {
  effect: 'none',
  describe: (step) =>
    `wait until no client is connected to port ${step.port} (at most ${step.drainTimeoutMs / 1000} s)`,
  apply: async (step, { host }) => {
    const queues = { namespaceOf: host.self.pid, ports: [step.port] };
    await awaitLetGo(host, queues, { timeoutMs: step.letGoTimeoutMs });
    let open = 0;
    let quietBefore = false;
    await waitFor(
      async () => {
        open = await openConnections(host, queues);
        const settled = open === 0 && quietBefore;
        quietBefore = open === 0;
        return settled ? true : undefined;
      },
      { timeoutMs: step.drainTimeoutMs, intervalMs: LOOK_EVERY_MS, clock: host.clock },
    );
    // What comes next may close the listener for a moment.
    await awaitLetGo(host, queues, { timeoutMs: step.letGoTimeoutMs, wholly: true });
    return { open };
  },
  verify: async () => undefined,
};
