/**
 * nft(8), pure: command lines and what it prints. All tables of hitless are of family inet and
 * named `hitless_PURPOSE`, so that what a run has left is told from what others have set.
 */
export const NFT_FAMILY = 'inet';

/** All lines in one argument are one transaction: the kernel takes all of them or none. */
export function nftArgv(script: string): readonly string[] {
  return ['nft', script];
}

/** The same, only asked: the kernel checks the whole and takes nothing. */
export function nftCheckArgv(script: string): readonly string[] {
  return ['nft', '--check', script];
}

export function listTableArgv(table: string): readonly string[] {
  return ['nft', '--json', 'list', 'table', NFT_FAMILY, table];
}

export const LIST_RULESET_ARGV: readonly string[] = ['nft', '--json', 'list', 'ruleset'];

/** `fin|syn|rst|ack == syn`: only the first packet of a connection, which `ct state new` is not. */
export const ONLY_SYN = 'tcp flags & (fin|syn|rst|ack) == syn';

/**
 * The two base chains through which connections to this machine begin, from the network and from
 * itself; each jumps to `chain`. Both ask for a local destination, so that what a router passes on
 * is left alone. nft 1.0.6 knows `priority dstnat` at prerouting only.
 */
export function entrances(table: string, chain: string): readonly string[] {
  const rule = `${ONLY_SYN} fib daddr type local jump ${chain}`;
  return [
    `add chain ${NFT_FAMILY} ${table} from_network { type nat hook prerouting priority dstnat; }`,
    `add chain ${NFT_FAMILY} ${table} from_here { type nat hook output priority -100; }`,
    `add rule ${NFT_FAMILY} ${table} from_network ${rule}`,
    `add rule ${NFT_FAMILY} ${table} from_here ${rule}`,
  ];
}
