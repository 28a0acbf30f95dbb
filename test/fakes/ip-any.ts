import type { Command, CommandResult } from '../../src/host/host.js';
import { callIp as callIpAddress } from './ip.js';
import { callIp as callIpLink } from './tc.js';
import type { World } from './world.js';

/** As much of ip(8) as hitless calls: addresses and neighbours, or links. */
export function callIpAny(world: World, command: Command): CommandResult {
  const [, first] = command.argv;
  const addresses = first === '-json' || first === 'address';
  return addresses ? callIpAddress(world, command) : callIpLink(world, command);
}
