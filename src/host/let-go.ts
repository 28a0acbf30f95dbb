import { failed } from '../error.js';
import { COUNT_ARGV, listFlowsArgv, parseFlows, type Flow } from './conntrack.js';
import type { Host, Socket } from './host.js';
import { isStale } from './stale-flows.js';
import { plain, portOf } from './endpoint.js';
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
  /** Also those that may come again: see `stale`. Looks less often, for it may take long. */
  readonly wholly?: boolean;
  /** Called at each look; throws when there is no point in waiting. */
  readonly onLook?: () => Promise<void>;
}

const LOOK_EVERY_MS = 10;
const LOOK_WHOLLY_EVERY_MS = 200;
/**
 * Under load the list of connection tracking is long (two minutes of connections), and each look
 * goes through all of it: half the time of one core while somebody waits at the terminal, else a
 * tenth.
 */
const REST_TIMES = 1;
const REST_WHOLLY_TIMES = 9;

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
  { timeoutMs, wholly = false, onLook }: LetGoOptions,
): Promise<number> {
  let under: ReadonlySet<string> | undefined;
  let untilTracked = true;
  let waiting = 0;
  let quietBefore = false;
  const done = await waitFor(
    async () => {
      await onLook?.();
      const now = await underWay(host, queues, { wholly, tracked: untilTracked });
      // Those that came later were not directed here: somebody connects to the port itself.
      under = within(under, [...now.sockets, ...now.tracked]);
      // The list of connection tracking is long: not again when no socket is missing from it.
      untilTracked = [...under].some((name) => !now.sockets.has(name));
      waiting = await queued(host, queues);
      const quiet = under.size === 0 && waiting === 0;
      // Twice: an ACK takes its connection from one place to the next between two looks.
      const settled = quiet && quietBefore;
      quietBefore = quiet;
      return settled ? true : undefined;
    },
    {
      timeoutMs,
      intervalMs: wholly ? LOOK_WHOLLY_EVERY_MS : LOOK_EVERY_MS,
      restTimes: wholly ? REST_WHOLLY_TIMES : REST_TIMES,
      clock: host.clock,
    },
  );
  return done === undefined ? (under?.size ?? 0) + waiting : 0;
}

function within(
  former: ReadonlySet<string> | undefined,
  now: readonly string[],
): ReadonlySet<string> {
  return new Set(former === undefined ? now : now.filter((name) => former.has(name)));
}

/**
 * Connections under way, by their clients: half-open sockets, and those of connection tracking. The
 * two know them by different ports of this side.
 */
interface UnderWay {
  readonly sockets: ReadonlySet<string>;
  readonly tracked: ReadonlySet<string>;
}

async function underWay(
  host: Host,
  queues: Queues,
  look: { readonly wholly: boolean; readonly tracked: boolean },
): Promise<UnderWay> {
  const ports = new Set(queues.ports);
  const sockets = new Set<string>();
  const clients = new Set<string>();
  const [connections, flows] = await Promise.all([
    host.sockets.connections(queues.namespaceOf),
    look.tracked ? trackedFlows(host, queues) : [],
  ]);
  for (const { local, peer, state } of connections) {
    if (!ports.has(portOf(local))) continue;
    (state === 'syn-recv' ? sockets : clients).add(plain(peer));
  }
  const tracked = flows
    .filter((flow) => HALF_OPEN.has(flow.state) || (look.wholly && isStale(flow, clients)))
    .map(({ client }) => client);
  return { sockets, tracked: new Set(tracked) };
}

const HALF_OPEN: ReadonlySet<string> = new Set(['SYN_SENT', 'SYN_RECV']);

/** What connection tracking knows of those who were directed to the ports. */
export async function trackedFlows(
  host: Host,
  { namespaceOf, ports }: Pick<Queues, 'namespaceOf' | 'ports'>,
): Promise<readonly Flow[]> {
  const byPort = await Promise.all(
    ports.map(async (port) => {
      const argv = listFlowsArgv(port);
      const { code, stdout, stderr } = await host.run({ argv, namespacesOf: namespaceOf });
      if (code !== 0) throw failed('step-failed', `conntrack: ${stderr.trim()}`);
      return parseFlows(stdout);
    }),
  );
  return byPort.flat();
}

async function queued(host: Host, { namespaceOf, ports, inodes }: Queues): Promise<number> {
  const wanted = new Set(ports);
  const counts = (await host.sockets.listeners(namespaceOf))
    .filter((socket) => isTcp(socket) && wanted.has(portOf(socket.local)))
    .filter(({ inode }) => inodes === undefined || inodes.includes(inode))
    .map(({ receiveQueue }) => receiveQueue);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Connections that clients have open here: established, or about to end. */
export async function openConnections(host: Host, queues: Queues): Promise<number> {
  const wanted = new Set(queues.ports);
  const open = await host.sockets.connections(queues.namespaceOf);
  return open.filter(
    ({ family, local, state }) =>
      family !== 'unix' && state !== 'syn-recv' && wanted.has(portOf(local)),
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
