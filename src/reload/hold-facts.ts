import type { Host } from '../host/host.js';
import type { Facts, HoldFacts } from '../methods/facts.js';
import { nftObstacle } from './nft-obstacle.js';
import { interfacesOf, plugObstacle } from './plug-obstacle.js';

/** Finds out, without a trace, what keeps the kernel from holding SYNs back for HAProxy. */
export async function gatherHoldFacts(host: Host, facts: Facts): Promise<HoldFacts> {
  const interfaces = await interfacesOf(host, facts);
  return {
    nft: await nftObstacle(host, facts),
    plug: await plugObstacle(host, facts, interfaces),
    interfaces: interfaces ?? [],
  };
}
