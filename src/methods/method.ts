import type { Step } from '../steps/registry.js';
import type { Facts } from './facts.js';

/** What users choose from with `--method`; `auto` stands for the first that is lossless. */
export type MethodName = 'fd-pass' | 'quiesce' | 'migrate' | 'syn-hold' | 'syn-drop' | 'plain';

/** Every way in which a plan can hand over; those that are no `MethodName` have their own command. */
export type PlanMethod = MethodName | 'flip' | 'rolling' | 'handoff' | 'graceful' | 'runtime';

export interface MethodRequest {
  /** How long connections may stay open in the old generation before it is soft-stopped. */
  readonly drainTimeoutMs: number;
}

/** Something that the method cannot keep from being lost here. */
export interface ExpectedLoss {
  readonly what: string;
  readonly because: string;
  readonly remedy: string;
}

export type Assessment =
  | { readonly usable: false; readonly because: string; readonly remedy: string }
  | { readonly usable: true; readonly losses: readonly ExpectedLoss[] };

export interface MethodSteps {
  /** Up to the moment from which the new generation alone takes new connections. */
  readonly handOver: readonly Step[];
  /** What follows while the old generation drains. */
  readonly retire: readonly Step[];
}

/** A way to hand new connections over. Pure: facts in, judgement and steps out. */
export interface Method {
  readonly summary: string;
  readonly assess: (facts: Facts) => Assessment;
  /**
   * The start of the new process is itself the check of the configuration: nothing else happens
   * before HAProxy has read it whole, and a refusal touches nothing. A second reading (`-c`) would
   * only double the time.
   */
  readonly startIsCheck: (facts: Facts) => boolean;
  /** Called only when `assess` says usable. */
  readonly plan: (request: MethodRequest, facts: Facts) => MethodSteps;
}
