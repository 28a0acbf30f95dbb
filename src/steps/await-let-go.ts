import { failed } from '../error.js';
import type { ProcessId } from '../host/host.js';
import { awaitLetGo as letGo } from '../host/let-go.js';
import type { Placement } from '../host/nft-flip.js';
import { processOf, type ProcessRef, type StepDefinition } from './definition.js';
import { flipElements, ledElsewhere } from './flip-elements.js';

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
  /** Unless these doors lead to somebody else by now: a later flip has replaced it. */
  readonly placements: readonly Placement[];
  readonly timeoutMs: number;
  /** Also those of former connections whose client may come again: see LetGoOptions. */
  readonly wholly: boolean;
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
      if (ledElsewhere((await flipElements(host, null)) ?? [], step.placements)) return;
      throw failed('not-confirmed', `the new instance (pid ${successor.pid}) ended`, {
        subject: `pid ${successor.pid}`,
        hint: `pid ${step.old.pid} takes new connections again; mend the cause and run the command again`,
      });
    };
    const queues = { namespaceOf: step.old.pid, ports: step.ports, inodes: step.inodes };
    const { timeoutMs, wholly } = step;
    const unfinished = await letGo(host, queues, { timeoutMs, wholly, onLook });
    return { unfinished };
  },
  verify: async () => undefined,
};
