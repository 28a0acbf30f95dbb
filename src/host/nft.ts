/**
 * nft(8), pure: command lines and what it prints. All tables of hitless are of family inet and
 * named `hitless_PURPOSE`, so that what a run has left is told from what others have set.
 */
export const NFT_FAMILY = 'inet';

/** All lines in one argument are one transaction: the kernel takes all of them or none. */
export function nftArgv(script: string): readonly string[] {
  return ['nft', script];
}

export function listTableArgv(table: string): readonly string[] {
  return ['nft', '--json', 'list', 'table', NFT_FAMILY, table];
}

/** `fin|syn|rst|ack == syn`: only the first packet of a connection, which `ct state new` is not. */
export const ONLY_SYN = 'tcp flags & (fin|syn|rst|ack) == syn';
