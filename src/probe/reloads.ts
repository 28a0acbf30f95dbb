import { type LossTally, RELOADS_KEPT } from './loss.js';

/** One run of the reload command, or one reload marked from outside. Times in ms after the start. */
export interface ReloadRun {
  readonly id: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly ok: boolean;
  /** Exit code of the command; null when a signal or hitless ended it, or it was marked. */
  readonly exitCode: number | null;
  /** From the mark, or what a failing command said last. */
  readonly label: string;
}

export interface ReloadReport {
  /** Reloads asked for; null when they were marked from outside. */
  readonly planned: number | null;
  readonly count: number;
  readonly failed: number;
  /** Ended only after the load had: its losses may have been missed. */
  readonly overran: number;
  readonly durationMs: { readonly min: number; readonly mean: number; readonly max: number } | null;
  /** How often each exit code came, by code; `none` where there was none. */
  readonly exitCodes: Readonly<Record<string, number>>;
  /** The first thousand, each with the losses from its start until the next one's. */
  readonly runs: readonly (ReloadRun & { readonly lost: number })[];
}

/** Sums up reloads in constant memory. */
export class ReloadTally {
  readonly #kept: ReloadRun[] = [];
  readonly #exitCodes: Record<string, number> = {};
  #count = 0;
  #failed = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  add(run: ReloadRun): void {
    const durationMs = run.endMs - run.startMs;
    this.#count += 1;
    if (!run.ok) this.#failed += 1;
    this.#sumMs += durationMs;
    this.#minMs = Math.min(this.#minMs, durationMs);
    this.#maxMs = Math.max(this.#maxMs, durationMs);
    const code = run.exitCode === null ? 'none' : String(run.exitCode);
    this.#exitCodes[code] = (this.#exitCodes[code] ?? 0) + 1;
    if (this.#kept.length < RELOADS_KEPT) this.#kept.push(run);
  }

  report(planned: number | null, loadMs: number, losses: LossTally): ReloadReport {
    const [min, max, mean] = [this.#minMs, this.#maxMs, this.#sumMs / this.#count];
    return {
      planned,
      count: this.#count,
      failed: this.#failed,
      overran: this.#kept.filter((run) => run.endMs > loadMs).length,
      durationMs: this.#count === 0 ? null : { min, mean, max },
      exitCodes: this.#exitCodes,
      runs: this.#kept.map((run) => ({ ...run, lost: losses.ofReload(run.id) })),
    };
  }
}
