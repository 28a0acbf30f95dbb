import { entrances, NFT_FAMILY } from './nft.js';
import { hasTable, type NftExpr, type Ruleset } from './nft-list.js';

/**
 * The table of `hitless rolling`, pure: for each public port a chain that spreads new connections
 * over the ports of the instances that are in. The address that a client connected to stays.
 */
export const ROLLING_TABLE = 'hitless_rolling';

/** `numgen`: in turn. `jhash`: by the client's address, as long as the same instances are in. */
export type Spread = 'turns' | 'source';

export interface Rotation {
  readonly port: number;
  /** Ports of the instances that take new connections, in order. */
  readonly members: readonly number[];
  readonly spread: Spread;
}

/** Null: the port is in no rotation. */
export function rotationOf(ruleset: Ruleset, port: number): Rotation | null {
  if (!hasTable(ruleset, ROLLING_TABLE)) return null;
  const rules = ruleset.rules.filter(
    ({ table, chain }) => table === ROLLING_TABLE && chain === chainOf(port),
  );
  const targets = rules.flatMap(({ expr }) => expr.flatMap(targetOf));
  const [first] = targets;
  return first === undefined ? null : { port, ...first };
}

function targetOf(expr: NftExpr): readonly Omit<Rotation, 'port'>[] {
  const { dnat } = expr as {
    readonly dnat?: { readonly port?: { readonly map?: MapExpr } };
  };
  const map = dnat?.port?.map;
  if (map === undefined) return [];
  const members = (map.data?.set ?? []).flatMap((pair) =>
    Array.isArray(pair) && typeof pair[1] === 'number' ? [pair[1]] : [],
  );
  const spread = map.key !== undefined && 'jhash' in map.key ? 'source' : 'turns';
  return [{ members, spread }];
}

interface MapExpr {
  readonly key?: NftExpr;
  readonly data?: { readonly set?: readonly unknown[] };
}

/**
 * One transaction after which exactly these members take new connections.
 *
 * @param ruleset what is there now
 */
export function rotationScript(ruleset: Ruleset, rotation: Rotation): string {
  const { port } = rotation;
  const chain = `${NFT_FAMILY} ${ROLLING_TABLE} ${chainOf(port)}`;
  const isNew = rotationOf(ruleset, port) === null;
  return [
    ...(hasTable(ruleset, ROLLING_TABLE) ? [] : [MAKE_ROLLING_TABLE]),
    `add chain ${chain}`,
    `flush chain ${chain}`,
    rule(chain, 'ip', rotation),
    rule(chain, 'ip6', rotation),
    ...(isNew
      ? [`add element ${NFT_FAMILY} ${ROLLING_TABLE} services { ${port} : jump ${chainOf(port)} }`]
      : []),
  ].join('\n');
}

/**
 * Takes the port out of all rotation. The table stays: with the last chain of type nat the kernel
 * would stop translating the packets of open connections.
 */
export function removeScript(port: number): string {
  return [
    `delete element ${NFT_FAMILY} ${ROLLING_TABLE} services { ${port} }`,
    `flush chain ${NFT_FAMILY} ${ROLLING_TABLE} ${chainOf(port)}`,
    `delete chain ${NFT_FAMILY} ${ROLLING_TABLE} ${chainOf(port)}`,
  ].join('\n');
}

export const DELETE_ROLLING_TABLE = `delete table ${NFT_FAMILY} ${ROLLING_TABLE}`;

/** No port is in rotation. */
export function isUnused({ chains }: Ruleset): boolean {
  return !chains.some(
    ({ table, name }) => table === ROLLING_TABLE && name.startsWith(CHAIN_PREFIX),
  );
}

const CHAIN_PREFIX = 'port_';

function chainOf(port: number): string {
  return `${CHAIN_PREFIX}${port}`;
}

const TABLE_LINES: readonly string[] = [
  `add table ${NFT_FAMILY} ${ROLLING_TABLE}`,
  `add map ${NFT_FAMILY} ${ROLLING_TABLE} services { type inet_service : verdict; }`,
  `add chain ${NFT_FAMILY} ${ROLLING_TABLE} choose`,
  // Every packet in a chain of type nat is new; `ct` has connection tracking begin with the table
  // and not with the first translation (nft_ct_get_init).
  `add rule ${NFT_FAMILY} ${ROLLING_TABLE} choose ct state new tcp dport vmap @services`,
  ...entrances(ROLLING_TABLE, 'choose'),
];

/** With no port in rotation: connection tracking begins. */
export const MAKE_ROLLING_TABLE = TABLE_LINES.join('\n');

function rule(chain: string, protocol: 'ip' | 'ip6', { members, spread }: Rotation): string {
  const by = spread === 'turns' ? 'numgen inc' : `jhash ${protocol} saddr`;
  const places = members.map((member, at) => `${at} : ${member}`).join(', ');
  const target = `dnat ${protocol} to ${protocol} daddr : ${by} mod ${members.length} map { ${places} }`;
  return `add rule ${chain} meta l4proto tcp ${target}`;
}
