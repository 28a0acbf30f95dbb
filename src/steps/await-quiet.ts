import { portOf } from '../host/endpoint.js';
import { inodesOfFamily } from '../host/family.js';
import type { Host, ProcessId } from '../host/host.js';
import { waitFor } from '../host/wait.js';
import type { StepDefinition } from './definition.js';

/**
 * Waits until no client is connected to an instance any more, or until the deadline; what is open
 * then has the graceful stop of the service to end by itself.
 */
export interface AwaitQuiet {
  readonly kind: 'await-quiet';
  readonly id: string;
  readonly process: ProcessId;
  readonly ports: readonly number[];
  readonly timeoutMs: number;
}

const LOOK_EVERY_MS = 50;

export const awaitQuiet: StepDefinition<AwaitQuiet> = {
  effect: 'none',
  describe: (step) =>
    `wait until no client is connected to pid ${step.process.pid} (at most ${step.timeoutMs / 1000} s)`,
  apply: async (step, { host }) => {
    let open = 0;
    let quietBefore = false;
    await waitFor(
      async () => {
        if (!(await host.processes.isAlive(step.process))) return true;
        open = await clientsOf(host, step);
        const quiet = open === 0;
        const settled = quiet && quietBefore;
        quietBefore = quiet;
        return settled ? true : undefined;
      },
      { timeoutMs: step.timeoutMs, intervalMs: LOOK_EVERY_MS, clock: host.clock },
    );
    return { open };
  },
  verify: async () => undefined,
};

async function clientsOf(host: Host, { process, ports }: AwaitQuiet): Promise<number> {
  const own = await inodesOfFamily(host, process);
  const open = await host.sockets.connections(process.pid);
  return open.filter(
    ({ family, local, inode }) =>
      family !== 'unix' && own.has(inode) && ports.includes(portOf(local)),
  ).length;
}
