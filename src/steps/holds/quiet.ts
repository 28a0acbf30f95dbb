import { failed } from '../../error.js';
import type { Listener } from '../../haproxy/listeners.js';
import { portOf } from '../../host/endpoint.js';
import { halfOpenAt } from '../../host/flows.js';
import type { Host, Socket } from '../../host/host.js';
import { waitFor } from '../../host/wait.js';

/**
 * Waits, while SYNs are held back, until nothing is left between SYN and accept: no handshake under
 * way and every accept queue of these listeners empty, as the kernel shows it.
 *
 * @returns handshakes that did not end: their clients have vanished, or sent SYNs only
 * @throws HitlessError `not-confirmed` when accepted connections still wait: closing would reset them
 */
export async function awaitQuiet(
  host: Host,
  pid: number,
  listeners: readonly Listener[],
  timeoutMs: number,
): Promise<number> {
  const inodes = new Set(listeners.map(({ inode }) => inode));
  const own = ({ inode }: Socket): boolean => inodes.has(inode);
  const { halfOpen, waiting } = await untilQuiet(host, pid, { listeners, own, timeoutMs });
  if (waiting === 0) return halfOpen;
  throw failed(
    'not-confirmed',
    `${waiting} connections wait to be accepted by the old process after ${timeoutMs / 1000} s`,
    { hint: 'is the old process stopped or stuck? "hitless status" shows it' },
  );
}

/**
 * The same of whoever else listens at the same addresses: the new process, before it is sent away
 * again. It is not there to serve, and what it will not accept in time it never would.
 */
export async function awaitOthersQuiet(
  host: Host,
  pid: number,
  listeners: readonly Listener[],
  timeoutMs: number,
): Promise<void> {
  const inodes = new Set(listeners.map(({ inode }) => inode));
  const names = new Set(listeners.map(({ local }) => local));
  const own = ({ inode, local }: Socket): boolean => !inodes.has(inode) && names.has(local);
  await untilQuiet(host, pid, { listeners, own, timeoutMs });
}

interface Watched {
  readonly listeners: readonly Listener[];
  /** Whose accept queue counts. */
  readonly own: (socket: Socket) => boolean;
  readonly timeoutMs: number;
}

interface Seen {
  readonly halfOpen: number;
  readonly waiting: number;
}

async function untilQuiet(host: Host, pid: number, watched: Watched): Promise<Seen> {
  let seen: Seen = { halfOpen: 0, waiting: 0 };
  await waitFor(
    async () => {
      seen = await look(host, pid, watched);
      return seen.halfOpen + seen.waiting === 0 ? true : undefined;
    },
    { timeoutMs: watched.timeoutMs, clock: host.clock },
  );
  return seen;
}

/** Handshakes first: one that ends between the two looks is in a queue by the second. */
async function look(host: Host, pid: number, { listeners, own }: Watched): Promise<Seen> {
  const ports = new Set(listeners.map(({ local }) => portOf(local)));
  const halfOpen = halfOpenAt(await host.sockets.connections(pid), ports);
  const queues = (await host.sockets.listeners(pid)).filter(own);
  const waiting = queues.reduce((sum, { receiveQueue }) => sum + receiveQueue, 0);
  return { halfOpen: halfOpen.length, waiting };
}
