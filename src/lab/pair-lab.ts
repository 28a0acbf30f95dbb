import { type Apache, startApache } from './apache.js';
import { type Haproxy, haproxyPaths, startHaproxy } from './haproxy.js';
import { haproxyConfig, type HaproxySpec } from './haproxy-config.js';
import { awaitMaster, type Keepalived, startKeepalived } from './keepalived.js';
import { type Lab, type LabOptions, startLab } from './lab.js';
import type { LabNode } from './node.js';
import { PAIR_TOPOLOGY, SHARED_ADDRESSES } from './pair-topology.js';
import { questionSpec } from './question-lab.js';

/** One of the two load balancers. */
export interface PairNode {
  readonly node: LabNode;
  readonly haproxy: Haproxy;
  readonly keepalived: Keepalived;
}

/** The question's service on two nodes that share an address; `first` holds it. */
export interface PairLab {
  readonly lab: Lab;
  readonly client: LabNode;
  readonly first: PairNode;
  readonly second: PairNode;
  readonly origins: readonly Apache[];
  /** As the client reaches it, over IPv4 and over IPv6. */
  readonly urls: readonly [string, string];
}

export interface PairLabOptions extends LabOptions {
  readonly nopreempt?: boolean;
  /** Changes the specification of both HAProxies before its text is written. */
  readonly adapt?: (spec: HaproxySpec) => HaproxySpec;
}

const PRIORITIES = [150, 100] as const;
const PREFIX_LENGTHS = ['24', '64'] as const;

/** The caller closes `lab`. @throws what startLab and the services throw; nothing is left then */
export async function startPairLab(options: PairLabOptions = {}): Promise<PairLab> {
  const signal = options.signal ? { signal: options.signal } : {};
  const lab = await startLab(PAIR_TOPOLOGY, options);
  try {
    const origins = await Promise.all(
      ['origin1', 'origin2'].map((name) => startApache(lab.node(name), signal)),
    );
    const first = await startPairNode(lab.node('lb1'), PRIORITIES[0], options);
    await awaitMaster(first.keepalived, options.signal);
    const second = await startPairNode(lab.node('lb2'), PRIORITIES[1], options);
    const urls = ['http://10.77.0.1/', 'http://[fd77::1]/'] as const;
    return { lab, client: lab.node('client'), first, second, origins, urls };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

async function startPairNode(
  node: LabNode,
  priority: number,
  options: PairLabOptions,
): Promise<PairNode> {
  const signal = options.signal ? { signal: options.signal } : {};
  const spec = questionSpec(haproxyPaths(node).statsSocket);
  const config = haproxyConfig(options.adapt?.(spec) ?? spec);
  const haproxy = await startHaproxy(node, config, { mode: 'daemon', ...signal });
  const keepalived = await startKeepalived(node, {
    priority,
    addresses: SHARED_ADDRESSES.map((address, at) => `${address}/${PREFIX_LENGTHS[at]}`),
    nopreempt: options.nopreempt ?? false,
    ...signal,
  });
  return { node, haproxy, keepalived };
}
