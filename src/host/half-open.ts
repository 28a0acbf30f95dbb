import { failed } from '../error.js';
import { TRACK_ARGV, trackLine, trackOneArgv, type Flow } from './conntrack.js';
import { plain } from './endpoint.js';
import { halfOpenAt } from './flows.js';
import type { Host } from './host.js';

/**
 * Tells connection tracking, which has just begun, of the handshakes that are half open. Should a
 * client send its SYN again when the ports are led elsewhere, that SYN would open an entry, be
 * translated, and be answered by another listener too. The kernel forgets them by itself.
 *
 * @param ports on which the service that clients know until now listens
 * @returns how many there were
 */
export async function trackHalfOpen(
  host: Host,
  namespacesOf: number,
  ports: readonly number[],
): Promise<number> {
  const sockets = await host.sockets.connections(namespacesOf);
  const flows = halfOpenAt(sockets, new Set(ports)).map(({ peer, local }) => ({
    client: plain(peer),
    target: plain(local),
  }));
  if (flows.length > 0) await track(host, namespacesOf, flows);
  return flows.length;
}

async function track(
  host: Host,
  namespacesOf: number,
  flows: readonly Pick<Flow, 'client' | 'target'>[],
): Promise<void> {
  const input = `${flows.map(trackLine).join('\n')}\n`;
  const all = await host.run({ argv: TRACK_ARGV, input, namespacesOf });
  if (all.code === 0) return;
  for (const flow of flows) {
    const { code, stderr } = await host.run({ argv: trackOneArgv(flow), namespacesOf });
    if (code !== 0 && code !== 1) throw failed('step-failed', `conntrack: ${stderr.trim()}`);
  }
}
