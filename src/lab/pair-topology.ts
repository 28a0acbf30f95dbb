import type { Topology } from './topology.js';

/** The addresses that the two load balancers share, as clients know them. */
export const SHARED_ADDRESSES = ['10.77.0.1', 'fd77::1'] as const;

/** Two load balancers of which keepalived gives one the shared addresses, and two web servers. */
export const PAIR_TOPOLOGY = {
  nodes: [
    { name: 'client', addresses: ['10.77.0.2/24', 'fd77::2/64'] },
    { name: 'lb1', addresses: ['10.77.0.21/24', 'fd77::21/64'] },
    { name: 'lb2', addresses: ['10.77.0.22/24', 'fd77::22/64'] },
    { name: 'origin1', addresses: ['10.77.0.11/24', 'fd77::11/64'] },
    { name: 'origin2', addresses: ['10.77.0.12/24', 'fd77::12/64'] },
  ],
} as const satisfies Topology;
