import { assessHolding, holdingPlan } from './holding.js';
import type { Method } from './method.js';

/**
 * SYNs are dropped while the old process closes its listeners; TCP sends them again, Linux after
 * one second. Nobody is refused, some are a second late. Needs nothing of HAProxy or of a new
 * kernel. Each held port is an nft set element with a time-out: the kernel lifts it by itself.
 */
export const synDrop: Method = {
  summary: 'new SYNs are dropped, and sent again, while the new process takes the place of the old',
  assess: (facts) => assessHolding(facts, ({ nft }) => nft),
  startIsCheck: () => true,
  plan: ({ drainTimeoutMs }, facts) => holdingPlan(facts, drainTimeoutMs, 'nft'),
};
