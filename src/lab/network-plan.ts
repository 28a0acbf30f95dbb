import type { NodeSpec, Topology } from './topology.js';

/** Packets that netem may hold back. Its default of 1000 would drop under load, which is not a delay. */
const NETEM_LIMIT = 100_000;

/**
 * Lines for `ip -batch -` in the switch's namespace: one named namespace a node, joined by a bridge.
 * Multicast snooping is off because it swallows IPv6 neighbour discovery on a bridge with no querier.
 */
export function switchBatch(topology: Topology): string {
  const bridge = ['link add br0 type bridge forward_delay 0 mcast_snooping 0', 'link set br0 up'];
  return batch([...bridge, ...topology.nodes.flatMap(linkLines)]);
}

/** Lines for `ip -batch -` in the node's namespace. `nodad`: an IPv6 address is usable at once. */
export function nodeBatch(node: NodeSpec): string {
  return batch([
    'link set lo up',
    'link set eth0 up',
    ...node.addresses.map(
      (address) => `addr add ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`,
    ),
    ...(node.routes ?? []).map((route) => `route add ${route}`),
  ]);
}

/** Further commands to run in the node's namespace, in order. */
export function nodeCommands(node: NodeSpec): readonly (readonly string[])[] {
  const settings = Object.entries(node.sysctls ?? {}).map(([key, value]) => `${key}=${value}`);
  return [
    ...(node.delayMs === undefined ? [] : [delayArgv(node.delayMs)]),
    ...(settings.length === 0 ? [] : [['sysctl', '-q', '-w', ...settings]]),
  ];
}

function linkLines(node: NodeSpec): readonly string[] {
  return [
    `netns add ${node.name}`,
    `link add ${node.name} type veth peer name eth0 netns ${node.name}`,
    `link set ${node.name} master br0 up`,
  ];
}

function delayArgv(delayMs: number): readonly string[] {
  const netem = ['netem', 'delay', `${delayMs}ms`, 'limit', String(NETEM_LIMIT)];
  return ['tc', 'qdisc', 'add', 'dev', 'eth0', 'root', ...netem];
}

function batch(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
