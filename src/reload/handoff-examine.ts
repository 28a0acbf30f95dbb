import { HitlessError } from '../error.js';
import type { Finding } from '../doctor/finding.js';
import { checkNode, checkPeer } from '../doctor/handoff.js';
import type { Host } from '../host/host.js';
import type { TrialPacket } from '../host/trial-packet.js';
import { trialsOf } from '../methods/handoff.js';
import { tryOnePeer } from '../steps/try-peer.js';
import { gatherHandoffFacts, type HandoffScope } from './handoff-facts.js';

export interface Examination extends HandoffScope {
  readonly role: 'node' | 'peer';
}

/** All that stands in the way of a hand-over; on the node the peer is tried as well. */
export async function examineHandoff(host: Host, scope: Examination): Promise<readonly Finding[]> {
  const facts = await gatherHandoffFacts(host, scope);
  if (scope.role === 'peer') return checkPeer(facts);
  const findings = checkNode(facts, scope.peers);
  if (findings.some(({ severity }) => severity === 'error')) return findings;
  const tried: Finding[] = [];
  for (const trial of trialsOf(scope, facts)) tried.push(...(await troubleWith(host, trial)));
  return [...findings, ...tried];
}

async function troubleWith(host: Host, trial: TrialPacket): Promise<readonly Finding[]> {
  try {
    await tryOnePeer(host, trial);
    return [];
  } catch (error) {
    if (!(error instanceof HitlessError)) throw error;
    return [
      {
        severity: 'error',
        subject: trial.peer,
        what: error.message,
        because: 'clients that are sent there would wait for an answer in vain',
        remedy: error.hint ?? '',
      },
    ];
  }
}
