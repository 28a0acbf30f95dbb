import { failed } from '../error.js';
import type { Host } from '../host/host.js';
import { ssAllArgv } from '../host/ss.js';
import { waitFor } from '../host/wait.js';
import type { StepDefinition } from './definition.js';

/**
 * Waits until the kernel itself has forgotten the connections of ports where nobody listens any
 * more: it answers for those in TIME-WAIT and FIN-WAIT-2, for a minute at most.
 */
export interface AwaitNoSocket {
  readonly kind: 'await-no-socket';
  readonly id: string;
  readonly ports: readonly number[];
  readonly timeoutMs: number;
}

const LOOK_EVERY_MS = 500;

export const awaitNoSocket: StepDefinition<AwaitNoSocket> = {
  effect: 'none',
  describe: ({ ports, timeoutMs }) =>
    `wait until the kernel has no connection on port ${ports.join(', ')} left (at most ${timeoutMs / 1000} s)`,
  apply: async (step, { host }) => {
    const none = await waitFor(async () => ((await isOpen(host, step.ports)) ? undefined : true), {
      timeoutMs: step.timeoutMs,
      intervalMs: LOOK_EVERY_MS,
      clock: host.clock,
    });
    return { left: none === undefined };
  },
  verify: async () => undefined,
};

async function isOpen(host: Host, ports: readonly number[]): Promise<boolean> {
  for (const port of ports) {
    const { code, stdout, stderr } = await host.run({ argv: ssAllArgv(port) });
    if (code !== 0)
      throw failed('step-failed', `ss: ${stderr.trim()}`, { subject: `port ${port}` });
    if (stdout.trim() !== '') return true;
  }
  return false;
}
