import { failed } from '../error.js';
import type { ProcessId } from '../host/host.js';
import { awaitLetGo as letGo } from '../host/let-go.js';
import { processOf, type ProcessRef, type StepDefinition } from './definition.js';

/**
 * The barrier between the switch and the end of the old instance: every connection that was
 * directed to it has been accepted. A final ACK may be a round trip or a second away.
 */
export interface AwaitLetGo {
  readonly kind: 'await-let-go';
  readonly id: string;
  readonly old: ProcessId;
  readonly ports: readonly number[];
  /** The old one's listening sockets. */
  readonly inodes: readonly number[];
  /** Who takes the new connections. When it ends while the old one lives, that one has to go on. */
  readonly successor: ProcessRef;
  readonly timeoutMs: number;
  /** An earlier wait of the same kind: when nothing was left then, nothing can have come since. */
  readonly after: string | null;
}

export const awaitLetGo: StepDefinition<AwaitLetGo> = {
  effect: 'none',
  describe: (step) =>
    `wait until pid ${step.old.pid} has accepted what is on its way to it (at most ${step.timeoutMs / 1000} s)`,
  apply: async (step, context) => {
    const { host } = context;
    if (step.after !== null && context.after(step.after)['unfinished'] === 0) return undefined;
    const successor = processOf(step.successor, context);
    if (!(await host.processes.isAlive(step.old))) return { unfinished: 0 };
    const onLook = async (): Promise<void> => {
      if (await host.processes.isAlive(successor)) return;
      if (!(await host.processes.isAlive(step.old))) return;
      throw failed('not-confirmed', `the new instance (pid ${successor.pid}) ended`, {
        subject: `pid ${successor.pid}`,
        hint: `pid ${step.old.pid} takes new connections again; mend the cause and run the command again`,
      });
    };
    const queues = { namespaceOf: step.old.pid, ports: step.ports, inodes: step.inodes };
    const unfinished = await letGo(host, queues, { timeoutMs: step.timeoutMs, onLook });
    return { unfinished };
  },
  verify: async () => undefined,
};
