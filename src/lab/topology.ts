import { isIP } from 'node:net';
import { failed } from '../error.js';

/** What a lab consists of: nodes on one switch, each with one interface, `eth0`. */
export interface Topology {
  readonly nodes: readonly NodeSpec[];
}

export interface NodeSpec {
  /** Also the name of its network namespace and of its port on the switch: a-z, 0-9, `-`, at most 15. */
  readonly name: string;
  /** With prefix length: `10.77.0.2/24`, `fd77::2/64`. */
  readonly addresses: readonly string[];
  /** As after `ip route add`: `default via 10.77.0.1`. */
  readonly routes?: readonly string[];
  /** Delay of each packet that the node sends, in milliseconds. Needs the kernel's `sch_netem`. */
  readonly delayMs?: number;
  /** Set inside the node only: `{'net.ipv4.tcp_migrate_req': '1'}`. */
  readonly sysctls?: Readonly<Record<string, string>>;
}

/** The original question: a client, the load balancer, and two web servers behind it. */
export const QUESTION_TOPOLOGY = {
  nodes: [
    { name: 'client', addresses: ['10.77.0.2/24', 'fd77::2/64'] },
    { name: 'lb', addresses: ['10.77.0.1/24', 'fd77::1/64'] },
    { name: 'origin1', addresses: ['10.77.0.11/24', 'fd77::11/64'] },
    { name: 'origin2', addresses: ['10.77.0.12/24', 'fd77::12/64'] },
  ],
} as const satisfies Topology;

const NODE_NAME = /^[a-z][a-z0-9-]{0,14}$/;
/** Names that interfaces of the switch have already. */
const TAKEN: ReadonlySet<string> = new Set(['lo', 'br0', 'eth0']);

/** @throws HitlessError `lab-failed` naming the first node or address that is wrong */
export function checkTopology(topology: Topology): void {
  const seen = new Set<string>(TAKEN);
  for (const node of topology.nodes) {
    if (!NODE_NAME.test(node.name)) throw wrong(node, 'is not a usable name');
    for (const word of [node.name, ...node.addresses]) {
      if (seen.has(word)) throw wrong(node, `uses "${word}", which is taken`);
      seen.add(word);
    }
    const bad = node.addresses.find((address) => !isAddressWithPrefix(address));
    if (bad !== undefined) throw wrong(node, `has "${bad}", which is not ADDRESS/PREFIX`);
  }
}

function isAddressWithPrefix(text: string): boolean {
  const [address = '', prefix = ''] = text.split('/');
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : 0;
  return bits > 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
}

function wrong(node: NodeSpec, what: string): Error {
  return failed('lab-failed', `lab node "${node.name}" ${what}`, { subject: node.name });
}
