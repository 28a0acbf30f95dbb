import type { Host, Socket } from '../host/host.js';
import { plain, portOf } from '../host/endpoint.js';
import { flowsTo } from '../host/stale-flows.js';
import { LOOSE_SYSCTL } from '../methods/flip.js';
import type { Serving } from './flip-doors.js';

/**
 * Whether the service that is about to be taken behind the map has clients of whom connection
 * tracking knows nothing. Where it is on, it knows those of nearly every open connection. What is
 * in its list says little where it is off: entries of an earlier time stay for days.
 */
export async function isUntracked(
  host: Host,
  { leader, direct, ports, inodes }: Serving,
): Promise<boolean> {
  if (leader === null || !direct) return false;
  // Somebody wants it so, or another run is at it and puts it back.
  if ((await host.kernel.sysctl(LOOSE_SYSCTL, leader.pid)) !== '1') return false;
  const families = (await host.sockets.listeners(leader.pid))
    .filter(({ inode }) => inodes.includes(inode))
    .flatMap(({ family, local }) => (local.startsWith('[::]:') ? ['ipv4', 'ipv6'] : [family]));
  // Tracking is ahead of the sockets at the beginning of a connection, and behind at its end.
  const connections = await host.sockets.connections(leader.pid);
  const known = new Set((await flowsTo(host, leader.pid, ports)).map(({ client }) => client));
  const open = connections
    .filter((socket) => isOpenAt(socket, ports))
    .map(({ peer }) => plain(peer));
  return families.some((family) => {
    const clients = open.filter((client) => familyOf(client) === family);
    const tracked = clients.filter((client) => known.has(client));
    if (clients.length > 0) return tracked.length * 2 < clients.length;
    return ![...known].some((client) => familyOf(client) === family);
  });
}

function isOpenAt({ family, local, state }: Socket, ports: readonly number[]): boolean {
  return family !== 'unix' && state === 'established' && ports.includes(portOf(local));
}

function familyOf(client: string): 'ipv4' | 'ipv6' {
  return client.split(':').length > 2 ? 'ipv6' : 'ipv4';
}
