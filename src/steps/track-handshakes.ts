import { trackHalfOpen } from '../host/half-open.js';
import type { ProcessId } from '../host/host.js';
import type { StepDefinition } from './definition.js';

/** After the table, before the map leads elsewhere: who has begun here may send its SYN again. */
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
  apply: async ({ process: { pid }, ports }, { host }) => ({
    handshakes: await trackHalfOpen(host, pid, ports),
  }),
  verify: async () => undefined,
};
