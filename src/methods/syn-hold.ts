import { assessHolding, holdingPlan } from './holding.js';
import type { Method } from './method.js';

/**
 * SYNs wait in a `plug` qdisc while the old process closes its listeners, and go on when it is
 * opened: late by as long as they were held, a few hundredths of a second. Yelp's way, with the two
 * waits that it lacked. A guard opens the plug when hitless ends or the time is over.
 */
export const synHold: Method = {
  summary: 'new SYNs wait in a plug qdisc while the new process takes the place of the old',
  assess: (facts) => assessHolding(facts, ({ plug }) => plug),
  startIsCheck: () => true,
  plan: ({ drainTimeoutMs }, facts) => holdingPlan(facts, drainTimeoutMs, 'plug'),
};
