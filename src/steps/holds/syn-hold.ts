import type { Listener } from '../../haproxy/listeners.js';
import type { StepContext } from '../definition.js';
import { nftHold } from './nft-hold.js';
import { plugHold } from './plug-hold.js';

/** What is held back, and by what. */
export interface HoldTarget {
  readonly by: 'nft' | 'plug';
  /** Of the old process. */
  readonly listeners: readonly Listener[];
  /** By which clients come; for `plug`. */
  readonly interfaces: readonly string[];
}

/** A way to hold SYNs back, in the network namespace of a process (hitless' own when undefined). */
export interface SynHold {
  /**
   * Held from now on for that long and no longer, whatever was there of this run before.
   *
   * @returns when it began, in ms since the epoch
   */
  readonly hold: (
    target: HoldTarget,
    holdMs: number,
    pid: number | undefined,
    context: StepContext,
  ) => Promise<number>;
  /** Undefined when all of it is held at this moment by this run. */
  readonly problem: (
    target: HoldTarget,
    pid: number | undefined,
    context: StepContext,
  ) => Promise<string | undefined>;
  /**
   * Lets everything pass and leaves nothing of this run behind. Idempotent.
   *
   * @returns when everything passed, in ms since the epoch
   */
  readonly release: (
    target: HoldTarget,
    pid: number | undefined,
    context: StepContext,
  ) => Promise<number>;
  /** Undefined when nothing of this run is there. */
  readonly left: (
    target: HoldTarget,
    pid: number | undefined,
    context: StepContext,
  ) => Promise<string | undefined>;
}

export const SYN_HOLDS = {
  nft: nftHold,
  plug: plugHold,
} satisfies Readonly<Record<HoldTarget['by'], SynHold>>;
