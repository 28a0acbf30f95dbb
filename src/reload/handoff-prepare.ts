import { refused } from '../error.js';
import type { Host } from '../host/host.js';
import {
  neededChanges,
  NOTHING_PREPARED,
  planPrepare,
  planUnprepare,
  type PreparedNote,
} from '../methods/handoff-prepare.js';
import type { Step } from '../steps/registry.js';
import { gatherHandoffFacts, type HandoffScope } from './handoff-facts.js';
import { HANDOFF_LOCK } from './handoff.js';
import type { Plan } from './plan.js';
import { runPlan, UNCHANGED, type PlanOptions, type PlanResult } from './run-plan.js';

/** Makes this node able to hand its flows over, and to serve those of the other one. */
export async function prepareNode(
  host: Host,
  scope: Omit<HandoffScope, 'peers'>,
  options: Omit<PlanOptions, 'lock'>,
): Promise<PlanResult> {
  return await runPlan(host, { ...options, lock: HANDOFF_LOCK }, async () => {
    const facts = await gatherHandoffFacts(host, { ...scope, peers: [] });
    if (!facts.addresses.some(({ device }) => device === scope.device)) {
      throw refused('target-not-found', `there is no interface ${scope.device} with an address`, {
        subject: scope.device,
        hint: '"ip address" lists them; name one with --interface',
      });
    }
    const changes = neededChanges(facts);
    if (changes.addresses.length === 0 && changes.sysctls.length === 0) return UNCHANGED;
    const path = notePath(options.stateDir);
    const earlier = (await readNote(host, path)) ?? NOTHING_PREPARED;
    return toPlan('prepare', planPrepare(changes, earlier, path, host.self));
  });
}

/** Takes back what `prepareNode` has changed, and nothing else. */
export async function unprepareNode(
  host: Host,
  options: Omit<PlanOptions, 'lock'>,
): Promise<PlanResult> {
  return await runPlan(host, { ...options, lock: HANDOFF_LOCK }, async () => {
    const path = notePath(options.stateDir);
    const note = await readNote(host, path);
    if (note === undefined) return UNCHANGED;
    const sysctls: Record<string, string> = {};
    for (const { name } of note.sysctls) {
      sysctls[name] = (await host.kernel.sysctl(name, host.self.pid)) ?? '';
    }
    return toPlan('unprepare', planUnprepare(note, sysctls, path, host.self));
  });
}

function notePath(stateDir: string): string {
  return `${stateDir}/handoff-prepared.json`;
}

async function readNote(host: Host, path: string): Promise<PreparedNote | undefined> {
  const content = await host.files.read(path);
  if (content === undefined) return undefined;
  try {
    return JSON.parse(content.toString('utf8')) as PreparedNote;
  } catch (cause) {
    throw refused('journal-damaged', `cannot read ${path}: it is no JSON`, {
      subject: path,
      hint: 'take the settings back by hand ("ip address delete", "sysctl"), and delete the file',
      cause,
    });
  }
}

function toPlan(what: 'prepare' | 'unprepare', handOver: readonly Step[]): Plan {
  const reason =
    what === 'prepare'
      ? 'the shared addresses on lo, and silence about them in ARP'
      : 'what "handoff prepare" changed is taken back';
  return {
    method: 'handoff',
    reasons: [reason],
    losses: [],
    unverified: null,
    notes:
      what === 'prepare'
        ? ['it lasts until the next boot; "hitless handoff unprepare" takes it back']
        : [],
    oldPids: [],
    starts: [],
    handOver,
    retire: [],
  };
}
