import { type HitlessError, usage } from '../error.js';
import { nearest } from '../haproxy/config/nearest.js';
import { CONNECTIONS, type Connections } from '../probe/options.js';
import type { TrialSpec } from '../trial/spec.js';
import { WAYS, type WayName } from '../trial/ways/registry.js';

export interface CompareFlags {
  readonly methods?: readonly WayName[];
  readonly rate: number;
  readonly for: number;
  readonly every: number;
  readonly connections: readonly Connections[];
  readonly ipv6?: boolean;
  readonly stalled?: boolean;
  readonly json?: boolean;
  readonly markdown?: string;
  readonly html?: string;
}

export const DEFAULT_CONNECTIONS: readonly Connections[] = ['new', 'keep-alive'];
/** Shorter, and no reload would fit between the edges. */
const MIN_FOR_MS = 2000;

/** Controls first; each way beside the others under the same connections. */
export function compareSpecs(flags: CompareFlags): readonly TrialSpec[] {
  if (flags.for < MIN_FOR_MS) throw usage('--for is too short', 'give each run at least 2s');
  const load = {
    ratePerSecond: flags.rate,
    forMs: flags.for,
    everyMs: flags.every,
    ipv6: flags.ipv6 === true,
  };
  const stalls = flags.stalled === undefined ? [false, true] : [flags.stalled];
  const ways = controlsFirst(withControl(flags.methods ?? allWays()));
  return flags.connections.flatMap((connections) =>
    ways.flatMap((way) => stalls.map((stalled) => ({ way, connections, stalled, ...load }))),
  );
}

export function allWays(): readonly WayName[] {
  return Object.keys(WAYS) as WayName[];
}

/** A proof needs one that loses: the first control stands in where none was asked for. */
function withControl(ways: readonly WayName[]): readonly WayName[] {
  if (ways.some((way) => WAYS[way].control)) return ways;
  return [
    ...allWays()
      .filter((way) => WAYS[way].control)
      .slice(0, 1),
    ...ways,
  ];
}

function controlsFirst(ways: readonly WayName[]): readonly WayName[] {
  return [...ways].sort((a, b) => Number(WAYS[b].control) - Number(WAYS[a].control));
}

/** @param known the names of the registry */
export function parseWays<T extends string>(text: string, known: readonly T[]): readonly T[] {
  return parseNames(text, known, '--methods', 'way');
}

export function parseKinds(text: string): readonly Connections[] {
  return parseNames(text, CONNECTIONS, '--connections', 'kind of connections');
}

/** Names with commas between them; some names have a comma in them. */
function parseNames<T extends string>(
  text: string,
  known: readonly T[],
  flag: string,
  what: string,
): readonly T[] {
  const names: T[] = [];
  let rest = text.trim();
  do {
    const [name, length] = firstName(rest, known);
    if (name === undefined) throw unknownName(rest.slice(0, length).trim(), known, flag, what);
    if (!names.includes(name)) names.push(name);
    rest = rest.slice(length + 1).trim();
  } while (rest !== '');
  return names;
}

/** The longest known name that the text begins with; else undefined, and how long the word is. */
function firstName<T extends string>(
  text: string,
  known: readonly T[],
): readonly [name: T | undefined, length: number] {
  for (let end = text.length; end > 0; end = text.lastIndexOf(',', end - 1)) {
    const name = known.find((one) => one === text.slice(0, end).trim());
    if (name !== undefined) return [name, end];
  }
  return [undefined, text.includes(',') ? text.indexOf(',') : text.length];
}

function unknownName(
  word: string,
  known: readonly string[],
  flag: string,
  what: string,
): HitlessError {
  const like = nearest(known, word);
  const all = known.join(' | ');
  return usage(
    `${flag}: there is no ${what} "${word}"`,
    like.length > 0 ? `did you mean "${like.join('" or "')}"? All: ${all}` : `one of: ${all}`,
  );
}
