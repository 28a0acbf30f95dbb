import type { Kind } from './options.js';
import { LOSS_CAUSES, type LossCause } from './outcome.js';
import type { Phase } from './phases.js';

/** A loss as a worker saw it. */
export interface ObservedLoss {
  readonly cause: LossCause;
  readonly kind: Kind;
  /** The request's `x-hitless-id`. */
  readonly id: string;
  /** When it was lost; for time-outs, when it was to be sent. In ms after the start of the load. */
  readonly atMs: number;
  /** Errno, parser's complaint or status. */
  readonly detail: string;
}

export interface Loss extends ObservedLoss {
  readonly phase: Phase;
}

export type LossCounts = Readonly<Record<LossCause, number>> & { readonly total: number };

export interface PhaseCounts {
  readonly before: LossCounts;
  readonly during: LossCounts;
  readonly after: LossCounts;
}

/** Losses kept one by one in the report; all are counted. */
export const LOSSES_KEPT = 1000;
/** Reloads whose losses are counted one by one. */
export const RELOADS_KEPT = 1000;

/** Counts losses by cause and phase in constant memory. */
export class LossTally {
  readonly #total = noLosses();
  readonly #phases = { before: noLosses(), during: noLosses(), after: noLosses() };
  readonly #byReload = new Map<number, number>();
  readonly #kept: Loss[] = [];

  /** @returns whether the loss was kept, being one of the first. */
  add(loss: Loss): boolean {
    count(this.#total, loss.cause);
    count(this.#phases[loss.phase.kind], loss.cause);
    if (loss.phase.kind !== 'before') this.#countReload(loss.phase.reload);
    if (this.#kept.length >= LOSSES_KEPT) return false;
    this.#kept.push(loss);
    return true;
  }

  get counts(): LossCounts {
    return this.#total;
  }

  get phases(): PhaseCounts {
    return this.#phases;
  }

  get kept(): readonly Loss[] {
    return this.#kept;
  }

  /** Losses during a reload or between it and the next. */
  ofReload(reload: number): number {
    return this.#byReload.get(reload) ?? 0;
  }

  #countReload(reload: number): void {
    const seen = this.#byReload.get(reload);
    if (seen === undefined && this.#byReload.size >= RELOADS_KEPT) return;
    this.#byReload.set(reload, (seen ?? 0) + 1);
  }
}

type MutableCounts = Record<LossCause | 'total', number>;

function noLosses(): MutableCounts {
  const zeroes = LOSS_CAUSES.map((cause) => [cause, 0] as const);
  return { total: 0, ...Object.fromEntries(zeroes) } as MutableCounts;
}

function count(counts: MutableCounts, cause: LossCause): void {
  counts[cause] += 1;
  counts.total += 1;
}
