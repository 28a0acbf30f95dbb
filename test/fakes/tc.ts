import type { Command, CommandResult } from '../../src/host/host.js';
import type { World } from './world.js';

/** Traffic control of one network namespace, as far as plugs take it. */
export interface FakeTc {
  /** By device; the handle names it. */
  readonly qdiscs: Map<string, FakeQdisc[]>;
  /** Lines of filters, by device. */
  readonly filters: Map<string, string[]>;
  readonly links: Set<string>;
}

interface FakeQdisc {
  readonly kind: string;
  readonly handle: string;
  readonly root: boolean;
  shut: boolean;
}

export function newTc(): FakeTc {
  return { qdiscs: new Map(), filters: new Map(), links: new Set(['lo', 'eth0']) };
}

/** Programs in a namespace of their own leave nothing behind. */
export function callUnshare(world: World, { argv }: Command): CommandResult {
  if (world.missingModule === undefined || !argv.includes('tc')) return said('');
  return { code: 1, stdout: '', stderr: `Error: kind is unknown.\nCommand failed -:1\n` };
}

export function callIp(world: World, { argv, netNamespaceOf }: Command): CommandResult {
  const tc = world.tcOf(netNamespaceOf);
  const [, noun, verb, name = ''] = argv[1] === '-j' ? argv.slice(1) : argv;
  if (noun === 'address') {
    const links = [...tc.links].map((ifname) => ({
      ifname,
      flags: ifname === 'lo' ? ['LOOPBACK', 'UP'] : ['UP'],
      addr_info: [{ local: '10.0.0.2' }],
    }));
    return said(JSON.stringify(links));
  }
  if (verb === 'add') tc.links.add(name);
  else if (!tc.links.has(name)) return refused(`Cannot find device "${name}"`);
  if (verb === 'delete') {
    tc.links.delete(name);
    tc.qdiscs.delete(name);
  }
  return said('');
}

export function callTc(world: World, { argv, input, netNamespaceOf }: Command): CommandResult {
  const tc = world.tcOf(netNamespaceOf);
  if (argv.includes('show')) return show(tc, argv);
  const lines = argv[1] === '-batch' ? (input ?? '').trim().split('\n') : [argv.slice(1).join(' ')];
  for (const [at, line] of lines.entries()) {
    const problem = execute(tc, line);
    if (problem !== undefined) return refused(`Error: ${problem}\nCommand failed -:${at + 1}`);
  }
  return said('');
}

function show(tc: FakeTc, argv: readonly string[]): CommandResult {
  if (argv.includes('filter')) {
    const lines = tc.filters.get(argv[argv.indexOf('dev') + 1] ?? '') ?? [];
    return said(JSON.stringify(lines.map((line) => ({ pref: Number(word(line, 'pref')) }))));
  }
  const all = [...tc.qdiscs].flatMap(([dev, qdiscs]) =>
    qdiscs.map(({ kind, handle, root }) => ({ kind, handle, dev, root, drops: 0, qlen: 0 })),
  );
  return said(JSON.stringify(all));
}

function execute(tc: FakeTc, line: string): string | undefined {
  const [noun, verb] = line.split(' ');
  const dev = word(line, 'dev');
  if (!tc.links.has(dev)) return `Cannot find device "${dev}"`;
  const qdiscs = tc.qdiscs.get(dev) ?? [];
  if (noun === 'filter') return changeFilter(tc, dev, line, verb ?? '');
  const clsact = line.endsWith(' clsact');
  const handle = clsact ? 'ffff:' : word(line, 'handle');
  const found = qdiscs.find((qdisc) => qdisc.handle === handle);
  if (verb === 'delete') {
    if (found === undefined) return 'Invalid handle.';
    tc.qdiscs.set(
      dev,
      found.root ? qdiscs.filter((qdisc) => qdisc.kind === 'clsact') : without(qdiscs, found),
    );
    tc.filters.delete(dev);
    return undefined;
  }
  if (verb === 'change') {
    if (found?.kind !== 'plug') return 'Specified qdisc not found.';
    found.shut = line.endsWith(' block');
    return undefined;
  }
  if (found !== undefined) return 'Exclusivity flag on, cannot modify.';
  const kind = clsact ? 'clsact' : (/ (prio|plug)\b/.exec(line)?.[1] ?? '');
  const root = line.includes(' root ');
  tc.qdiscs.set(dev, [...qdiscs, { kind, handle, root, shut: kind === 'plug' }]);
  return undefined;
}

function without(qdiscs: readonly FakeQdisc[], gone: FakeQdisc): FakeQdisc[] {
  return qdiscs.filter((qdisc) => qdisc !== gone);
}

function changeFilter(tc: FakeTc, dev: string, line: string, verb: string): string | undefined {
  const lines = tc.filters.get(dev) ?? [];
  if (verb === 'add') {
    tc.filters.set(dev, [...lines, line]);
    return undefined;
  }
  const left = lines.filter((other) => word(other, 'pref') !== word(line, 'pref'));
  if (left.length === lines.length) return 'Filter with specified priority not found.';
  tc.filters.set(dev, left);
  return undefined;
}

/** SYNs to this address wait in a plug, from wherever they come. */
export function plugsSyns({ qdiscs, filters, links }: FakeTc, local: string): boolean {
  const colon = local.lastIndexOf(':');
  const [host, port] = [local.slice(0, colon).replace(/[[\]]/g, ''), local.slice(colon + 1)];
  const wanted = host === '0.0.0.0' || host === '::' ? ' tcp' : ` dst_ip ${host}`;
  const caught = (dev: string): boolean =>
    (filters.get(dev) ?? []).some((line) => line.includes(`${wanted} dst_port ${port} `));
  const shut = (dev: string): boolean => (qdiscs.get(dev) ?? []).some((qdisc) => qdisc.shut);
  return links.has('hitless0') && ['lo', 'eth0'].every(caught) && shut('lo') && shut('hitless0');
}

/** All that a hold has set up and that is still there. */
export function tcLeft({ qdiscs, links }: FakeTc): readonly string[] {
  const all = [...qdiscs].flatMap(([dev, list]) => list.map(({ kind }) => `${kind} on ${dev}`));
  return [...all, ...[...links].filter((name) => name === 'hitless0')];
}

function word(line: string, before: string): string {
  const words = line.split(' ');
  return words[words.indexOf(before) + 1] ?? '';
}

function said(stdout: string): CommandResult {
  return { code: 0, stdout, stderr: '' };
}

function refused(stderr: string): CommandResult {
  return { code: 2, stdout: '', stderr: `${stderr}\n` };
}
