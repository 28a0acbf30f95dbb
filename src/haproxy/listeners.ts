import { hostOf, portOf } from '../host/endpoint.js';
import type { Host, ProcessId, Socket } from '../host/host.js';

/** A place to connect to, as the kernel names it, with the socket behind it. */
export interface Listener {
  readonly family: Socket['family'];
  readonly local: string;
  readonly inode: number;
}

/** Listening sockets that the process holds open. Empty when it is gone. */
export async function listenersOf(host: Host, process: ProcessId): Promise<readonly Listener[]> {
  if (!(await host.processes.isAlive(process))) return [];
  const [all, own] = await Promise.all([
    host.sockets.listeners(process.pid),
    host.sockets.inodesOf(process.pid),
  ]);
  return all
    .filter((socket) => own.has(socket.inode))
    .map(({ family, local, inode }) => ({ family, local: publicPath(local), inode }));
}

export async function listeningInodes(
  host: Host,
  process: ProcessId,
): Promise<ReadonlySet<number>> {
  return new Set((await listenersOf(host, process)).map(({ inode }) => inode));
}

/** Connections that clients have open to the process on one of these addresses. */
export async function clientConnections(
  host: Host,
  process: ProcessId,
  locals: readonly Pick<Listener, 'family' | 'local'>[],
): Promise<readonly Socket[]> {
  const own = await host.sockets.inodesOf(process.pid);
  if (own.size === 0) return [];
  const open = await host.sockets.connections(process.pid);
  return open.filter(
    (socket) => own.has(socket.inode) && locals.some((listener) => isServedBy(socket, listener)),
  );
}

/** HAProxy binds a unix socket as `PATH.PID.tmp` and renames it; the kernel keeps the first name. */
function publicPath(local: string): string {
  return local.replace(/\.\d+\.tmp$/, '');
}

function isServedBy(socket: Socket, listener: Pick<Listener, 'family' | 'local'>): boolean {
  if (listener.family === 'unix') {
    return socket.family === 'unix' && publicPath(socket.local) === listener.local;
  }
  if (socket.family === 'unix' || portOf(socket.local) !== portOf(listener.local)) return false;
  const host = hostOf(listener.local);
  if (host === '0.0.0.0' || host === '[::]') return true;
  return hostOf(socket.local).replace('::ffff:', '') === host;
}
