/** Where an instant lies among the reloads. `sinceMs` counts from the start (during) or end (after). */
export type Phase =
  | { readonly kind: 'before' }
  | { readonly kind: 'during'; readonly reload: number; readonly sinceMs: number }
  | { readonly kind: 'after'; readonly reload: number; readonly sinceMs: number };

interface Window {
  readonly reload: number;
  readonly startMs: number;
  endMs: number | undefined;
}

/** Reloads older than this many are forgotten; a loss is placed within a time-out of its instant. */
const KEPT_WINDOWS = 4096;

/** The reloads of a run, each with its start and end in ms after the start of the load. */
export class ReloadTimeline {
  readonly #windows: Window[] = [];

  start(reload: number, atMs: number): void {
    this.#windows.push({ reload, startMs: atMs, endMs: undefined });
    if (this.#windows.length > KEPT_WINDOWS) this.#windows.shift();
  }

  /** Ends the latest reload of this number that is still going on, if there is one. */
  end(reload: number, atMs: number): number | undefined {
    const window = this.#windows.findLast((w) => w.reload === reload && w.endMs === undefined);
    if (window === undefined) return undefined;
    window.endMs = atMs;
    return atMs - window.startMs;
  }

  /** Overlapping reloads (marked from outside): the one that started last. */
  phaseAt(atMs: number): Phase {
    const on = this.#windows.findLast(
      (w) => w.startMs <= atMs && (w.endMs === undefined || atMs <= w.endMs),
    );
    if (on !== undefined) return { kind: 'during', reload: on.reload, sinceMs: atMs - on.startMs };
    let last: Window | undefined;
    for (const window of this.#windows) {
      if (window.endMs === undefined || window.endMs > atMs) continue;
      if (last?.endMs === undefined || window.endMs >= last.endMs) last = window;
    }
    if (last?.endMs === undefined) return { kind: 'before' };
    return { kind: 'after', reload: last.reload, sinceMs: atMs - last.endMs };
  }
}
