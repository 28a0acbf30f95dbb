import type { Method } from './method.js';
import { awaitStoppingStep, startSteps } from './parts.js';

/** `haproxy -sf` alone, as people have always done it. The control in every proof. */
export const plain: Method = {
  summary: 'haproxy -sf alone; known to lose connections',
  assess: (facts) =>
    facts.mode === 'master-worker'
      ? {
          usable: false,
          because: 'a master passes its sockets on by itself',
          remedy: 'use --method fd-pass',
        }
      : {
          usable: true,
          losses: [
            {
              what: 'connections that wait in the accept queue of the old process',
              because: 'they are reset when it closes its listening sockets',
              remedy: 'use --method auto',
            },
          ],
        },
  startIsCheck: () => false,
  plan: (_request, facts) => ({
    handOver: [
      ...startSteps(facts, { passSockets: false, finishOld: true }),
      awaitStoppingStep(facts),
    ],
    retire: [],
  }),
};
