import type { Command, CommandResult } from '../../src/host/host.js';
import { callNftDynamic } from './nft-dynamic.js';
import { callNftMaps } from './nft-maps.js';
import { callNftSets } from './nft-sets.js';
import type { World } from './world.js';

/** As much of nft(8) as hitless calls, by the table that is meant. */
export function callNft(world: World, command: Command): CommandResult {
  const words = command.argv.join(' ');
  if (words.includes('hitless_handoff') || command.argv[2] === 'tables')
    return callNftDynamic(world, command);
  return words.includes('hitless_syn') ? callNftSets(world, command) : callNftMaps(world, command);
}
