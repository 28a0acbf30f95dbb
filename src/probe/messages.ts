import type { Carried } from './carried.js';
import type { PhaseHistograms } from './histogram.js';
import type { ObservedLoss } from './loss.js';
import type { Kind } from './options.js';
import type { Reference } from './reference.js';
import type { Schedule } from './schedule.js';
import type { SeriesBucket } from './series.js';
import type { Target } from './target.js';

/** What a worker is given when it is started. */
export interface WorkerConfig {
  readonly index: number;
  readonly runId: string;
  readonly target: Target;
  readonly schedule: Schedule;
  readonly kinds: readonly Kind[];
  readonly timeoutMs: number;
  /** This worker's share. */
  readonly poolSize: number;
  readonly get: Reference;
  readonly post: Reference;
}

export type ToWorker =
  /** Arrival 0 is due at this instant of the monotonic clock, which all threads share. */
  | { readonly kind: 'start'; readonly monotonicMs: number }
  /** Send nothing more; give up after `graceMs` what is still under way. */
  | { readonly kind: 'stop'; readonly graceMs: number }
  /** Send nothing that is due at that time of the load or later. */
  | { readonly kind: 'end'; readonly atMs: number }
  /** A reload begins or has ended, in ms after the start of the load. */
  | { readonly kind: 'reload'; readonly state: 'start' | 'end'; readonly atMs: number };

export interface KindResult {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly late: number;
  /** In microseconds, as `encodeHistogram` writes it. */
  readonly latency: PhaseHistograms<string>;
}

export interface WorkerResult {
  readonly kinds: Readonly<Partial<Record<Kind, KindResult>>>;
  readonly tunnels: number;
  readonly clientErrors: number;
  readonly unsettled: number;
  readonly reopened: number;
  readonly lag: string;
  readonly carried: Carried;
  readonly series: readonly SeriesBucket[];
}

export interface WorkerProgress {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly late: number;
  readonly inFlight: number;
  /** Worst latency since the last progress, in microseconds; 0 when nothing was answered. */
  readonly recentMaxUs: number;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'losses'; readonly losses: readonly ObservedLoss[] }
  | { readonly kind: 'progress'; readonly progress: WorkerProgress }
  | { readonly kind: 'done'; readonly result: WorkerResult };
