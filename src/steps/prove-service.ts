import { failed } from '../error.js';
import { divertScript, type Diversion } from '../host/diversion.js';
import { waitFor } from '../host/wait.js';
import { nft, renewal } from './diverting.js';
import { firstTrouble, servicesOf } from './service-health.js';
import type { StepDefinition } from './definition.js';

/** The service of this very node answers again. If it does not, the peer goes on serving. */
export interface ProveService {
  readonly kind: 'prove-service';
  readonly id: string;
  readonly diversion: Diversion;
  /** As for `firstTrouble`. */
  readonly path: string | null;
}

const LOOK_EVERY_MS = 100;

export const proveService: StepDefinition<ProveService> = {
  effect: 'none',
  describe: ({ diversion }) =>
    `ask the service here on ${servicesOf(diversion)
      .map(({ address, port }) => `${address} port ${port}`)
      .join(', ')}`,
  apply: async ({ diversion, path }, { host, timeoutMs }) => {
    const renew = renewal(host, diversion);
    let trouble: string | undefined;
    const healthy = await waitFor(
      async () => {
        await renew();
        trouble = await firstTrouble(host, diversion, path);
        return trouble === undefined ? true : undefined;
      },
      { timeoutMs, intervalMs: LOOK_EVERY_MS, clock: host.clock },
    );
    if (healthy) return undefined;
    // Better served by the peer for good than by nobody in half a minute.
    await nft(host, divertScript(diversion, true));
    throw failed('not-confirmed', `the service here does not answer: ${trouble}; the peer serves`, {
      hint: 'mend the service, then "hitless recover" takes the flows back',
    });
  },
  verify: async () => undefined,
};
