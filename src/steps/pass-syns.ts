import { failed } from '../error.js';
import type { Listener } from '../haproxy/listeners.js';
import { releaseScript } from '../host/nft-syn-drop.js';
import { readSynDrop, runNft } from '../host/syn-drop.js';
import { synTargets } from '../host/syn-targets.js';
import type { ProcessRef, StepDefinition } from './definition.js';
import { pidInside } from './namespace.js';

/** Lets SYNs pass again that an earlier step of the same run has dropped. */
export interface PassSyns {
  readonly kind: 'pass-syns';
  readonly id: string;
  /** The `drop-syns` step that is taken back. */
  readonly heldBy: string;
  readonly namespaceOf: readonly ProcessRef[];
  readonly listeners: readonly Listener[];
}

export const passSyns: StepDefinition<PassSyns> = {
  effect: 'final',
  describe: () => 'let SYNs pass again',
  apply: async (step, context) => {
    const pid = await pidInside(step.namespaceOf, context);
    const there = await readSynDrop(context.host, pid);
    // Taken up after a crash: it was released already.
    if (there?.runId !== context.runId) return undefined;
    await runNft(context.host, pid, releaseScript());
    if (there.held.length >= synTargets(step.listeners).length) return undefined;
    throw failed('not-confirmed', 'the hold on new connections ended before the switch was over', {
      hint: 'connections may have been reset; was the old process stalled? "hitless recover" goes on',
    });
  },
  verify: async (step, context) => {
    const there = await readSynDrop(context.host, await pidInside(step.namespaceOf, context));
    return there?.runId === context.runId ? 'the nft table is still there' : undefined;
  },
};
