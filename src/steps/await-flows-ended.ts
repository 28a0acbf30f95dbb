import { failed } from '../error.js';
import type { Diversion } from '../host/diversion.js';
import { waitFor } from '../host/wait.js';
import { hasFlows, isBusy, ownTables, renewal } from './diverting.js';
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

const LOOK_EVERY_MS = 2_000;

export const awaitFlowsEnded: StepDefinition<AwaitFlowsEnded> = {
  effect: 'none',
  describe: ({ until }) =>
    until === 'ended'
      ? 'wait until the last flow at the peer has ended'
      : 'wait until no client sends to this node any more',
  apply: async (step, context) => {
    const { clock } = context.host;
    const renew = renewal(context.host, step.diversion);
    const ended = await waitFor(
      async () => {
        if (step.until === 'quiet' && (await isOwn(step, context))) await renew();
        return (await isOver(step, context)) ? true : undefined;
      },
      { timeoutMs: step.timeoutMs, intervalMs: LOOK_EVERY_MS, clock },
    );
    if (ended) return undefined;
    throw failed('drain-timeout', 'flows still go through this node to the peer', {
      hint: 'the rules stay as long as that; "hitless recover" looks again',
    });
  },
  verify: async () => undefined,
};

async function isOver(step: AwaitFlowsEnded, context: StepContext): Promise<boolean> {
  const { host } = context;
  // Another run may have gone on with the tables: then they are its own to remove.
  if (!(await isOwn(step, context))) return true;
  const look = step.until === 'quiet' ? isBusy : hasFlows;
  return !(await look(host, step.diversion));
}

async function isOwn({ diversion }: AwaitFlowsEnded, context: StepContext): Promise<boolean> {
  return (await ownTables(context.host, diversion, context.runId)) !== undefined;
}
