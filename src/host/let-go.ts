import { failed } from '../error.js';
import { COUNT_ARGV, listFlowsArgv, parseFlows, type Flow } from './conntrack.js';
import type { Host, Socket } from './host.js';
import { waitFor } from './wait.js';

/** Listeners by their port, in the network namespace of a process. */
export interface Queues {
  readonly namespaceOf: number;
  readonly ports: readonly number[];
  /** The listening sockets whose accept queues count; all on these ports when absent. */
  readonly inodes?: readonly number[];
}

export interface LetGoOptions {
  readonly timeoutMs: number;
  /** Called at each look; throws when there is no point in waiting. */
  readonly onLook?: () => Promise<void>;
}

const LOOK_EVERY_MS = 10;

/**
 * The barrier after new connections have been directed elsewhere: waits until no connection that
 * was directed here is between its SYN and its acceptance.
 *
 * Looks at three places. A half-open handshake is a socket in SYN_RECV, but not with SYN cookies;
 * connection tracking knows it in either case. A SYN that a full queue has dropped left an entry
 * of connection tracking in SYN_SENT, by which its repetition will come here again. What has
 * finished its handshake waits in the accept queue. Nothing is ever deleted from connection
 * tracking: conntrack(8) names an entry by its addresses, and by the time the kernel looks for it a
 * client may have a new connection of that name.
 *
 * @returns how many were still under way when the time ran out
 */
export async function awaitLetGo(
  host: Host,
  queues: Queues,
  { timeoutMs, onLook }: LetGoOptions,
): Promise<number> {
  let under: ReadonlySet<string> | undefined;
  let waiting = 0;
  let quietBefore = false;
  const done = await waitFor(
    async () => {
      await onLook?.();
      const now = await underWay(host, queues);
      // Those that came later were not directed here: somebody connects to the port itself.
      under = under === undefined ? now : new Set([...under].filter((name) => now.has(name)));
      waiting = await queued(host, queues);
      const quiet = under.size === 0 && waiting === 0;
      // Twice: an ACK takes its connection from one place to the next between two looks.
      const settled = quiet && quietBefore;
      quietBefore = quiet;
      return settled ? true : undefined;
    },
    { timeoutMs, intervalMs: LOOK_EVERY_MS, clock: host.clock },
  );
  return done === undefined ? (under?.size ?? 0) + waiting : 0;
}

async function underWay(host: Host, queues: Queues): Promise<ReadonlySet<string>> {
  const { namespaceOf } = queues;
  const ports = new Set(queues.ports.map(String));
  const names = new Set<string>();
  const [connections, ...flowsByPort] = await Promise.all([
    host.sockets.connections(namespaceOf),
    ...queues.ports.map(async (port) => await flowsOf(host, namespaceOf, port)),
  ]);
  for (const { local, peer, state } of connections) {
    if (state === 'syn-recv' && ports.has(portText(local))) names.add(`${peer}>${local}`);
  }
  for (const { state, name } of flowsByPort.flat()) {
    if (state === 'SYN_RECV' || state === 'SYN_SENT') names.add(name);
  }
  return names;
}

async function flowsOf(host: Host, namespacesOf: number, port: number): Promise<readonly Flow[]> {
  const { code, stdout, stderr } = await host.run({ argv: listFlowsArgv(port), namespacesOf });
  if (code !== 0) throw failed('step-failed', `conntrack: ${stderr.trim()}`);
  return parseFlows(stdout);
}

async function queued(host: Host, { namespaceOf, ports, inodes }: Queues): Promise<number> {
  const wanted = new Set(ports.map(String));
  const counts = (await host.sockets.listeners(namespaceOf))
    .filter((socket) => isTcp(socket) && wanted.has(portText(socket.local)))
    .filter(({ inode }) => inodes === undefined || inodes.includes(inode))
    .map(({ receiveQueue }) => receiveQueue);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Connections that clients have open here: established, or about to end. */
export async function openConnections(host: Host, queues: Queues): Promise<number> {
  const wanted = new Set(queues.ports.map(String));
  const open = await host.sockets.connections(queues.namespaceOf);
  return open.filter(
    ({ family, local, state }) =>
      family !== 'unix' && state !== 'syn-recv' && wanted.has(portText(local)),
  ).length;
}

/** Undefined when connections are tracked here, else why not. */
export async function trackingTrouble(
  host: Host,
  namespaceOf?: number,
): Promise<string | undefined> {
  const { code, stderr } = await host.run({
    argv: COUNT_ARGV,
    ...(namespaceOf === undefined ? {} : { namespacesOf: namespaceOf }),
  });
  return code === 0 ? undefined : stderr.trim();
}

function isTcp({ family }: Socket): boolean {
  return family !== 'unix';
}

function portText(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}
