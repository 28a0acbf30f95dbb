import { failed, refused } from '../error.js';
import {
  adoptScript,
  divertScript,
  rememberScript,
  removeScript,
  takeBackScript,
  watchScript,
  type Diversion,
  type DiversionPart,
} from '../host/diversion.js';
import { flowsHere, isHalfOpen, tupleOf } from '../host/flows.js';
import { waitFor } from '../host/wait.js';
import { hasFlows, isDiverting, nft, ownTables, readTables } from './diverting.js';
import type { StepContext, StepDefinition } from './definition.js';

/** From now on new flows are served by the peer; those that are established stay here. */
export interface DivertFlows {
  readonly kind: 'divert-flows';
  readonly id: string;
  readonly diversion: Diversion;
  /** The ended run whose rules, with the flows that they still know, this one goes on with. */
  readonly adopts: string | null;
}

/** Longer than a flow is remembered after its FIN. */
const UNDO_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 1_000;
/** Of one command line, which may have 128 KiB. */
const ELEMENTS_MAX = 500;

export const divertFlows: StepDefinition<DivertFlows> = {
  effect: 'reversible',
  describe: ({ diversion }) =>
    `send new flows to ${diversion.parts.map(({ peer }) => peer).join(' and ')} by ${diversion.device}; established ones stay`,
  apply: async (step, context) => {
    const { host, runId } = context;
    if ((await ownTables(host, step.diversion, runId)) === undefined)
      await makeTables(step, context);
    await rememberHalfOpen(step, context);
    await nft(host, divertScript(step.diversion));
    return undefined;
  },
  verify: async ({ diversion }, { host, runId }) => {
    if (!(await ownTables(host, diversion, runId))) return 'the rules are not there';
    return (await isDiverting(host, diversion)) ? undefined : 'new flows are not diverted';
  },
  undo: async ({ diversion }, context) => {
    const { host, runId } = context;
    if ((await ownTables(host, diversion, runId)) === undefined) return;
    await nft(host, takeBackScript(diversion));
    const ended = await waitFor(
      async () => ((await hasFlows(host, diversion)) ? undefined : true),
      { timeoutMs: UNDO_TIMEOUT_MS, intervalMs: LOOK_EVERY_MS, clock: host.clock },
    );
    if (ended === undefined) throw stillServed();
    if ((await ownTables(host, diversion, runId)) === undefined) return;
    await nft(host, removeScript(diversion.parts.map(({ family }) => family)));
  },
};

async function makeTables(step: DivertFlows, { host, runId }: StepContext): Promise<void> {
  const { diversion, adopts } = step;
  const tables = await readTables(host, diversion);
  if (adopts !== null && tables.every((table) => table?.owner === adopts)) {
    return await nft(host, adoptScript(diversion, runId));
  }
  // Left behind by a run of which nothing else is left; nobody is served by them.
  const left = diversion.parts.filter((_, at) => tables[at] !== undefined);
  if (await hasFlows(host, { parts: left })) throw taken();
  const remove = removeScript(left.map(({ family }) => family));
  await nft(host, [remove, watchScript(diversion, runId)].filter(Boolean).join('\n'));
}

function taken(): Error {
  return refused('step-failed', 'somebody else has made an nft table "hitless_handoff" meanwhile', {
    subject: 'hitless_handoff',
    hint: '"nft list tables" shows it; run the command again',
  });
}

/**
 * A handshake that was half open before the tables were there: should the client send its SYN
 * once more, it must not begin a second connection at the peer.
 */
async function rememberHalfOpen({ diversion }: DivertFlows, context: StepContext): Promise<void> {
  for (const part of diversion.parts) {
    const tuples = await halfOpen(part, context);
    for (let at = 0; at < tuples.length; at += ELEMENTS_MAX) {
      const some = tuples.slice(at, at + ELEMENTS_MAX);
      await nft(context.host, rememberScript(part.family, some));
    }
  }
}

async function halfOpen(part: DiversionPart, { host }: StepContext): Promise<readonly string[]> {
  const sockets = await host.sockets.connections(host.self.pid);
  return flowsHere(sockets, part.services).filter(isHalfOpen).map(tupleOf);
}

function stillServed(): Error {
  return failed('drain-timeout', 'the peer still serves flows that go through this node', {
    hint: 'new ones are served here; "hitless recover" removes the rules when those have ended',
  });
}
