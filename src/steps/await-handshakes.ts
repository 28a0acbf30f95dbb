import { waitFor } from '../host/wait.js';
import type { Listener } from '../haproxy/listeners.js';
import { portOf } from '../host/endpoint.js';
import { halfOpenAt } from '../host/flows.js';
import { processOf, type ProcessRef, type StepContext, type StepDefinition } from './definition.js';

/**
 * The barrier after a listener has closed: waits until every handshake that was half open at that
 * moment has ended. Its final ACK may be a whole round trip away, and the kernel moves it to the
 * new listener only as long as tcp_migrate_req is on.
 */
export interface AwaitHandshakes {
  readonly kind: 'await-handshakes';
  readonly id: string;
  /** A process in the network namespace. */
  readonly process: ProcessRef;
  readonly listeners: readonly Pick<Listener, 'family' | 'local'>[];
  readonly timeoutMs: number;
}

export const awaitHandshakes: StepDefinition<AwaitHandshakes> = {
  effect: 'none',
  describe: () => 'wait until the handshakes begun with the old listeners have ended',
  apply: async (step, context) => {
    let waitedFor = await halfOpen(step, context);
    const ended = await waitFor(
      async () => {
        if (waitedFor.size === 0) return true;
        const now = await halfOpen(step, context);
        waitedFor = new Set([...waitedFor].filter((handshake) => now.has(handshake)));
        return waitedFor.size === 0 ? true : undefined;
      },
      { timeoutMs: step.timeoutMs, clock: context.host.clock },
    );
    // Clients that have vanished never finish theirs: no connection is lost by going on.
    return { unfinished: ended === undefined ? waitedFor.size : 0 };
  },
  verify: async () => undefined,
};

async function halfOpen(step: AwaitHandshakes, context: StepContext): Promise<Set<string>> {
  const ports = new Set(step.listeners.map(({ local }) => portOf(local)));
  const { pid } = processOf(step.process, context);
  const connections = await context.host.sockets.connections(pid);
  return new Set(halfOpenAt(connections, ports).map(({ local, peer }) => `${peer}>${local}`));
}
