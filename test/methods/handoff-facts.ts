import type { HandoffFacts, HandoffRequest } from '../../src/methods/handoff-facts.js';

export const REQUEST: HandoffRequest = {
  services: [
    { address: '10.0.0.1', port: 80 },
    { address: 'fd00::1', port: 80 },
  ],
  peers: ['10.0.0.22', 'fd00::22'],
  device: 'eth0',
  drainTimeoutMs: 60_000,
  work: {
    kind: 'command',
    argv: ['restart'],
    keepsConnections: false,
    timeoutMs: 1_000,
    healthPath: '/',
  },
};

/** A node on which nothing stands in the way. */
export function goodFacts(change: Partial<HandoffFacts> = {}): HandoffFacts {
  const on = (address: string) => ({
    device: 'eth0',
    address,
    prefixLength: 24,
    deprecated: false,
  });
  return {
    services: REQUEST.services,
    device: 'eth0',
    addresses: ['10.0.0.21', '10.0.0.1', 'fe80::1', 'fd00::1', 'fd00::21'].map(on),
    tables: [
      { family: 'ip', table: null, foreign: false, inUse: false },
      { family: 'ip6', table: null, foreign: false, inUse: false },
    ],
    nftTrouble: null,
    neighbours: REQUEST.peers.map((peer) => ({
      peer,
      neighbour: { address: peer, mac: '02:00:00:00:00:22', state: 'REACHABLE' },
    })),
    arpIgnore: 1,
    arpAnnounce: 2,
    rpFilter: 0,
    sysctls: {},
    listening: REQUEST.services,
    ...change,
  };
}
