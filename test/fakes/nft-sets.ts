import type { Command, CommandResult } from '../../src/host/host.js';
import type { World } from './world.js';

/** One table of nft: its sets, and when the elements of each lapse. */
export interface FakeTable {
  readonly sets: Map<string, Map<string, number>>;
}

/** As much of nft as a hold on SYNs takes: one script is one transaction. */
export function callNftSets(world: World, { argv, netNamespaceOf }: Command): CommandResult {
  const net = netNamespaceOf === undefined ? 'host' : world.netOf(netNamespaceOf);
  if (argv.includes('--json')) return list(world, net, argv.at(-1) ?? '');
  if (!argv.includes('--check')) execute(world, net, argv.at(-1) ?? '');
  return { code: 0, stdout: '', stderr: '' };
}

function list(world: World, net: string, name: string): CommandResult {
  const table = world.tables.get(net)?.get(name);
  if (table === undefined) {
    return { code: 1, stdout: '', stderr: 'Error: No such file or directory\n' };
  }
  const nftables = [...table.sets].map(([set, elements]) => ({
    set: {
      name: set,
      elem: [...elements]
        .filter(([, untilMs]) => untilMs > world.clock.nowMs)
        .map(([value, untilMs]) => ({
          elem: { val: valueOf(value), expires: Math.floor((untilMs - world.clock.nowMs) / 1000) },
        })),
    },
  }));
  return { code: 0, stdout: JSON.stringify({ nftables }), stderr: '' };
}

function valueOf(text: string): unknown {
  const [first, second] = text.split(' . ');
  return second === undefined ? Number(first) : { concat: [first, Number(second)] };
}

function execute(world: World, net: string, script: string): void {
  const tables = world.tables.get(net) ?? new Map<string, FakeTable>();
  world.tables.set(net, tables);
  let current = '';
  for (const line of script.split('\n')) {
    const [, gone] = /^delete table inet (\S+)/.exec(line) ?? [];
    const [, opened] = /^table inet (\S+) \{/.exec(line) ?? [];
    const [, set] = /^ +set (\S+) \{/.exec(line) ?? [];
    const [, flushed] = /^flush set inet \S+ (\S+)/.exec(line) ?? [];
    const [, to, value, ms] =
      /^add element inet \S+ (\S+) \{ (.+) timeout (\d+)ms \}/.exec(line) ?? [];
    if (gone !== undefined) tables.delete(gone);
    if (opened !== undefined) {
      current = opened;
      tables.set(opened, tables.get(opened) ?? { sets: new Map() });
    }
    const sets = tables.get(current)?.sets;
    if (set !== undefined) sets?.set(set, sets.get(set) ?? new Map());
    if (flushed !== undefined) sets?.get(flushed)?.clear();
    if (value !== undefined) {
      sets?.get(to ?? '')?.set(value, world.clock.nowMs + Number(ms));
    }
  }
}

/** SYNs to this address are dropped at this moment. */
export function dropsSyns(world: World, net: string, local: string): boolean {
  const colon = local.lastIndexOf(':');
  const [host, port] = [local.slice(0, colon).replace(/[[\]]/g, ''), local.slice(colon + 1)];
  const value = host === '0.0.0.0' || host === '::' ? port : `${host} . ${port}`;
  const sets = [...(world.tables.get(net)?.values() ?? [])].flatMap(({ sets: all }) => [
    ...all.values(),
  ]);
  return sets.some((elements) => (elements.get(value) ?? 0) > world.clock.nowMs);
}
