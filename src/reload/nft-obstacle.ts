import { HitlessError, messageOf } from '../error.js';
import type { Host } from '../host/host.js';
import { holdScript, SYN_DROP_TABLE } from '../host/nft-syn-drop.js';
import { readSynDrop } from '../host/syn-drop.js';
import { synTargets } from '../host/syn-targets.js';
import type { Facts, Obstacle } from '../methods/facts.js';
import { heldListeners, HOLD_MS } from '../methods/holding.js';

/** `--check` has the kernel judge the very transaction, and take nothing of it. */
export async function nftObstacle(host: Host, facts: Facts): Promise<Obstacle | null> {
  const script = holdScript('check', synTargets(heldListeners(facts)), HOLD_MS);
  const netNamespaceOf = facts.serving.pid;
  try {
    const there = await readSynDrop(host, netNamespaceOf);
    if (there?.runId === null) return FOREIGN_TABLE;
    if (there !== undefined && there.held.length > 0) return heldFor(there.leftS);
    const { code, stderr } = await host.run({ argv: ['nft', '--check', script], netNamespaceOf });
    return code === 0 ? null : refusal(stderr.trim().split('\n')[0] ?? '');
  } catch (error) {
    if (error instanceof HitlessError && error.code === 'tool-missing') return NO_NFT;
    return refusal(messageOf(error));
  }
}

function refusal(why: string): Obstacle {
  const remedy = /permitted|permission/i.test(why)
    ? 'run hitless as root'
    : 'run a kernel with nf_tables, its sets with time-outs included';
  return { because: `nft does not work in HAProxy's network namespace: ${why}`, remedy };
}

const NO_NFT: Obstacle = {
  because: 'nft is not installed',
  remedy: 'apt-get install nftables',
};

const FOREIGN_TABLE: Obstacle = {
  because: `there is an nft table inet ${SYN_DROP_TABLE} that is not one of hitless`,
  remedy: `look at it with "nft list table inet ${SYN_DROP_TABLE}", and rename or delete it`,
};

function heldFor(leftS: number): Obstacle {
  return {
    because: 'another hitless holds new connections back at this moment',
    remedy: `try again in ${leftS + 1} s: the kernel lifts it by then`,
  };
}
