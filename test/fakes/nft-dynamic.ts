import type { Command, CommandResult } from '../../src/host/host.js';
import type { World } from './world.js';

/** One table: sets with their elements (text to comment and time of expiry), and chains. */
export interface FakeTable {
  readonly sets: Map<string, Map<string, FakeElement>>;
  readonly chains: Set<string>;
}

export interface FakeElement {
  readonly comment: string;
  readonly expiresMs: number;
}

const NO_SUCH = { code: 1, stdout: '', stderr: 'Error: No such file or directory' };
const REFUSED = { code: 1, stdout: '', stderr: 'Error: Could not process rule' };
const FINE = { code: 0, stdout: '', stderr: '' };

/** nft(8) as far as hitless uses it: scripts as one transaction, and lists as JSON. */
export function callNftDynamic(world: World, { argv }: Command): CommandResult {
  const [, ...words] = argv;
  if (words[0] === '--json') return listSet(world, words.slice(3));
  if (words[0] === 'list') {
    const tables = [...world.diversions.keys()].filter((name) => name.startsWith(`${words[2]} `));
    return { ...FINE, stdout: tables.map((name) => `table ${name}\n`).join('') };
  }
  const copy = copyOf(world.diversions);
  for (const line of (words[0] ?? '').split('\n')) {
    if (!applyLine(world, copy, line)) return REFUSED;
  }
  world.diversions = copy;
  return FINE;
}

function listSet(world: World, [family, table, name]: readonly string[]): CommandResult {
  const set = world.diversions.get(`${family} ${table}`)?.sets.get(name ?? '');
  if (set === undefined) return NO_SUCH;
  const elem = [...set]
    .filter(([, { expiresMs }]) => expiresMs > world.clock.nowMs)
    .map(([val, { comment }]) => ({ elem: { val: Number(val) || val, comment } }));
  return { ...FINE, stdout: JSON.stringify({ nftables: [{ set: { name, elem } }] }) };
}

function applyLine(world: World, tables: Map<string, FakeTable>, line: string): boolean {
  const [verb = '', what = '', family = '', table = '', name = ''] = line.split(' ');
  const key = `${family} ${table}`;
  const found = tables.get(key);
  if (what === 'table') {
    if (verb === 'delete') return tables.delete(key);
    if (found === undefined) tables.set(key, { sets: new Map(), chains: new Set() });
    return true;
  }
  if (found === undefined) return false;
  if (what === 'chain') return (found.chains.add(name), true);
  if (what === 'rule') return found.chains.has(name);
  if (verb === 'add' && what === 'set') return (found.sets.set(name, new Map()), true);
  const set = found.sets.get(name);
  if (set === undefined) return false;
  if (verb === 'flush') return (set.clear(), true);
  return changeElements(world, set, verb, /\{ (.*) \}$/.exec(line)?.[1] ?? '');
}

function changeElements(
  world: World,
  set: Map<string, FakeElement>,
  verb: string,
  text: string,
): boolean {
  for (const element of text.split(', ')) {
    const value = element.replace(/ (timeout|comment) .*/, '');
    if (verb === 'delete') {
      if (!set.delete(value)) return false;
      continue;
    }
    const seconds = Number(/ timeout (\d+)s/.exec(element)?.[1] ?? Number.POSITIVE_INFINITY);
    const comment = / comment "(.*)"/.exec(element)?.[1] ?? '';
    set.set(value, { comment, expiresMs: world.clock.nowMs + seconds * 1000 });
  }
  return true;
}

function copyOf(tables: ReadonlyMap<string, FakeTable>): Map<string, FakeTable> {
  return new Map(
    [...tables].map(([name, { sets, chains }]) => [
      name,
      {
        sets: new Map([...sets].map(([set, elements]) => [set, new Map(elements)])),
        chains: new Set(chains),
      },
    ]),
  );
}
