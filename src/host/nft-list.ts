/** What `nft --json list ruleset` prints (libnftables-json(5)), pure. */
export interface Ruleset {
  readonly tables: readonly { readonly family: string; readonly name: string }[];
  readonly chains: readonly NftChain[];
  readonly rules: readonly NftRule[];
  readonly maps: readonly NftMap[];
}

export interface NftChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly type?: string;
  readonly hook?: string;
  readonly policy?: string;
}

export interface NftRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly expr: readonly NftExpr[];
}

export interface NftMap {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly elem?: readonly unknown[];
}

/** `{match: ...}`, `{jump: ...}`, `{dnat: ...}` and so on; one key each. */
export type NftExpr = Readonly<Record<string, unknown>>;

const OWN = /^hitless_/;

export function parseRuleset(text: string): Ruleset {
  const document = (text.trim() === '' ? {} : JSON.parse(text)) as {
    readonly nftables?: readonly Readonly<Record<string, unknown>>[];
  };
  const all = document.nftables ?? [];
  const pick = (kind: string): readonly unknown[] =>
    all.flatMap((entry) => (entry[kind] === undefined ? [] : [entry[kind]]));
  return {
    tables: pick('table') as Ruleset['tables'],
    chains: pick('chain') as readonly NftChain[],
    rules: (pick('rule') as readonly NftRule[]).map((rule) => ({ ...rule, expr: rule.expr ?? [] })),
    maps: pick('map') as readonly NftMap[],
  };
}

export function hasTable({ tables }: Ruleset, name: string): boolean {
  return tables.some((table) => table.family === 'inet' && table.name === name);
}

export function isOwnTable(name: string): boolean {
  return OWN.test(name);
}

export interface MapElement {
  readonly map: string;
  /** As nft writes it: `80`, or `10.0.0.1 . 80`. */
  readonly key: string;
  readonly port: number;
  /** What stands beside it, for people. */
  readonly comment: string | null;
}

/** The elements of all maps of one of our tables whose values are ports. */
export function portElements({ maps }: Ruleset, table: string): readonly MapElement[] {
  return maps
    .filter((map) => map.family === 'inet' && map.table === table)
    .flatMap(({ name, elem = [] }) =>
      elem.flatMap((pair) => {
        if (!Array.isArray(pair) || typeof pair[1] !== 'number') return [];
        const comment = commentOf(pair[0]);
        return [{ map: name, key: keyText(pair[0]), port: pair[1], comment }];
      }),
    );
}

/** A key alone, joined of parts, or with a comment. */
function keyText(key: unknown): string {
  if (typeof key !== 'object' || key === null) return String(key);
  const { concat, elem } = key as {
    readonly concat?: readonly unknown[];
    readonly elem?: { readonly val: unknown };
  };
  if (elem !== undefined) return keyText(elem.val);
  return (concat ?? []).map(String).join(' . ');
}

function commentOf(key: unknown): string | null {
  if (typeof key !== 'object' || key === null) return null;
  const { elem } = key as { readonly elem?: { readonly comment?: string } };
  return elem?.comment ?? null;
}
