import { portOf } from '../host/endpoint.js';
import { refused } from '../error.js';
import type { Host } from '../host/host.js';
import { isOwnTable, portElements, type Ruleset } from '../host/nft-list.js';

export interface PortRange {
  readonly low: number;
  readonly high: number;
}

/**
 * Ports for the next instance, one for each of the public ones: nobody listens on them, no map
 * leads there, and nobody is connected. Goes around the range, so that what an earlier instance
 * has left in the kernel is long gone when its port comes again.
 *
 * @throws HitlessError `port-taken` when the range has not enough
 */
export async function freePorts(
  host: Host,
  namespaceOf: number,
  ruleset: Ruleset,
  publicPorts: readonly number[],
  range: PortRange,
): Promise<ReadonlyMap<number, number>> {
  const taken = new Set(publicPorts);
  const sockets = [
    ...(await host.sockets.listeners(namespaceOf)),
    ...(await host.sockets.connections(namespaceOf)),
  ];
  for (const { family, local } of sockets) {
    if (family !== 'unix') taken.add(portOf(local));
  }
  const placed = ruleset.tables
    .filter(({ name }) => isOwnTable(name))
    .flatMap(({ name }) => portElements(ruleset, name).map(({ port }) => port));
  for (const port of placed) taken.add(port);
  const free = around(range, placed).filter((port) => !taken.has(port));
  if (free.length < publicPorts.length) throw noRoom(range, publicPorts.length);
  return new Map(publicPorts.map((port, at) => [port, free[at] ?? 0]));
}

/** All ports of the range, those after the latest placed one first. */
function around(range: PortRange, placed: readonly number[]): readonly number[] {
  const latest = placed.filter((port) => range.low <= port && port <= range.high);
  const size = range.high - range.low + 1;
  const first = latest.length === 0 ? 0 : Math.max(...latest) + 1 - range.low;
  return Array.from({ length: size }, (_, at) => range.low + ((first + at) % size));
}

function noRoom({ low, high }: PortRange, count: number): Error {
  return refused('port-taken', `no ${count} free ports from ${low} to ${high}`, {
    subject: `${low}-${high}`,
    hint: 'name another range with --ports LOW-HIGH',
  });
}
