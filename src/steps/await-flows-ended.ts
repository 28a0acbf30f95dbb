import { failed } from '../error.js';
import type { Diversion } from '../host/diversion.js';
import { waitFor } from '../host/wait.js';
import { ownTables, renewal } from './diverting.js';
import type { StepContext, StepDefinition } from './definition.js';

/**
 * Waits until the rules have nothing to do any more. `ended`: the last flow that the peer serves
 * has ended, seen from the client's FIN or RST. `quiet`: the address has moved, and no client
 * sends to this node any more; those who still do, for a moment, are passed on.
 */
export interface AwaitFlowsEnded {
  readonly kind: 'await-flows-ended';
  readonly id: string;
  readonly diversion: Diversion;
  readonly until: 'ended' | 'quiet';
  readonly timeoutMs: number;
}

const LOOK_EVERY_MS = 500;
/** Neighbours that have not heard of the move ask again within seconds (base_reachable_time). */
const QUIET_MS = 5_000;

export const awaitFlowsEnded: StepDefinition<AwaitFlowsEnded> = {
  effect: 'none',
  describe: ({ until }) =>
    until === 'ended'
      ? 'wait until the last flow at the peer has ended'
      : 'wait until no client sends to this node any more',
  apply: async (step, context) => {
    const { clock } = context.host;
    const look = step.until === 'ended' ? flowsEnded(step, context) : quiet(step, context);
    const ended = await waitFor(look, {
      timeoutMs: step.timeoutMs,
      intervalMs: LOOK_EVERY_MS,
      clock,
    });
    if (ended) return undefined;
    throw failed('drain-timeout', 'flows still go through this node to the peer', {
      hint: 'the rules stay as long as that; "hitless recover" looks again',
    });
  },
  verify: async () => undefined,
};

function flowsEnded({ diversion }: AwaitFlowsEnded, { host, runId }: StepContext) {
  return async (): Promise<true | undefined> => {
    // Another run may have gone on with the tables: then they are its own to remove.
    const tables = await ownTables(host, diversion, runId);
    return tables?.some(({ flows }) => flows > 0) === true ? undefined : true;
  };
}

function quiet({ diversion }: AwaitFlowsEnded, { host, runId }: StepContext) {
  const renew = renewal(host, diversion);
  let last = -1;
  let sinceMs = host.clock.now();
  return async (): Promise<true | undefined> => {
    const tables = await ownTables(host, diversion, runId);
    if (tables === undefined) return true;
    await renew();
    const packets = tables.reduce((sum, table) => sum + table.packets, 0);
    if (packets !== last) sinceMs = host.clock.now();
    last = packets;
    return host.clock.now() - sinceMs >= QUIET_MS ? true : undefined;
  };
}
