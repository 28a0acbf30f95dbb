import type { MethodName } from '../methods/method.js';
import type { Connections } from '../probe/options.js';

/** How the reload is made: by hitless, or as people have always made it. */
export type Way =
  | { readonly kind: 'hitless'; readonly method: MethodName }
  /** The question's own command: `haproxy -f FILE -D -p PIDFILE -sf $(cat PIDFILE)`. */
  | { readonly kind: 'control' };

/** One load, one way to reload again and again, in a lab of its own. */
export interface TrialSpec {
  readonly way: Way;
  readonly connections: Connections;
  /** The old process is stopped (SIGSTOP) around the start of the new one, as on a busy machine. */
  readonly stalled: boolean;
  readonly ratePerSecond: number;
  readonly forMs: number;
  /** From the beginning of one reload to the next; a slower reload delays the next one. */
  readonly everyMs: number;
  /** Whether clients come over IPv6. */
  readonly ipv6: boolean;
}

/** As on a machine that swaps or has lost its cores for a moment. */
export const STALL_MS = 300;

export function wayName(way: Way): string {
  return way.kind === 'control' ? 'haproxy -sf' : way.method;
}

export function trialName({ way, connections, stalled }: TrialSpec): string {
  return `${wayName(way)}${stalled ? ', old stalled' : ''}, ${connections} connections`;
}
