import { failed } from '../../error.js';
import type { Listener } from '../../haproxy/listeners.js';
import {
  holdScript,
  releaseScript,
  SYN_DROP_TABLE,
  type SynDropTable,
} from '../../host/nft-syn-drop.js';
import { readSynDrop, runNft } from '../../host/syn-drop.js';
import { synTargets, type SynTarget } from '../../host/syn-targets.js';
import type { StepContext } from '../definition.js';
import type { SynHold } from './syn-hold.js';

/** SYNs are dropped; the kernel lets them pass by itself when the time of the elements is over. */
export const nftHold: SynHold = {
  hold: async ({ listeners }, holdMs, pid, context) => {
    const there = await readSynDrop(context.host, pid);
    const script = holdScript(context.runId, synTargets(listeners), holdMs);
    const before = there === undefined ? '' : makeWay(there, context);
    const beganMs = context.host.clock.now();
    await runNft(context.host, pid, before + script);
    return beganMs;
  },
  problem: async ({ listeners }, pid, context) => {
    const there = await readSynDrop(context.host, pid);
    if (there?.runId !== context.runId) return 'SYNs are not held back';
    const missing = notHeld(listeners, there);
    return missing === 0 ? undefined : `SYNs to ${missing} addresses are not held back any more`;
  },
  release: async (_target, pid, context) => {
    const there = await readSynDrop(context.host, pid);
    if (there?.runId === context.runId) await runNft(context.host, pid, releaseScript());
    return context.host.clock.now();
  },
  left: async (_target, pid, context) => {
    const there = await readSynDrop(context.host, pid);
    return there?.runId === context.runId ? 'the nft table is still there' : undefined;
  },
};

/** How many of what should be held the table does not hold (any more). */
function notHeld(listeners: readonly Listener[], { held }: SynDropTable): number {
  const name = ({ family, address, port }: SynTarget): string => `${family} ${address} ${port}`;
  const names = new Set(held.map(name));
  return synTargets(listeners).filter((target) => !names.has(name(target))).length;
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
