import { failed } from '../error.js';
import type { Listener } from '../haproxy/listeners.js';
import {
  holdScript,
  releaseScript,
  SYN_DROP_TABLE,
  type SynDropTable,
} from '../host/nft-syn-drop.js';
import { readSynDrop, runNft } from '../host/syn-drop.js';
import { synTargets } from '../host/syn-targets.js';
import type { ProcessId } from '../host/host.js';
import type { StepContext, StepDefinition } from './definition.js';
import { pidInside } from './namespace.js';
import { awaitOthersQuiet, awaitQuiet } from './quiet.js';

/** Has nft drop SYNs to these listeners, and waits until nothing is left between SYN and accept. */
export interface DropSyns {
  readonly kind: 'drop-syns';
  readonly id: string;
  /** It only gives an earlier hold its whole time again. */
  readonly renews: boolean;
  /** The old process. */
  readonly process: ProcessId;
  readonly listeners: readonly Listener[];
  /** After this the kernel lifts the hold by itself. */
  readonly holdMs: number;
  readonly quietTimeoutMs: number;
}

export const dropSyns: StepDefinition<DropSyns> = {
  effect: (step) => (step.renews ? 'none' : 'reversible'),
  describe: (step) => {
    const names = step.listeners.map(({ local }) => local).join(', ');
    const what = step.renews ? 'go on dropping SYNs to' : 'drop SYNs to';
    return `${what} ${names} (at most ${step.holdMs / 1000} s), and wait until every connection under way is accepted`;
  },
  apply: async (step, context) => {
    const { pid } = step.process;
    if (!(await context.host.processes.isAlive(step.process))) {
      throw failed('target-gone', `pid ${pid} has ended`, { subject: `pid ${pid}` });
    }
    await hold(step, context);
    const unfinished = await awaitQuiet(context.host, pid, step.listeners, step.quietTimeoutMs);
    return { unfinished };
  },
  verify: async (step, context) => {
    const there = await readSynDrop(context.host, await pidInside([step.process], context));
    if (there?.runId !== context.runId) return 'SYNs are not held back';
    const missing = notHeld(step.listeners, there);
    return missing === 0 ? undefined : `SYNs to ${missing} addresses are not held back any more`;
  },
  undo: async (step, context) => {
    if (step.renews) return;
    const pid = await pidInside([step.process], context);
    const there = await readSynDrop(context.host, pid);
    if (there?.runId === context.runId) await runNft(context.host, pid, releaseScript());
  },
  renew: async (step, context, direction) => {
    // With the old process its queues are gone: there is nothing left that a hold could save.
    if (step.renews || !(await context.host.processes.isAlive(step.process))) return;
    const { host } = context;
    const { pid } = step.process;
    await hold(step, context);
    if (direction === 'forward') await awaitQuiet(host, pid, step.listeners, step.quietTimeoutMs);
    else await awaitOthersQuiet(host, pid, step.listeners, step.quietTimeoutMs);
  },
};

async function hold(step: DropSyns, context: StepContext): Promise<void> {
  const { pid } = step.process;
  const there = await readSynDrop(context.host, pid);
  const script = holdScript(context.runId, synTargets(step.listeners), step.holdMs);
  const before = there === undefined ? '' : makeWay(there, context);
  await runNft(context.host, pid, before + script);
}

/** How many of what should be held the table does not hold (any more). */
export function notHeld(listeners: readonly Listener[], { held }: SynDropTable): number {
  const names = new Set(held.map((target) => JSON.stringify(Object.entries(target).sort())));
  return synTargets(listeners).filter(
    (target) => !names.has(JSON.stringify(Object.entries(target).sort())),
  ).length;
}

/** What has to go first; a table of another run that holds nothing any more is only in the way. */
function makeWay({ runId, held, leftS }: SynDropTable, context: StepContext): string {
  if (runId === context.runId) return '';
  if (runId === null) throw foreignTable();
  if (held.length > 0) throw heldByAnother(runId, leftS);
  return `${releaseScript()}\n`;
}

function foreignTable(): Error {
  return failed('method-unusable', `the nft table inet ${SYN_DROP_TABLE} is not one of hitless`, {
    subject: SYN_DROP_TABLE,
    hint: `look at it with "nft list table inet ${SYN_DROP_TABLE}", and rename or delete it`,
  });
}

function heldByAnother(runId: string, leftS: number): Error {
  return failed('locked', `run ${runId} of another hitless holds new connections back`, {
    subject: SYN_DROP_TABLE,
    hint: `the kernel lifts it within ${leftS + 1} s: try again then`,
  });
}
