import { entrances, NFT_FAMILY } from './nft.js';
import type { MapElement } from './nft-list.js';

/**
 * The table of `hitless flip`, pure: maps that say, for each address and port that clients connect
 * to, the port of the instance that serves it. `dnat to ip daddr : ...` keeps the address, which
 * `redirect` would not: it rewrites it to the first one of the interface.
 */
export const FLIP_TABLE = 'hitless_flip';

/** Where clients connect; `host` null stands for every local address of the family. */
export interface Door {
  readonly family: 'ipv4' | 'ipv6';
  readonly host: string | null;
  readonly port: number;
}

/** A door and the port behind it; null: none, the connection goes to the door's own port. */
export interface Placement extends Door {
  readonly to: number | null;
}

export function mapOf({ family, host }: Door): string {
  return `${host === null ? 'ports' : 'addresses'}${family === 'ipv4' ? 4 : 6}`;
}

export function keyOf({ host, port }: Door): string {
  return host === null ? String(port) : `${host} . ${port}`;
}

export function doorText({ family, host, port }: Door): string {
  if (host === null) return `port ${port} (${family === 'ipv4' ? 'IPv4' : 'IPv6'})`;
  return family === 'ipv4' ? `${host}:${port}` : `[${host}]:${port}`;
}

/** The door that an element of the map stands for. */
export function doorOf({ map, key }: Pick<MapElement, 'map' | 'key'>): Door {
  const family = map.endsWith('4') ? 'ipv4' : 'ipv6';
  const at = key.indexOf(' . ');
  if (at < 0) return { family, host: null, port: Number(key) };
  return { family, host: key.slice(0, at), port: Number(key.slice(at + 3)) };
}

/** The port that an element of the door leads to now. */
export function placedAt(elements: readonly MapElement[], door: Door): number | null {
  const map = mapOf(door);
  const key = keyOf(door);
  return elements.find((element) => element.map === map && element.key === key)?.port ?? null;
}

/**
 * One transaction that makes the doors lead where they should. The table has to be there.
 *
 * @param elements what is there now
 * @param owner stands beside each element for whoever reads the table
 */
export function placeScript(
  elements: readonly MapElement[],
  placements: readonly Placement[],
  owner: string,
): string {
  const lines = placements.flatMap((placement) => {
    const where = `element ${NFT_FAMILY} ${FLIP_TABLE} ${mapOf(placement)}`;
    const present = placedAt(elements, placement) !== null;
    return [
      ...(present ? [`delete ${where} { ${keyOf(placement)} }`] : []),
      ...(placement.to === null
        ? []
        : [
            `add ${where} { ${keyOf(placement)} comment "${ownerComment(owner)}" : ${placement.to} }`,
          ]),
    ];
  });
  return lines.join('\n');
}

export const DELETE_FLIP_TABLE = `delete table ${NFT_FAMILY} ${FLIP_TABLE}`;

const TABLE_LINES: readonly string[] = [
  `add table ${NFT_FAMILY} ${FLIP_TABLE}`,
  makesMap('addresses4', 'ipv4_addr . inet_service'),
  makesMap('addresses6', 'ipv6_addr . inet_service'),
  makesMap('ports4', 'inet_service'),
  makesMap('ports6', 'inet_service'),
  `add chain ${NFT_FAMILY} ${FLIP_TABLE} choose`,
  // The first rule that has an answer ends the search: an address goes before its port.
  chosenBy('ip', 'ip daddr . tcp dport', 'addresses4'),
  chosenBy('ip6', 'ip6 daddr . tcp dport', 'addresses6'),
  chosenBy('ip', 'tcp dport', 'ports4'),
  chosenBy('ip6', 'tcp dport', 'ports6'),
  ...entrances(FLIP_TABLE, 'choose'),
];

export const MAKE_FLIP_TABLE = TABLE_LINES.join('\n');

function makesMap(name: string, key: string): string {
  return `add map ${NFT_FAMILY} ${FLIP_TABLE} ${name} { type ${key} : inet_service; }`;
}

function chosenBy(protocol: 'ip' | 'ip6', key: string, name: string): string {
  const target = `dnat ${protocol} to ${protocol} daddr : ${key} map @${name}`;
  return `add rule ${NFT_FAMILY} ${FLIP_TABLE} choose meta l4proto tcp ${target}`;
}

/** nft allows 128 bytes, and has no escape for a quotation mark. */
const COMMENT_LIMIT = 120;

export function ownerComment(owner: string): string {
  return owner.replaceAll(/[^\x20-\x7e]|"/g, '?').slice(0, COMMENT_LIMIT);
}
