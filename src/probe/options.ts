/** How a request travels; `mixed` takes all of those that the URL allows. */
export const KINDS = ['new', 'keep-alive', 'long', 'download', 'upload', 'tls'] as const;
export type Kind = (typeof KINDS)[number];
export const CONNECTIONS = [...KINDS, 'mixed'] as const;
export type Connections = (typeof CONNECTIONS)[number];

export const DEFAULT_RATE_PER_SECOND = 1000;
export const DEFAULT_FOR_MS = 5000;
export const DEFAULT_TIMEOUT_MS = 10_000;
/** Kept connections or tunnels over all workers: at 1000/s each one is used every 100 ms. */
export const DEFAULT_POOL_SIZE = 100;
export const DEFAULT_RELOADS = 5;
/** Lag of the prober's own sending, p99, above which a run without a loss proves nothing. */
export const DEFAULT_MAX_LAG_MS = 20;
/** A reload command that has not ended after this is killed and counted as failed. */
export const DEFAULT_COMMAND_TIMEOUT_MS = 60_000;

export type ReloadWhen =
  /** `count` reloads spread evenly over the run, the first half a gap after its start. */
  | { readonly kind: 'count'; readonly count: number }
  /** One every `everyMs`, the first one `everyMs` after the start. */
  | { readonly kind: 'every'; readonly everyMs: number };

export interface ReloadPlan {
  readonly argv: readonly string[];
  readonly when: ReloadWhen;
  readonly timeoutMs: number;
}

export interface ProbeOptions {
  /** See `parseTarget` for the forms. */
  readonly url: string;
  readonly connections: Connections;
  readonly ratePerSecond: number;
  readonly forMs: number;
  readonly timeoutMs: number;
  readonly poolSize: number;
  /** Lag of the prober's own sending, p99, above which the run is inconclusive. */
  readonly maxLagMs: number;
  /** Run the same load first with nothing else going on. */
  readonly control: boolean;
  /** `framing` leaves the content of bodies unchecked. */
  readonly bodyCheck: 'digest' | 'framing';
  /** More URLs whose answers are right ones too: the origins behind a balancer. */
  readonly references: readonly string[];
  readonly reloads?: ReloadPlan;
  /** Processes whose network namespaces' counters are read too. */
  readonly netnsOf: readonly number[];
  /** Threads that send; chosen from the rate when absent. */
  readonly workers?: number;
}

export const PROBE_DEFAULTS = {
  connections: 'new',
  ratePerSecond: DEFAULT_RATE_PER_SECOND,
  forMs: DEFAULT_FOR_MS,
  timeoutMs: DEFAULT_TIMEOUT_MS,
  poolSize: DEFAULT_POOL_SIZE,
  maxLagMs: DEFAULT_MAX_LAG_MS,
  control: false,
  bodyCheck: 'digest',
  references: [],
  netnsOf: [],
} as const satisfies Omit<ProbeOptions, 'url'>;
