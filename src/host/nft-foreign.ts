import { isOwnTable, type NftExpr, type NftRule, type Ruleset } from './nft-list.js';

/** What others' rules do to connections that hitless would direct. Pure. */

/**
 * The first rule of somebody else that sends connections to this port elsewhere, as
 * `TABLE CHAIN`: it and a map of ours would undo each other.
 */
export function divertsPort(ruleset: Ruleset, port: number): string | undefined {
  const bases = ruleset.chains.filter(
    ({ table, type, hook }) =>
      !isOwnTable(table) && type === 'nat' && (hook === 'prerouting' || hook === 'output'),
  );
  for (const { family, table, name } of bases) {
    const found = diverting(ruleset, { family, table, chain: name }, port, new Set());
    if (found !== undefined) return `${found.family} ${found.table} ${found.chain}`;
  }
  return undefined;
}

type Start = Pick<NftRule, 'family' | 'table' | 'chain'>;

function diverting(
  ruleset: Ruleset,
  { family, table, chain }: Start,
  port: number,
  seen: Set<string>,
): NftRule | undefined {
  if (seen.has(chain)) return undefined;
  seen.add(chain);
  for (const rule of ruleset.rules) {
    if (rule.family !== family || rule.table !== table || rule.chain !== chain) continue;
    if (!rule.expr.every((expr) => mayMatch(expr, port))) continue;
    const targets = rule.expr.flatMap((expr) => jumpTargets(expr, port));
    if (targets.length === 0 && rule.expr.some(translates)) return rule;
    for (const target of targets) {
      const found = diverting(ruleset, { family, table, chain: target }, port, seen);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** iptables' targets show as `xt`, with nothing that nft could tell of them. */
function translates(expr: NftExpr): boolean {
  return ['dnat', 'redirect', 'tproxy', 'xt'].some((kind) => kind in expr);
}

interface Match {
  readonly op?: string;
  readonly left?: unknown;
  readonly right?: unknown;
}

/** False only where the expression surely excludes a TCP connection to this port. */
function mayMatch(expr: NftExpr, port: number): boolean {
  const match = expr['match'] as Match | undefined;
  if (match === undefined) return true;
  const negated = match.op === '!=';
  if (isProtocol(match.left)) return holds(match.right, 'tcp', 6) !== negated;
  if (!isPort(match.left)) return !isUdp(match.left);
  return holds(match.right, port) !== negated;
}

function isProtocol(left: unknown): boolean {
  const { meta, payload } = (left ?? {}) as Readonly<
    Record<string, { key?: string; field?: string }>
  >;
  return meta?.key === 'l4proto' || payload?.field === 'protocol' || payload?.field === 'nexthdr';
}

function isPort(left: unknown): boolean {
  const { payload } = (left ?? {}) as { payload?: { protocol?: string; field?: string } };
  return payload?.field === 'dport' && payload.protocol !== 'udp';
}

function isUdp(left: unknown): boolean {
  const { payload } = (left ?? {}) as { payload?: { protocol?: string } };
  return payload?.protocol === 'udp';
}

/** A value, a range, a set of these; what cannot be read (a named set) may hold it. */
function holds(right: unknown, ...wanted: readonly (string | number)[]): boolean {
  if (typeof right === 'number') return wanted.includes(right);
  if (typeof right === 'string') return right.startsWith('@') || wanted.includes(right);
  const { set, range } = (right ?? {}) as { set?: readonly unknown[]; range?: readonly number[] };
  if (set !== undefined) return set.some((one) => holds(one, ...wanted));
  if (range === undefined) return true;
  const [low = 0, high = 0] = range;
  return wanted.some((one) => typeof one === 'number' && low <= one && one <= high);
}

function jumpTargets(expr: NftExpr, port: number): readonly string[] {
  const direct = (expr['jump'] ?? expr['goto']) as { readonly target?: string } | undefined;
  if (direct?.target !== undefined) return [direct.target];
  const vmap = expr['vmap'] as
    | { readonly key?: unknown; readonly data?: { readonly set?: readonly unknown[] } }
    | undefined;
  return (vmap?.data?.set ?? []).flatMap((pair) => {
    if (!Array.isArray(pair)) return [];
    const [value, verdict] = pair as unknown as readonly [unknown, NftExpr];
    if (isPort(vmap?.key) && !holds(value, port)) return [];
    return jumpTargets(verdict, port);
  });
}

/**
 * A chain of somebody else that drops what it does not know and does not name this port: after
 * the map a connection arrives with the port of the instance. `ct status dnat accept` lets it in.
 */
export function shutsPort(ruleset: Ruleset, port: number): string | undefined {
  const dropping = ruleset.chains.find(
    ({ family, table, hook, policy }) =>
      !isOwnTable(table) &&
      hook === 'input' &&
      policy === 'drop' &&
      !ruleset.rules.some(
        (rule) => rule.family === family && rule.table === table && letsIn(rule, port),
      ),
  );
  return dropping && `${dropping.family} ${dropping.table} ${dropping.name}`;
}

function letsIn({ expr }: NftRule, port: number): boolean {
  if (!expr.some((one) => 'accept' in one)) return false;
  return expr.some((one) => {
    const { left, right } = (one['match'] ?? {}) as Match;
    const { ct } = (left ?? {}) as { readonly ct?: { readonly key?: string } };
    if (ct?.key === 'status') return JSON.stringify(right).includes('dnat');
    return isPort(left) && holds(right, port);
  });
}
