import { refused } from '../error.js';
import type { Instance } from '../haproxy/instance.js';
import { hostOf, portOf } from '../host/endpoint.js';
import type { Host, Socket } from '../host/host.js';
import type { Facts } from '../methods/facts.js';

/**
 * Finds, before anything is started, an address of the new configuration that another program
 * holds. A new HAProxy that fails over a taken port may leave the old one with paused listeners
 * (seen in 2.6.12 with -sf).
 *
 * @throws HitlessError `port-taken`
 */
export async function refuseTakenPorts(
  host: Host,
  facts: Facts,
  instance: Instance,
): Promise<void> {
  const { added } = facts.listeners;
  if (added.length === 0) return;
  await refuseTakenAddresses(host, facts.serving.pid, added, await ownInodes(host, instance));
}

/**
 * @param pid of a process in the network namespace in question
 * @param own sockets that are not in the way
 * @param bothFamilies a wildcard of one family may take the port in the other one too
 * @throws HitlessError `port-taken`
 */
export async function refuseTakenAddresses(
  host: Host,
  pid: number,
  added: readonly Pick<Socket, 'family' | 'local'>[],
  own: ReadonlySet<number>,
  bothFamilies = false,
): Promise<void> {
  if (added.length === 0) return;
  const listening = await host.sockets.listeners(pid);
  for (const wanted of added) {
    const taken = listening.find(
      (socket) => !own.has(socket.inode) && collides(socket, wanted, bothFamilies),
    );
    if (taken === undefined) continue;
    throw refused('port-taken', `${wanted.local} is taken by ${await ownerOf(host, taken)}`, {
      subject: wanted.local,
      hint: 'nothing was touched; free the address or change the bind',
    });
  }
}

async function ownInodes(host: Host, instance: Instance): Promise<ReadonlySet<number>> {
  const processes = [instance.serving, ...instance.draining];
  const sets = await Promise.all(
    processes.map(async ({ pid }) => await host.sockets.inodesOf(pid)),
  );
  return new Set(sets.flatMap((set) => [...set]));
}

/** HAProxy renames a unix socket over whatever is there: only TCP ports collide. */
function collides(
  socket: Socket,
  wanted: Pick<Socket, 'family' | 'local'>,
  bothFamilies: boolean,
): boolean {
  if (socket.family === 'unix' || wanted.family === 'unix') return false;
  if (portOf(socket.local) !== portOf(wanted.local)) return false;
  if (socket.local === wanted.local) return true;
  if (socket.family !== wanted.family && !bothFamilies) return false;
  return [socket, wanted].some(({ local }) => isAny(local));
}

function isAny(local: string): boolean {
  return hostOf(local) === '0.0.0.0' || hostOf(local) === '[::]';
}

async function ownerOf(host: Host, socket: Socket): Promise<string> {
  for (const process of await host.processes.named('')) {
    if (!(await host.sockets.inodesOf(process.pid)).has(socket.inode)) continue;
    return `pid ${process.pid} (${process.argv.join(' ')})`;
  }
  return 'another process';
}
