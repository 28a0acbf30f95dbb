import { endpointOf, portOf } from './endpoint.js';
import type { Service } from './diversion.js';
import type { Socket } from './host.js';

/** Connections to shared addresses among those that the kernel shows. Pure. */
export function flowsHere(
  sockets: readonly Socket[],
  services: readonly Service[],
): readonly Socket[] {
  return sockets.filter(
    ({ family, local }) =>
      family !== 'unix' &&
      services.some(({ address, port }) => {
        const end = endpointOf(local);
        return end.address === address && end.port === port;
      }),
  );
}

export function isHalfOpen({ state }: Socket): boolean {
  return state === 'syn-recv';
}

/** Handshakes that are half open on any of the ports. */
export function halfOpenAt(
  sockets: readonly Socket[],
  ports: ReadonlySet<number>,
): readonly Socket[] {
  return sockets.filter((socket) => isHalfOpen(socket) && ports.has(portOf(socket.local)));
}

/** A process has it, or it waits in an accept queue; not one that only the kernel still ends. */
export function isServed({ state, inode }: Socket): boolean {
  return state === 'established' || (state === 'closing' && inode !== 0);
}

/** As an element of a set: `ADDRESS . PORT . ADDRESS . PORT`, the client first. */
export function tupleOf({ local, peer }: Socket): string {
  const [client, server] = [endpointOf(peer), endpointOf(local)];
  return `${client.address} . ${client.port} . ${server.address} . ${server.port}`;
}
