import { endpointOf } from './endpoint.js';
import type { Socket } from './host.js';

/** Where SYNs are held back: one port of one family, at one address or (null) at all of them. */
export interface SynTarget {
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string | null;
  readonly port: number;
}

/**
 * What the clients of these listeners send their SYNs to. A socket on `[::]` counts for IPv4 too:
 * whether it takes IPv4 depends on a flag that /proc does not show, and a port held too much costs
 * others nothing but a moment. Unix sockets know no SYN.
 */
export function synTargets(
  listeners: readonly Pick<Socket, 'family' | 'local'>[],
): readonly SynTarget[] {
  const found = listeners.flatMap(({ family, local }) => (family === 'unix' ? [] : targets(local)));
  const byName = new Map(found.map((target) => [nameOf(target), target]));
  // Where all addresses are held, one of them is.
  return [...byName.values()].filter(
    (target) => target.address === null || !byName.has(nameOf({ ...target, address: null })),
  );
}

function targets(local: string): readonly SynTarget[] {
  const { address, port } = endpointOf(local);
  if (address === '0.0.0.0') return [{ family: 'ipv4', address: null, port }];
  if (address === '::') {
    return [
      { family: 'ipv4', address: null, port },
      { family: 'ipv6', address: null, port },
    ];
  }
  return [{ family: address.includes(':') ? 'ipv6' : 'ipv4', address, port }];
}

function nameOf({ family, address, port }: SynTarget): string {
  return `${family} ${address ?? '*'} ${port}`;
}
