import { assessHolding, heldListeners, HOLD_MS, holdingPlan, QUIET_TIMEOUT_MS } from './holding.js';
import type { Facts } from './facts.js';
import type { Method } from './method.js';
import { NEW } from './parts.js';
import type { Step } from '../steps/registry.js';

/**
 * SYNs are dropped while the old process closes its listeners; TCP sends them again, Linux after
 * one second. Nobody is refused, some are a second late. Needs nothing of HAProxy or of a new
 * kernel. Each held port is an nft set element with a time-out: the kernel lifts it by itself.
 */
export const synDrop: Method = {
  summary: 'both processes listen; while the old one closes, new SYNs are dropped and sent again',
  assess: (facts) => assessHolding(facts, ({ nft }) => nft),
  startIsCheck: () => true,
  plan: ({ drainTimeoutMs }, facts) =>
    holdingPlan(facts, drainTimeoutMs, {
      hold: [dropStep(facts, 'hold')],
      renew: dropStep(facts, 'renew'),
      release: [
        {
          kind: 'pass-syns',
          id: 'release',
          heldBy: 'hold',
          namespaceOf: [NEW, facts.serving],
          listeners: heldListeners(facts),
        },
      ],
    }),
};

function dropStep(facts: Facts, id: 'hold' | 'renew'): Step {
  return {
    kind: 'drop-syns',
    id,
    renews: id === 'renew',
    process: facts.serving,
    listeners: heldListeners(facts),
    holdMs: HOLD_MS,
    quietTimeoutMs: QUIET_TIMEOUT_MS,
  };
}
