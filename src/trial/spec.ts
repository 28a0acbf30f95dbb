import type { Connections } from '../probe/options.js';
import type { WayName } from './ways/registry.js';

/** One load, one way to reload again and again, in a lab of its own. */
export interface TrialSpec {
  readonly way: WayName;
  readonly connections: Connections;
  /** The old process is stopped (SIGSTOP) around the start of the new one, as on a busy machine. */
  readonly stalled: boolean;
  readonly ratePerSecond: number;
  readonly forMs: number;
  /** From the beginning of one reload to the next; a slower reload delays the next one. */
  readonly everyMs: number;
  /** Ends with this one, be there time left; when absent with the last one that begins in time. */
  readonly reloadsMax?: number;
  /** Whether clients come over IPv6. */
  readonly ipv6: boolean;
}

export function trialName({ way, connections, stalled }: TrialSpec): string {
  return `${way}${stalled ? ', old stalled' : ''}, ${connections} connections`;
}

/** In a table of one kind of connections. */
export function trialLabel({ way, stalled }: Pick<TrialSpec, 'way' | 'stalled'>): string {
  return `${way}${stalled ? ', stalled' : ''}`;
}
