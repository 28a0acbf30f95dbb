/** Lasting connections that were open when a reload began, and those still open at the next one. */
export interface Carried {
  readonly open: number;
  readonly kept: number;
}

/**
 * Follows lasting connections over reloads. A connection that lived through a reload is looked at
 * when the next one begins (or the run ends), not when the command ends: a draining process may
 * close it in between.
 */
export class CarriedTally {
  #open = 0;
  #kept = 0;
  #sinceMs: number | undefined;
  /** How many are open now that were made by then. */
  readonly #openSince: (byMs: number) => number;

  constructor(openSince: (byMs: number) => number) {
    this.#openSince = openSince;
  }

  reloadStarted(atMs: number): void {
    this.#look();
    this.#open += this.#openSince(atMs);
    this.#sinceMs = atMs;
  }

  /** Of all reloads together. Ends the count. */
  result(): Carried {
    this.#look();
    return { open: this.#open, kept: this.#kept };
  }

  #look(): void {
    if (this.#sinceMs !== undefined) this.#kept += this.#openSince(this.#sinceMs);
    this.#sinceMs = undefined;
  }
}
