import { forgetStale } from '../host/stale-flows.js';
import type { ProcessId } from '../host/host.js';
import type { StepDefinition } from './definition.js';

/**
 * Before connection tracking begins: forgets what is left of an earlier time. What was under way
 * when a table was removed is in the list for days, for nobody has seen it end, and a client that
 * uses its port again would be led by it.
 */
export interface ForgetFlows {
  readonly kind: 'forget-flows';
  readonly id: string;
  /** Who serves, in whose network namespace. */
  readonly process: ProcessId;
  /** That clients connect to, and on which they are answered. */
  readonly ports: readonly number[];
  readonly listening: readonly number[];
}

export const forgetFlows: StepDefinition<ForgetFlows> = {
  // Nobody misses them: there is nothing that undo could bring back.
  effect: 'reversible',
  describe: ({ ports }) =>
    `forget entries of connection tracking for port ${ports.join(', ')} that no connection has any more`,
  apply: async ({ process, ...where }, { host }) => ({
    forgotten: await forgetStale(host, process.pid, where),
  }),
  verify: async () => undefined,
};
