import { hostOf, plain, portOf } from './endpoint.js';
import { LIST_ADDRESSES_ARGV, parseAddresses } from './addresses.js';
import { forgetArgv, listTargetFlowsArgv, parseFlows, type Flow } from './conntrack.js';
import type { Host, Socket } from './host.js';
import { failed } from '../error.js';

/**
 * The connection of the flow is known to the kernel no more, and a SYN from the same port of the
 * client would go where this entry leads: in every state but TIME_WAIT it opens no new one
 * (tcp_conntracks in nf_conntrack_proto_tcp.c). The commonest is CLOSE, for 10 s after this side
 * has sent an RST; one in ESTABLISHED stays for five days.
 */
export function isStale({ state, client }: Flow, clients: ReadonlySet<string>): boolean {
  return state !== 'TIME_WAIT' && !clients.has(client);
}

/** Clients that have a connection to one of the ports, as conntrack(8) writes them. */
export function clientsOf(
  connections: readonly Socket[],
  ports: readonly number[],
): ReadonlySet<string> {
  const wanted = new Set(ports);
  return new Set(
    connections
      .filter(({ family, local }) => family !== 'unix' && wanted.has(portOf(local)))
      .map(({ peer }) => plain(peer)),
  );
}

/** Entries of connection tracking for what clients sent to these ports of this machine. */
export async function flowsTo(
  host: Host,
  namespacesOf: number,
  ports: readonly number[],
): Promise<readonly Flow[]> {
  const { stdout } = await host.run({ argv: LIST_ADDRESSES_ARGV, namespacesOf });
  const own = new Set(parseAddresses(stdout).map(({ address }) => address));
  const flows: Flow[] = [];
  for (const port of ports) {
    const {
      code,
      stdout: list,
      stderr,
    } = await host.run({
      argv: listTargetFlowsArgv(port),
      namespacesOf,
    });
    if (code !== 0) throw failed('step-failed', `conntrack: ${stderr.trim()}`);
    flows.push(...parseFlows(list).filter(({ target }) => own.has(hostOf(target))));
  }
  return flows;
}

/** More than that have never been seen; each is one call of conntrack(8). */
const FORGET_MAX = 500;

/**
 * Deletes the stale ones. Only where nothing is tracked at the moment: conntrack(8) names an entry
 * by its addresses, and it might be that of a new connection by then.
 *
 * @param ports that clients connect to, and `listening` those on which they are answered
 * @returns how many there were
 */
export async function forgetStale(
  host: Host,
  namespacesOf: number,
  {
    ports,
    listening,
  }: { readonly ports: readonly number[]; readonly listening: readonly number[] },
): Promise<number> {
  // The flows first: a connection that is in the list and over by the second look is stale.
  const flows = await flowsTo(host, namespacesOf, ports);
  const clients = clientsOf(await host.sockets.connections(namespacesOf), listening);
  const stale = flows.filter((flow) => isStale(flow, clients)).slice(0, FORGET_MAX);
  for (const flow of stale) {
    // Exit code 1: it has gone by itself.
    await host.run({ argv: forgetArgv(flow), namespacesOf });
  }
  return stale.length;
}
