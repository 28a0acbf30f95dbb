import { TRACK_ARGV, trackLine, trackOneArgv, type Flow } from '../host/conntrack.js';
import { plain, portOf } from '../host/endpoint.js';
import type { Host, ProcessId } from '../host/host.js';
import { failed } from '../error.js';
import type { StepDefinition } from './definition.js';

/**
 * Tells connection tracking, which begins with the table, of the handshakes that are half open:
 * should the client send its SYN again when the map leads elsewhere, that SYN would open an entry,
 * be translated, and be answered by the next instance too.
 */
export interface TrackHandshakes {
  readonly kind: 'track-handshakes';
  readonly id: string;
  /** Who serves, in whose network namespace. */
  readonly process: ProcessId;
  /** On which it listens. */
  readonly ports: readonly number[];
}

export const trackHandshakes: StepDefinition<TrackHandshakes> = {
  // The kernel forgets them by itself, as those that it has seen.
  effect: 'reversible',
  describe: ({ ports }) =>
    `tell connection tracking of the handshakes that are half open on port ${ports.join(', ')}`,
  apply: async ({ process: { pid }, ports }, { host }) => {
    const halfOpen = (await host.sockets.connections(pid)).filter(
      ({ family, state, local }) =>
        family !== 'unix' && state === 'syn-recv' && ports.includes(portOf(local)),
    );
    const flows = halfOpen.map(({ peer, local }) => ({
      client: plain(peer),
      target: plain(local),
    }));
    if (flows.length > 0) await track(host, pid, flows);
    return { handshakes: flows.length };
  },
  verify: async () => undefined,
};

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
