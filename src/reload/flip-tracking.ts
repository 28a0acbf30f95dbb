import type { Host } from '../host/host.js';
import { trackedFlows } from '../host/let-go.js';
import { LOOSE_SYSCTL } from '../methods/flip.js';
import type { Serving } from './flip-doors.js';

/**
 * Whether the service that is about to be taken behind the map has clients of whom connection
 * tracking knows nothing. Where it is on already, it knows the last two minutes of every port: a
 * port of which it knows nothing has had no client, or is not tracked.
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
  const tracked = await trackedFlows(host, { namespaceOf: leader.pid, ports });
  const known = tracked.map(({ client }) => (client.split(':').length > 2 ? 'ipv6' : 'ipv4'));
  return families.some((family) => !known.some((one) => one === family));
}
