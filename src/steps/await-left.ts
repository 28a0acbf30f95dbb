import { failed } from '../error.js';
import { forgetSynsScript, type Diversion } from '../host/diversion.js';
import { flowsHere, isHalfOpen, isServed } from '../host/flows.js';
import type { Socket } from '../host/host.js';
import { waitFor } from '../host/wait.js';
import { nft, renewal } from './diverting.js';
import type { StepContext, StepDefinition } from './definition.js';

/**
 * Waits until the flows that stayed have ended, while new ones go to the peer. With
 * `keepsConnections` only until none is half open or waits to be accepted: what follows then does
 * not hurt the established ones.
 */
export interface AwaitLeft {
  readonly kind: 'await-left';
  readonly id: string;
  readonly diversion: Diversion;
  readonly keepsConnections: boolean;
  readonly timeoutMs: number;
}

const LOOK_EVERY_MS = 50;
/** A final ACK is one round trip away; what takes longer than this has vanished. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export const awaitLeft: StepDefinition<AwaitLeft> = {
  effect: 'none',
  describe: ({ keepsConnections, timeoutMs }) =>
    keepsConnections
      ? 'wait until no handshake and no accept queue is left here'
      : `wait until no client is connected here (at most ${timeoutMs / 1000} s)`,
  apply: async (step, context) => {
    const { clock } = context.host;
    const renew = renewal(context.host, step.diversion);
    const startedMs = clock.now();
    let left: readonly Socket[] = [];
    let emptyBefore = false;
    const drained = await waitFor(
      async () => {
        await renew();
        left = await staying(step, context, clock.now() - startedMs < HANDSHAKE_TIMEOUT_MS);
        const [empty, twice] = [left.length === 0, left.length === 0 && emptyBefore];
        // Between the two looks: a SYN that comes once more goes to the peer from here on.
        if (empty && !twice) {
          await nft(context.host, forgetSynsScript(step.diversion, step.keepsConnections));
        }
        emptyBefore = empty;
        return twice ? true : undefined;
      },
      { timeoutMs: step.timeoutMs, intervalMs: LOOK_EVERY_MS, clock },
    );
    if (drained === undefined) throw stillHere(left, step.timeoutMs);
    return undefined;
  },
  verify: async () => undefined,
};

async function staying(
  { diversion, keepsConnections }: AwaitLeft,
  { host }: StepContext,
  countHalfOpen: boolean,
): Promise<readonly Socket[]> {
  const services = diversion.parts.flatMap((part) => part.services);
  const flows = flowsHere(await host.sockets.connections(host.self.pid), services);
  return flows.filter(
    (socket) =>
      (countHalfOpen && isHalfOpen(socket)) ||
      // Established and of no process yet: it waits in the accept queue.
      (isServed(socket) && (!keepsConnections || socket.inode === 0)),
  );
}

const SHOWN = 3;

function stillHere(left: readonly Socket[], timeoutMs: number): Error {
  const first = left.slice(0, SHOWN).map(({ peer }) => peer);
  const more = left.length > SHOWN ? ` and ${left.length - SHOWN} more` : '';
  return failed(
    'drain-timeout',
    `${left.length} connections are still open here after ${timeoutMs / 1000} s (${first.join(', ')}${more})`,
    {
      hint: 'raise --drain-timeout; or give a COMMAND that keeps open connections ("hitless reload") and say --keeps-connections',
    },
  );
}
