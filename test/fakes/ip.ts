import type { Command, CommandResult } from '../../src/host/host.js';
import type { World } from './world.js';

const FINE = { code: 0, stdout: '', stderr: '' };

/** ip(8) as far as hitless uses it. Addresses are kept as `ADDRESS DEVICE`. */
export function callIp(world: World, { argv }: Command): CommandResult {
  const [, ...words] = argv;
  if (words[0] === '-json' && words[1] === 'address') {
    const listed = [...world.addresses].map((entry) => {
      const [local, ifname] = entry.split(' ');
      return { ifname, addr_info: [{ local, prefixlen: 24 }] };
    });
    return { ...FINE, stdout: JSON.stringify(listed) };
  }
  if (words[0] === '-json') {
    const neighbour = { dst: words[3], lladdr: '02:00:00:00:00:22', state: ['REACHABLE'] };
    return { ...FINE, stdout: JSON.stringify([neighbour]) };
  }
  const [, verb, address = '', , device = ''] = words;
  const entry = `${address.replace(/\/.*/, '')} ${device}`;
  if (verb === 'add') world.addresses.add(entry);
  else if (!world.addresses.delete(entry)) return { ...FINE, code: 2, stderr: 'RTNETLINK answers' };
  return FINE;
}
