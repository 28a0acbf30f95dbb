import type { DeadlineList, Due } from '../deadline-list.js';
import type { Ledger } from '../ledger.js';
import type { Reference } from '../reference.js';
import type { Target } from '../target.js';

/** What every attempt of a worker shares. */
export interface AttemptContext {
  readonly target: Target;
  readonly runId: string;
  readonly ledger: Ledger;
  /** Connections that are done and wait for the other side's FIN; each with `LINGER_MS`. */
  readonly lingering: DeadlineList;
  /** Slow readers and writers until their next piece; each with `PACE_MS`. */
  readonly pacing: DeadlineList;
  readonly get: Reference;
  readonly post: Reference;
}

/** Sends arrivals of one kind. */
export interface Attempts {
  /** The arrival `id`, due at `intendedMs`, goes out now. */
  readonly start: (id: string, intendedMs: number) => void;
  /** Lasting connections that are open now and were made by then; absent where none last. */
  readonly openSince?: (byMs: number) => number;
  /** The run is over and nothing is under way: closes what is kept open. */
  readonly close: () => void;
}

/**
 * The server closes first, so that TIME_WAIT stays on its side: on ours, some 28,000 connections
 * a minute would use up the ports.
 */
export const LINGER_MS = 1000;
export const PACE_MS = 50;
/** A slow body takes this many pieces, thus about a second. */
export const PACE_PIECES = 20;

/** Does `expire` when the list that holds it comes to its deadline. */
export class Pause implements Due {
  links: Due['links'];
  readonly deadlineMs: number;
  readonly expire: () => void;

  constructor(deadlineMs: number, expire: () => void) {
    this.deadlineMs = deadlineMs;
    this.expire = expire;
  }
}
