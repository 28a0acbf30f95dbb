import { NFT_FAMILY, ONLY_SYN } from './nft.js';
import type { SynTarget } from './syn-targets.js';

/**
 * The nft table that drops SYNs, pure. Each held port is a set element with a time-out, so that the
 * kernel itself lifts the hold when nobody is left to do it (nft(8), "set elements").
 *
 * The hook is `input`: it sees what comes from other machines and over the loopback alike, by the
 * port on which HAProxy listens (after any redirection), and neither what this host forwards nor
 * what HAProxy itself sends to servers that listen on the same port.
 */
export const SYN_DROP_TABLE = 'hitless_syn_drop';

/** An empty set of this name tells whose the table is. */
const RUN_PREFIX = 'run-';

/** One transaction: makes the table where there is none, and holds for that long from now on. */
export function holdScript(runId: string, targets: readonly SynTarget[], holdMs: number): string {
  return [
    `table ${TABLE} {`,
    `  set ${RUN_PREFIX}${runId} { type inet_service; }`,
    ...SETS.map(({ name, type }) => `  set ${name} { type ${type}; flags timeout; }`),
    '  chain syns {',
    '    type filter hook input priority raw; policy accept;',
    '  }',
    '}',
    // A chain that is named again keeps its rules: begin anew.
    `flush chain ${TABLE} syns`,
    ...SETS.map(({ name, match }) => `add rule ${TABLE} syns ${ONLY_SYN} ${match} @${name} drop`),
    // An element that is added again keeps the time it has left.
    ...SETS.map(({ name }) => `flush set ${TABLE} ${name}`),
    ...targets.map((target) => addElement(target, holdMs)),
  ].join('\n');
}

export function releaseScript(): string {
  return `delete table ${TABLE}`;
}

/** What there is under the table's name. */
export interface SynDropTable {
  /** The run that made it; null for a table of somebody else. */
  readonly runId: string | null;
  /** What is held at this moment, and the least time that is left of it, in whole seconds. */
  readonly held: readonly SynTarget[];
  readonly leftS: number;
}

/** From `nft --json list table` (libnftables-json(5)). */
export function parseSynDrop(json: string): SynDropTable {
  const { nftables } = JSON.parse(json) as { readonly nftables: readonly NftObject[] };
  const sets = nftables.flatMap(({ set }) => (set === undefined ? [] : [set]));
  const mark = sets.find(({ name }) => name.startsWith(RUN_PREFIX));
  const elements = sets.flatMap(({ name, elem = [] }) =>
    elem.flatMap((each) => elementOf(name, each)),
  );
  return {
    runId: mark?.name.slice(RUN_PREFIX.length) ?? null,
    held: elements.map(({ target }) => target),
    leftS: Math.min(...elements.map(({ expires }) => expires)),
  };
}

interface NftObject {
  readonly set?: { readonly name: string; readonly elem?: readonly unknown[] };
}

interface NftElement {
  readonly elem?: {
    readonly val: number | { readonly concat: readonly [string, number] };
    readonly expires?: number;
  };
}

function elementOf(
  set: string,
  element: unknown,
): readonly { readonly target: SynTarget; readonly expires: number }[] {
  const { elem } = element as NftElement;
  const family = SETS.find(({ name }) => name === set)?.family;
  if (elem === undefined || family === undefined) return [];
  const [address, port] = typeof elem.val === 'number' ? [null, elem.val] : elem.val.concat;
  return [{ target: { family, address, port }, expires: elem.expires ?? 0 }];
}

function addElement({ family, address, port }: SynTarget, holdMs: number): string {
  const set = SETS.find((one) => one.family === family && one.any === (address === null));
  const value = address === null ? port : `${address} . ${port}`;
  return `add element ${TABLE} ${set?.name ?? ''} { ${value} timeout ${holdMs}ms }`;
}

const TABLE = `${NFT_FAMILY} ${SYN_DROP_TABLE}`;

const SETS = (['ipv4', 'ipv6'] as const).flatMap((family) => {
  const ip = family === 'ipv4' ? 'ip' : 'ip6';
  return [
    {
      name: `${family}-any`,
      family,
      any: true,
      type: 'inet_service',
      match: `meta nfproto ${family} tcp dport`,
    },
    {
      name: `${family}-one`,
      family,
      any: false,
      type: `${family}_addr . inet_service`,
      match: `${ip} daddr . tcp dport`,
    },
  ];
});
