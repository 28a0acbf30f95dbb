import { fingerprint, type Diversion, type DiversionPart } from '../host/diversion.js';
import type { TrialPacket } from '../host/trial-packet.js';
import type { Step } from '../steps/registry.js';
import {
  familyOf,
  ownAddress,
  type HandoffFacts,
  type HandoffRequest,
  type TableFacts,
} from './handoff-facts.js';
import type { MethodSteps } from './method.js';

/** For the flows that the peer goes on serving: as long as any tunnel may last. */
const RETIRE_TIMEOUT_MS = 24 * 3_600_000;

export const HANDOFF_SUMMARY =
  'the peer serves new flows while this node drains; then it is reloaded and takes them back';

/**
 * New flows go to another node that has the same address, the established ones stay until they
 * have ended; then this node is free to be restarted, or to lose the address. Pure. Called only
 * when the doctor's checks found nothing against it.
 */
export function planHandoff(request: HandoffRequest, facts: HandoffFacts): MethodSteps {
  const diversion = diversionOf(request, facts);
  const { work } = request;
  const keepsConnections = work.kind === 'command' && work.keepsConnections;
  const before: readonly Step[] = [
    { kind: 'try-peer', id: 'try', trials: trialsOf(request, facts) },
    { kind: 'divert-flows', id: 'divert', diversion, adopts: adoptable(facts, diversion) },
    {
      kind: 'await-left',
      id: 'left',
      diversion,
      keepsConnections,
      timeoutMs: request.drainTimeoutMs,
    },
  ];
  const remove: Step = { kind: 'remove-diversion', id: 'remove', diversion };
  const wait = { kind: 'await-flows-ended', id: 'ended', diversion } as const;
  if (work.kind === 'failover') {
    const { trackFile, value } = work;
    return {
      handOver: [...before, { kind: 'move-address', id: 'move', diversion, trackFile, value }],
      retire: [{ ...wait, until: 'quiet', timeoutMs: RETIRE_TIMEOUT_MS }, remove],
    };
  }
  const { argv, timeoutMs, healthPath: path } = work;
  return {
    handOver: [
      ...before,
      { kind: 'run-while-diverted', id: 'command', argv, diversion, path, timeoutMs },
      { kind: 'prove-service', id: 'prove', diversion, path },
      { kind: 'take-flows-back', id: 'back', diversion },
    ],
    retire: [{ ...wait, until: 'ended', timeoutMs: RETIRE_TIMEOUT_MS }, remove],
  };
}

function diversionOf({ services, peers, device }: HandoffRequest, facts: HandoffFacts): Diversion {
  const families = (['ip', 'ip6'] as const).filter((family) =>
    services.some(({ address }) => familyOf(address) === family),
  );
  const parts = families.map((family): DiversionPart => {
    const peer = peers.find((address) => familyOf(address) === family) ?? '';
    const known = facts.neighbours.find((entry) => entry.peer === peer);
    return {
      family,
      services: services.filter(({ address }) => familyOf(address) === family),
      peer,
      peerMac: known?.neighbour?.mac ?? '',
    };
  });
  return { parts, device };
}

export function trialsOf(
  { services, peers, device }: Pick<HandoffRequest, 'services' | 'peers' | 'device'>,
  facts: HandoffFacts,
): readonly TrialPacket[] {
  return services.flatMap((service) => {
    const family = familyOf(service.address);
    const peer = peers.find((address) => familyOf(address) === family);
    const from = ownAddress(facts, family);
    if (peer === undefined || from === null) return [];
    return [{ family, service, peer, device, from }];
  });
}

/** An earlier run's tables with the same rules, flows and all: this run goes on with them. */
function adoptable({ tables }: HandoffFacts, diversion: Diversion): string | null {
  const owners = diversion.parts.map(({ family }) => {
    const table = tables?.find((entry) => entry.family === family)?.table;
    return table?.rules === fingerprint(diversion) ? table.owner : null;
  });
  const [first = null] = owners;
  return owners.every((owner) => owner === first) ? first : null;
}

/** Flows that an earlier run's rules send elsewhere, or by other rules, and that new ones would cut. */
export function otherFlows(request: HandoffRequest, facts: HandoffFacts): TableFacts | undefined {
  const rules = fingerprint(diversionOf(request, facts));
  return facts.tables?.find(({ table, inUse }) => inUse && table?.rules !== rules);
}
