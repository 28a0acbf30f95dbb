import type { Command, CommandResult } from '../../src/host/host.js';
import type { World } from './world.js';

/** The tables of hitless with their maps of ports, by `TABLE MAP KEY`, and what others have set. */
export class FakeNft {
  readonly tables = new Set<string>();
  readonly elements = new Map<string, number>();
  /** What stands beside elements, by the same keys. */
  readonly comments = new Map<string, string>();
  /** Members by public port, from the rules of its chain. */
  readonly rotations = new Map<number, readonly number[]>();
  /** Objects of `nft --json` that belong to somebody else. */
  foreign: readonly unknown[] = [];
}

/** As much of nft(8) as hitless calls. A script is taken as a whole or not at all. */
export function callNftMaps(world: World, { argv }: Command): CommandResult {
  const nft = world.nft;
  if (argv[1] === '--json') return list(nft, argv.slice(2));
  const checks = argv[1] === '--check';
  const next = new FakeNft();
  for (const table of nft.tables) next.tables.add(table);
  for (const [key, port] of nft.elements) next.elements.set(key, port);
  for (const [key, comment] of nft.comments) next.comments.set(key, comment);
  for (const [port, members] of nft.rotations) next.rotations.set(port, members);
  for (const line of (argv[checks ? 2 : 1] ?? '').split('\n')) {
    if (!applies(next, line)) return { code: 1, stdout: '', stderr: `Error: ${line}\n` };
  }
  if (!checks) {
    next.foreign = nft.foreign;
    world.nft = next;
  }
  return { code: 0, stdout: '', stderr: '' };
}

function applies(nft: FakeNft, line: string): boolean {
  if (line.includes(' hitless_rolling ') && !line.startsWith('add map')) return rotates(nft, line);
  const [verb, noun, , table = '', map = ''] = line.split(' ');
  switch (`${verb ?? ''} ${noun ?? ''}`) {
    case 'add table':
      nft.tables.add(table);
      return true;
    case 'delete table':
      for (const key of nft.elements.keys()) {
        if (key.startsWith(`${table} `)) nft.elements.delete(key);
      }
      return nft.tables.delete(table);
    case 'add map':
    case 'add chain':
    case 'add rule':
    case 'flush chain':
      return nft.tables.has(table);
    case 'delete element':
      return nft.elements.delete(`${table} ${map} ${/\{ (.*) \}/.exec(line)?.[1] ?? ''}`);
    case 'add element': {
      const match = /\{ (.*) comment "(.*)" : (\d+) \}/.exec(line);
      const key = `${table} ${map} ${match?.[1] ?? ''}`;
      if (match === null || nft.elements.has(key)) return false;
      nft.elements.set(key, Number(match[3]));
      nft.comments.set(key, match[2] ?? '');
      return nft.tables.has(table);
    }
    default:
      return false;
  }
}

/** Only the IPv4 rule of a chain is looked at: the other one says the same. */
function rotates(nft: FakeNft, line: string): boolean {
  if (!nft.tables.has('hitless_rolling')) return false;
  const port = Number(/ (?:port_|services \{ )(\d+)/.exec(line)?.[1]);
  const places = / ip to .* map \{ (.*) \}/.exec(line)?.[1];
  if (places !== undefined) {
    nft.rotations.set(
      port,
      places.split(', ').map((place) => Number(place.split(' : ')[1])),
    );
  }
  if (line.startsWith('delete chain')) nft.rotations.delete(port);
  return true;
}

function chainsOf(nft: FakeNft): readonly unknown[] {
  const table = 'hitless_rolling';
  return [...nft.rotations].flatMap(([port, members]) => {
    const set = members.map((member, at) => [at, member]);
    const map = { key: { numgen: { mode: 'inc', mod: members.length } }, data: { set } };
    const name = `port_${port}`;
    return [
      { chain: { family: 'inet', table, name } },
      { rule: { family: 'inet', table, chain: name, expr: [{ dnat: { port: { map } } }] } },
    ];
  });
}

function list(nft: FakeNft, words: readonly string[]): CommandResult {
  const only = words[1] === 'table' ? words[3] : undefined;
  if (only !== undefined && !nft.tables.has(only)) {
    return { code: 1, stdout: '', stderr: 'Error: No such file or directory\n' };
  }
  const tables = [...nft.tables].filter((name) => only === undefined || name === only);
  const objects = tables.flatMap((name) => [
    { table: { family: 'inet', name } },
    ...mapsOf(nft, name),
    ...(name === 'hitless_rolling' ? chainsOf(nft) : []),
  ]);
  const nftables = [...objects, ...(only === undefined ? nft.foreign : [])];
  return { code: 0, stdout: JSON.stringify({ nftables }), stderr: '' };
}

function mapsOf(nft: FakeNft, table: string): readonly unknown[] {
  const maps = new Map<string, unknown[]>();
  for (const [key, port] of nft.elements) {
    const [own, map = '', ...rest] = key.split(' ');
    if (own !== table) continue;
    const parts = rest.join(' ').split(' . ');
    const val = parts.length === 1 ? Number(parts[0]) : { concat: [parts[0], Number(parts[1])] };
    const elem = maps.get(map) ?? [];
    elem.push([{ elem: { val, comment: nft.comments.get(key) ?? '' } }, port]);
    maps.set(map, elem);
  }
  return [...maps].map(([name, elem]) => ({ map: { family: 'inet', table, name, elem } }));
}

/** As much of conntrack(8): it tracks since there are maps, and sees the handshakes of the sockets. */
export function callConntrack(world: World, { argv }: Command): CommandResult {
  if (argv.includes('--count')) return { code: 0, stdout: '0\n', stderr: '' };
  if (world.nft.tables.size === 0) return { code: 0, stdout: '', stderr: '' };
  const port = argv[argv.indexOf('--reply-port-src') + 1] ?? '';
  const flows = world.handshakes
    .filter(({ local }) => local.endsWith(`:${port}`))
    .map(
      ({ peer }) =>
        `tcp      6 59 SYN_RECV src=${peer.split(':')[0] ?? ''} dst=10.0.0.9 sport=${peer.split(':')[1] ?? ''} dport=80 src=10.0.0.9`,
    );
  return { code: 0, stdout: `${flows.join('\n')}\n`, stderr: '' };
}

/** As much of ss(8): the connections of a port. */
export function callSs(world: World, { argv }: Command): CommandResult {
  const port = argv.at(-1) ?? '';
  const open = world
    .haproxies()
    .flatMap(({ haproxy }) => haproxy.connections)
    .filter(({ local }) => local.endsWith(port))
    .map(({ local, peer }) => `ESTAB 0 0 ${local} ${peer}\n`);
  return { code: 0, stdout: open.join(''), stderr: '' };
}
